SELECT run, read_ct FROM by_hand.claim_run() \gset c_
SELECT by_hand.complete_step(:c_run, :step, :output, 0);
SELECT by_hand.complete_step(:c_run, :step, :output, 1);
SELECT by_hand.complete_step(:c_run, :step, :output, 2);
SELECT by_hand.complete_step(:c_run, :step, :output, 3);
SELECT by_hand.complete_step(:c_run, :step, :output, 4);
SELECT by_hand.complete_step(:c_run, :step, :output, 5);
SELECT by_hand.complete_step(:c_run, :step, :output, 6);
SELECT by_hand.complete_step(:c_run, :step, :output, 7);
SELECT by_hand.complete_step(:c_run, :step, :output, 8);
SELECT by_hand.complete_step(:c_run, :step, :output, 9);
SELECT by_hand.complete_run(:c_run, :c_read_ct, :output);
