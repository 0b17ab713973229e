\set run :first + :client_id * :each + (:n / 10) % :each
SELECT by_hand.complete_step(:run, :step, :output, :n);
\set n :n + 1
