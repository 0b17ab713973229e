-- Tables like those of pgqrs for the hand-written side, with the same storage settings, and the queue of most cases.
CREATE SCHEMA by_hand;
CREATE TABLE by_hand.messages (LIKE pgqrs.messages INCLUDING ALL);
CREATE TABLE by_hand.archive (LIKE pgqrs.archive INCLUDING ALL);
SELECT format('ALTER TABLE by_hand.%I SET (%s)', relname, array_to_string(reloptions, ', '))
FROM pg_class
WHERE oid IN ('pgqrs.messages'::regclass, 'pgqrs.archive'::regclass) AND reloptions IS NOT NULL
\gexec
SELECT name FROM pgqrs.create_queue('bench');
