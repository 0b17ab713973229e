-- One transaction: a row in the application's table and a job for each file of the sample. psql variables: qty, how
-- many files at most, spaced evenly over all listed; ending, COMMIT or ROLLBACK.

BEGIN;

WITH candidates AS (
    SELECT n, package, path, row_number() OVER (ORDER BY n) - 1 AS i, count(*) OVER () AS total
    FROM listed_paths
    WHERE kind IN ('file', 'missing')
)
INSERT INTO files (job_id, package, path)
SELECT pgqrs.enqueue('checksums', jsonb_build_object('path', path)), package, path
FROM candidates
WHERE i * :qty / total <> (i + 1) * :qty / total
ORDER BY n;

:ending;
