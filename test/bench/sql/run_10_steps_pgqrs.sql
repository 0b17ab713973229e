SELECT run, read_ct FROM pgqrs.claim_runs('bench_runs') \gset c_
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 0);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 1);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 2);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 3);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 4);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 5);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 6);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 7);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 8);
SELECT * FROM pgqrs.complete_step(:c_run, :c_read_ct, :step, :output, 9);
SELECT pgqrs.complete_run(:c_run, :c_read_ct, :output);
