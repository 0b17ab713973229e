-- The stored digests in the format `sha256sum --check` reads: a leading backslash says that the name is escaped.

SELECT CASE WHEN path ~ '[\\\n]' THEN '\' ELSE '' END || sha256 || '  '
    || replace(replace(path, '\', '\\'), E'\n', '\n')
FROM results
JOIN files USING (job_id)
WHERE sha256 IS NOT NULL
ORDER BY job_id;
