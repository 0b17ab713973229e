-- Months, days and years of a delay and of older_than are those of the calendar, as now() + interval; pgqrs.max_delay bounds delays.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('calendar');

-- Each way to delay a message, in zones with and without summer time: due when enqueued_at + delay is.
SET pgqrs.max_delay = '5000 d';
SET IntervalStyle = postgres;
CREATE TEMP TABLE delays (delay interval);
INSERT INTO delays VALUES ('1 year'), ('1 month'), ('6 months'), ('1 day'), ('200 days'), ('1 month -1 day'), ('1 year 3 days 04:00'),
    ('13 months'), ('10 years'), ('24 hours'), ('1 month 1 hour'), ('4800 hours');
SET TimeZone = 'Europe/Berlin';
SELECT count(pgqrs.enqueue('calendar', to_jsonb(delay), delay)) AS berlin FROM delays;
SELECT count(*) AS berlin_batch
FROM delays, LATERAL pgqrs.enqueue_batch('calendar', ARRAY[to_jsonb(delay)], delay) AS id;
SELECT count(*) AS compared, count(*) FILTER (WHERE available_at <> enqueued_at + delay) AS wrong
FROM pgqrs.list_messages('calendar', qty => 1000) AS m JOIN delays AS d ON payload = to_jsonb(delay);
SET TimeZone = 'America/New_York';
SELECT count(pgqrs.enqueue('calendar', to_jsonb(delay::text || ' New York'), delay)) AS new_york FROM delays;
SELECT count(*) AS compared, count(*) FILTER (WHERE available_at <> enqueued_at + delay) AS wrong
FROM pgqrs.list_messages('calendar', qty => 1000) AS m JOIN delays AS d ON payload = to_jsonb(delay::text || ' New York');
SET TimeZone = 'UTC';
SELECT count(pgqrs.enqueue('calendar', to_jsonb(delay::text || ' UTC'), delay)) AS utc FROM delays;
SELECT count(*) AS compared, count(*) FILTER (WHERE available_at <> enqueued_at + delay) AS wrong
FROM pgqrs.list_messages('calendar', qty => 1000) AS m JOIN delays AS d ON payload = to_jsonb(delay::text || ' UTC');

-- release starts at the call.
SELECT pgqrs.enqueue('calendar', '"release"', priority => 0) AS id \gset
SELECT read_ct FROM pgqrs.dequeue('calendar');
SELECT pgqrs.release('calendar', :id, '1 year');
SELECT available_at BETWEEN now() + '1 year'::interval - '1 min'::interval AND now() + '1 year' AS year_later
FROM pgqrs.get_message('calendar', :id);
SELECT done FROM pgqrs.release_batch('calendar', ARRAY[:id], '1 month');
SELECT available_at BETWEEN now() + '1 month'::interval - '1 min'::interval AND now() + '1 month' AS month_later
FROM pgqrs.get_message('calendar', :id);
RESET pgqrs.max_delay;

-- purge_archive: what is 362 days old is not older than a year.
SELECT pgqrs.enqueue('calendar', '1') AS id \gset
SELECT pgqrs.archive('calendar', :id);
CREATE FUNCTION pg_temp.kept(age interval, older_than interval) RETURNS text
    LANGUAGE sql
    AS $$
    UPDATE pgqrs.archive SET archived_at = clock_timestamp() - age WHERE queue_id = (pgqrs.get_queue('calendar')).id;
    SELECT CASE pgqrs.purge_archive('calendar', older_than) WHEN 0 THEN 'kept' ELSE 'purged' END$$;
SELECT pg_temp.kept('362 days', '1 year'), pg_temp.kept('29 days', '1 month -1 day'), pg_temp.kept('1 year -1 hour', '1 year');
SELECT pg_temp.kept('99 years', '100 years -1 month');
SELECT pg_temp.kept('1 year 1 hour', '1 year');

-- The limit. A driver's wrong unit (5,787 days for 500 ms) is told, with both values and the setting.
SELECT d AS delay, pg_temp.error_of(format($$SELECT pgqrs.enqueue('calendar', '1', %L)$$, d))
FROM unnest(ARRAY['500000000 s', '366 days', '1 year', '12 months', '13 months', '367 days', '2 years', '178000000 years', '-178000000 years',
    '1 month -40 days', '3000 years -1095000 days']) AS d;
SELECT f AS call, pg_temp.error_of('SELECT pgqrs.' || f)
FROM unnest(ARRAY['enqueue_batch(''calendar'', ''{1}'', ''2 years'')', 'release(''calendar'', 1, ''2 years'')',
    'release_batch(''calendar'', ''{1}'', ''2 years'')']) AS f;
SELECT regexp_replace(pg_temp.error_of($$SELECT pgqrs.enqueue_at('calendar', '1', '2999-01-01 00:00 UTC')$$), 'That is \d+ days [\d:.]+', 'That is N days');
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('calendar', '1', now() + '366 days')$$);
SET pgqrs.max_delay = '1 h';
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('calendar', '1', '1 h')$$), pg_temp.error_of($$SELECT pgqrs.enqueue('calendar', '1', '61 min')$$);
SET pgqrs.max_delay = '36525 d';
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('calendar', '1', '99 years')$$), pg_temp.error_of($$SELECT pgqrs.enqueue('calendar', '1', '101 years')$$);
RESET pgqrs.max_delay;
CREATE ROLE calendar_user;
SET ROLE calendar_user;
SELECT pg_temp.error_of('SET pgqrs.max_delay = ''2 d''');
RESET ROLE;
DROP ROLE calendar_user;

-- Leases and waits count a month as 30 days, and keep their limits in days.
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('calendar', '13 months')$$), pg_temp.error_of($$SELECT pgqrs.dequeue('calendar', wait => '1 month')$$);
SELECT visibility_timeout FROM pgqrs.alter_queue('calendar', '1 month');
SELECT pgqrs.drop_queue('calendar', force => true) > 0 AS dropped;
