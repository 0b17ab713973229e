\set run :first + :client_id * :each + (:n / 10) % :each
SELECT * FROM pgqrs.complete_step(:run, 1, :step, :output, :n);
\set n :n + 1
