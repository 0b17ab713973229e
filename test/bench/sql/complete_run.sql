\set run :first + :client_id * :each + :n
SELECT pgqrs.complete_run(:run, 1, '1');
\set n :n + 1
