-- "queue does not exist" names a queue that was probably meant, if the caller may see it.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT count(pgqrs.create_queue(n)) FROM unnest('{postcards,letters,letters.dead}'::text[]) AS n;
SELECT n AS name, pg_temp.error_of(format($$SELECT pgqrs.enqueue(%L, '1')$$, n))
FROM unnest('{postcard,Postcards,psotcards,letter,letters.daed,parcels,p,postcards2026}'::text[]) AS n;
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call)
FROM unnest(ARRAY['dequeue(''postcrads'')', 'archive(''postcrads'', 1)', 'drop_queue(''postcrads'')', 'queue_metrics(''postcrads'')']) AS call;
-- An error of an invalid name stays one.
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('postcards ', '1')$$);

-- Row security hides queues from a role, and so from its errors.
CREATE ROLE near_user;
GRANT USAGE ON SCHEMA pgqrs TO near_user;
GRANT SELECT ON pgqrs.queues TO near_user;
GRANT EXECUTE ON FUNCTION pgqrs.get_queue(text) TO near_user;
ALTER TABLE pgqrs.queues ENABLE ROW LEVEL SECURITY;
CREATE POLICY near ON pgqrs.queues TO near_user USING (name LIKE 'letters%');
SET ROLE near_user;
SELECT pg_temp.error_of($$SELECT pgqrs.get_queue('postcard')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.get_queue('letterss')$$);
RESET ROLE;
DROP POLICY near ON pgqrs.queues;
ALTER TABLE pgqrs.queues DISABLE ROW LEVEL SECURITY;
DROP OWNED BY near_user;
DROP ROLE near_user;
SELECT count(pgqrs.drop_queue(n)) FROM unnest('{postcards,letters,letters.dead}'::text[]) AS n;
