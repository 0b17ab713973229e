-- Every delivery is a HOT update: it writes no index.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('hot') \gset
SELECT count(*) FROM pgqrs.enqueue_batch('hot', (SELECT array_agg(jsonb_build_object('n', i)) FROM generate_series(1, 2000) AS i));
SELECT pg_stat_force_next_flush();
SELECT n_tup_upd AS upd, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relid = 'pgqrs.messages'::regclass \gset

-- 1,000 deliveries one by one, each in its own transaction, then 1,000 in batches.
DO $$
BEGIN
    FOR i IN 1..1000 LOOP
        PERFORM pgqrs.dequeue('hot');
        COMMIT;
    END LOOP;
END
$$;
SELECT count(*) FROM generate_series(1, 10) AS n, pgqrs.dequeue_batch(left('hot', 2 + n / n), 100);
SELECT pg_stat_force_next_flush();
SELECT n_tup_upd - :upd AS deliveries, n_tup_hot_upd - :hot AS hot FROM pg_stat_user_tables WHERE relid = 'pgqrs.messages'::regclass;

-- Redelivery and a longer lease are HOT too.
SET pgqrs.clock_offset = '1 min';
SELECT count(*) FROM pgqrs.dequeue_batch('hot', 2000);
SELECT count(pgqrs.extend_visibility('hot', id, '1 h')) FROM pgqrs.list_messages('hot', qty => 100);
RESET pgqrs.clock_offset;
SELECT pg_stat_force_next_flush();
SELECT n_tup_upd - :upd AS updates, n_tup_hot_upd - :hot AS hot FROM pg_stat_user_tables WHERE relid = 'pgqrs.messages'::regclass;

SELECT pgqrs.drop_queue('hot', force => true);
