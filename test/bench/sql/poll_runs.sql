SELECT count(*) FROM pgqrs.claim_runs('bench_runs');
