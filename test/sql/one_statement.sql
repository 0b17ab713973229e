-- What a statement does with a message that a function of pgqrs changed or made in the same statement.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
\set VERBOSITY sqlstate
SELECT name FROM pgqrs.create_queue('z');

-- The outer statement sees the message as it was when it began. It does not silently skip it: the server refuses (27000).
SELECT pgqrs.enqueue('z', '1') AS id \gset
WITH d AS MATERIALIZED (SELECT id FROM pgqrs.dequeue('z')) DELETE FROM pgqrs.messages USING d WHERE messages.id = d.id RETURNING messages.id = :id AS deleted;
WITH d AS MATERIALIZED (SELECT id FROM pgqrs.dequeue('z')) UPDATE pgqrs.messages SET priority = 1 FROM d WHERE messages.id = d.id RETURNING messages.id = :id AS updated;
SELECT read_ct, priority FROM pgqrs.list_messages('z');
-- Functions of pgqrs see it.
SELECT pgqrs.archive('z', id, read_ct) FROM pgqrs.dequeue('z');
SELECT pgqrs.count_messages('z'), pgqrs.count_archive('z');

-- A message enqueued by a CTE is delivered and finished by functions called later in the statement.
-- The statement itself does not see it, just as it does not see what its own data-modifying CTEs insert.
WITH e AS MATERIALIZED (SELECT pgqrs.enqueue('z', '2') AS id) SELECT payload, read_ct FROM e, LATERAL pgqrs.dequeue('z') WHERE e.id > 0;
WITH e AS MATERIALIZED (SELECT pgqrs.enqueue('z', '3') AS id) SELECT pgqrs.archive('z', id) FROM e;
WITH e AS MATERIALIZED (SELECT pgqrs.enqueue('z', '4') AS id) SELECT count(m.id) FROM e LEFT JOIN pgqrs.messages AS m ON m.id = e.id;
WITH e AS MATERIALIZED (SELECT pgqrs.enqueue('z', '5') AS id) DELETE FROM pgqrs.messages USING e WHERE messages.id = e.id RETURNING payload;
SELECT payload, read_ct FROM pgqrs.list_messages('z');

SELECT pgqrs.drop_queue('z', force => true);
