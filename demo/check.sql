-- Was each job processed exactly once? Answers one line, which ends in "ok" if so.

WITH per_job AS (
    SELECT f.job_id, count(r.job_id) AS times
    FROM files AS f
    LEFT JOIN results AS r USING (job_id)
    GROUP BY f.job_id
), faults (number, what) AS (
    SELECT count(*), 'never processed' FROM per_job WHERE times = 0
    UNION ALL
    SELECT count(*), 'processed more than once' FROM per_job WHERE times > 1
    UNION ALL
    SELECT count(*), 'files whose job is not archived as done'
    FROM files AS f
    LEFT JOIN pgqrs.archive AS a ON a.id = f.job_id AND a.outcome = 'done'
    WHERE a.id IS NULL
    UNION ALL
    -- The result must be that of the delivery that was archived, not of one whose lease was lost.
    SELECT count(*), 'results of another delivery than the archived one'
    FROM results AS r
    JOIN pgqrs.archive AS a ON a.id = r.job_id
    WHERE (a.read_ct, a.worker_id) IS DISTINCT FROM (r.read_ct, r.worker_id)
    UNION ALL
    SELECT count(*), 'jobs of the killed worker not delivered to another'
    FROM held_at_kill AS h
    LEFT JOIN pgqrs.archive AS a ON a.id = h.job_id AND a.read_ct > h.read_ct AND a.worker_id <> h.worker_id
    WHERE a.id IS NULL
    UNION ALL
    SELECT abs(m.total_enqueued - (SELECT count(*) FROM files)), 'more or fewer jobs than files'
    FROM pgqrs.queue_metrics('checksums') AS m
    UNION ALL
    SELECT count(*), 'faults of the installation' FROM pgqrs.verify()
)
SELECT format(
    'check: %s jobs enqueued, %s results, each exactly once: %s',
    (SELECT total_enqueued FROM pgqrs.queue_metrics('checksums')),
    (SELECT count(*) FROM results),
    CASE
        WHEN NOT EXISTS (SELECT FROM files) THEN 'FAILED (no job at all)'
        ELSE coalesce(
            (SELECT 'FAILED (' || string_agg(number || ' ' || what, ', ') || ')' FROM faults WHERE number > 0), 'ok')
    END);
