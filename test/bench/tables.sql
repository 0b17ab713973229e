-- Tables like those of pgqrs for the hand-written side, and both sides empty.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS by_hand CASCADE;
CREATE SCHEMA by_hand;
CREATE TABLE by_hand.messages (LIKE pgqrs.messages INCLUDING ALL) WITH (
    fillfactor = 40,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE TABLE by_hand.archive (LIKE pgqrs.archive INCLUDING ALL);

SELECT pgqrs.drop_queue(name, force => true) FROM pgqrs.list_queues();
TRUNCATE pgqrs.messages, pgqrs.archive, pgqrs.departures;
SELECT name FROM pgqrs.create_queue('bench');
