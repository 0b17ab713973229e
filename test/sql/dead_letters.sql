-- Dead messages go to the dead letter queue or to the archive, and come back, with their history.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('dead.letters');
SELECT name, dead_letter_queue FROM pgqrs.create_queue('dead', dead_letter_queue => 'dead.letters', max_deliveries => 2);
SELECT id AS q FROM pgqrs.get_queue('dead') \gset

-- By fail(), and by whoever meets a message that is delivered over and over.
SELECT pgqrs.enqueue('dead', '{"n": 1}', priority => 7, headers => '{"h": 1}') AS one, pgqrs.enqueue('dead', '{"n": 2}') AS two \gset
SELECT payload FROM pgqrs.dequeue('dead', vt => '1 ms');
SELECT pg_sleep(0.01);
SELECT payload, read_ct FROM pgqrs.dequeue('dead', vt => '1 ms');
SELECT pg_sleep(0.01);
SELECT payload, read_ct FROM pgqrs.dequeue('dead');
SELECT result FROM pgqrs.fail('dead', :one, 'broken', retry => false);
SELECT queue, origin, payload, headers, priority, read_ct, attempt, died_at IS NOT NULL AS died, error FROM pgqrs.list_dead('dead');
SELECT id, queue, origin, error FROM pgqrs.list_dead('dead.letters') WHERE id NOT IN (:one, :two);
SELECT payload, priority, read_ct, attempt, worker_id FROM pgqrs.peek('dead.letters', 5);
SELECT messages, total_enqueued, total_finished FROM pgqrs.queue_metrics('dead');
SELECT messages, pending FROM pgqrs.queue_metrics('dead.letters');
SELECT queue, died, error FROM pgqrs.list_failures('dead.letters', :one);

-- Consumers of the dead letter queue get them like any others; failures count anew there.
SELECT payload, read_ct, attempt FROM pgqrs.dequeue('dead.letters');
SELECT result, attempt FROM pgqrs.fail('dead.letters', :two, 'looked at', read_ct => 3);
-- What somebody has at the moment stays.
SELECT pgqrs.release('dead.letters', :two);
SELECT payload, read_ct FROM pgqrs.dequeue('dead.letters');
SELECT pgqrs.redrive('dead'), pgqrs.discard('dead', ARRAY[:two]::bigint[]);
SELECT payload FROM pgqrs.dequeue('dead');
SELECT pgqrs.release('dead.letters', :two, read_ct => 4);
SELECT pgqrs.redrive('dead.letters');
SELECT payload, read_ct, attempt, priority FROM pgqrs.dequeue_batch('dead', 5);
SELECT queue, read_ct, attempt, died, error FROM pgqrs.list_failures('dead', :two);
SELECT count(*) FROM pgqrs.list_dead('dead');

-- Deliveries count anew after a redrive.
SELECT pgqrs.release_batch('dead', ARRAY[:one, :two]::bigint[]) IS NOT NULL AS released;
SELECT read_ct - given_back AS counted FROM pgqrs.messages WHERE queue_id = :q;

-- Without a dead letter queue: the archive. Redrive from there keeps id and history, and the fence goes on.
SELECT dead_letter_queue FROM pgqrs.alter_queue('dead', dead_letter_queue => '');
SELECT payload, read_ct FROM pgqrs.dequeue('dead');
SELECT result FROM pgqrs.fail('dead', :two, 'archived', retry => false);
SELECT queue, origin, read_ct, error FROM pgqrs.list_dead('dead');
SELECT archived, messages, total_enqueued, total_finished FROM pgqrs.queue_metrics('dead');
SELECT pgqrs.redrive('dead', ids => ARRAY[:one]::bigint[]), pgqrs.redrive('dead', ids => '{}'), pgqrs.redrive('dead', ids => ARRAY[:two]::bigint[]);
SELECT archived, messages, total_enqueued, total_finished FROM pgqrs.queue_metrics('dead');
SELECT payload, read_ct, attempt FROM pgqrs.dequeue('dead');
SELECT pgqrs.archive('dead', :two, 5), pgqrs.archive('dead', :two, 6);
SELECT error FROM pgqrs.list_failures('dead', :two);
SELECT count(*) FROM pgqrs.list_dead('dead');

-- To another queue, and some at a time, those with the lowest ids first.
SELECT pgqrs.purge_queue('dead');
SELECT count(*) FROM pgqrs.enqueue_batch('dead', '{1,2,3,4,5}');
SELECT result, count(*) FROM pgqrs.dequeue_batch('dead', 5) AS m, pgqrs.fail('dead', m.id, 'e', retry => false) GROUP BY 1;
SELECT payload FROM pgqrs.list_dead('dead', qty => 2);
SELECT payload FROM pgqrs.list_dead('dead', after_id => (SELECT max(id) FROM pgqrs.list_dead('dead', qty => 2)));
SELECT name FROM pgqrs.create_queue('dead.elsewhere');
SELECT pgqrs.redrive('dead', target => 'dead.elsewhere', qty => 2), pgqrs.redrive('dead', qty => 1);
SELECT queue, payload FROM pgqrs.dequeue_batch('dead', 5) UNION ALL SELECT queue, payload FROM pgqrs.dequeue_batch('dead.elsewhere', 5);
SELECT pgqrs.discard('dead', (SELECT array_agg(id) FROM pgqrs.list_dead('dead', qty => 1)));
SELECT payload FROM pgqrs.list_dead('dead');
SELECT pgqrs.discard('dead', '{-1}');
SELECT archived, total_enqueued, total_finished FROM pgqrs.queue_metrics('dead');

-- A dead letter queue that is dropped: its queue keeps its dead in the archive. One whose queue is dropped keeps them.
SELECT dead_letter_queue FROM pgqrs.alter_queue('dead', dead_letter_queue => 'dead.letters');
SELECT pgqrs.enqueue('dead', '"stays"') AS id \gset
SELECT result FROM pgqrs.dequeue('dead') AS m, pgqrs.fail('dead', m.id, 'e', retry => false);
SELECT pgqrs.drop_queue('dead.elsewhere', true);
SELECT pgqrs.drop_queue('dead', true);
SELECT queue, origin, payload, error FROM pgqrs.list_dead('dead.letters');
SELECT pgqrs.redrive('dead.letters');
SELECT name FROM pgqrs.create_queue('dead.elsewhere', dead_letter_queue => 'dead.letters');
SELECT pgqrs.redrive('dead.letters', target => 'dead.elsewhere');
SELECT payload FROM pgqrs.dequeue('dead.elsewhere');
SELECT pgqrs.drop_queue('dead.letters', true);
SELECT result FROM pgqrs.fail('dead.elsewhere', :id, 'e', retry => false);
SELECT queue, payload FROM pgqrs.list_dead('dead.elsewhere');

-- Rings, itself, and queues that are not there.
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('dead.elsewhere', dead_letter_queue => 'dead.none')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('dead.new', dead_letter_queue => 'dead.none')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('dead.new', dead_letter_queue => 'dead.new')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('dead.elsewhere', dead_letter_queue => 'dead.elsewhere')$$);
SELECT name FROM pgqrs.create_queue('dead.a');
SELECT name FROM pgqrs.create_queue('dead.b', dead_letter_queue => 'dead.a');
SELECT name FROM pgqrs.create_queue('dead.c', dead_letter_queue => 'dead.b');
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('dead.a', dead_letter_queue => 'dead.c')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.redrive('dead.a', target => 'dead.none')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.redrive('dead.a', qty => 0)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.redrive('dead.a', '{1,NULL}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.discard('dead.a', NULL)$$);
SELECT pgqrs.drop_queue('dead.a'), pgqrs.drop_queue('dead.b'), pgqrs.drop_queue('dead.c'), pgqrs.drop_queue('dead.elsewhere', true);
