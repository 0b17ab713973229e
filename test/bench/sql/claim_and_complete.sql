SELECT run, read_ct FROM pgqrs.claim_runs('bench_runs') \gset c_
SELECT pgqrs.complete_run(:c_run, :c_read_ct);
