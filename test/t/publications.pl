# A publication of all tables, or of the tables in the schema, disturbs no function: each table has a replica identity,
# and counters are summed up without failing a caller.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;

# Calls each function on the queue q, as its consumers, producers and administrators do.
my @calls = (
    q{SELECT name FROM pgqrs.create_queue('q')}, q{SELECT name FROM pgqrs.alter_queue('q', max_deliveries => 5)},
    q{SELECT pgqrs.enqueue('q', '1')}, q{SELECT pgqrs.enqueue_at('q', '1', now())},
    q{SELECT pgqrs.enqueue_batch('q', array_fill('1'::jsonb, ARRAY[20]))},
    q{SELECT name FROM pgqrs.get_queue('q')},
    q{SELECT name FROM pgqrs.get_queue_by_id((SELECT max(id) FROM pgqrs.queues)::int)},
    q{SELECT name FROM pgqrs.list_queues()}, q{SELECT pgqrs.count_queues()},
    q{SELECT pgqrs.register_worker('q', 'w')}, q{SELECT id FROM pgqrs.list_workers()}, q{SELECT pgqrs.count_workers()},
    q{SELECT id FROM pgqrs.get_worker((SELECT max(id) FROM pgqrs.workers))},
    q{CALL pgqrs.wait('q', '1 s')}, q{SELECT id FROM pgqrs.peek('q')},
    q{SELECT id FROM pgqrs.dequeue('q', worker => (SELECT max(id) FROM pgqrs.workers))},
    q{SELECT id FROM pgqrs.dequeue_batch('q', 5)},
    q{SELECT pgqrs.extend_visibility('q', min(id), '1 h') FROM pgqrs.messages WHERE vt > now()},
    q{SELECT pgqrs.release('q', min(id)) FROM pgqrs.messages WHERE vt > now()},
    q{SELECT pgqrs.release_batch('q', ARRAY[min(id)]) FROM pgqrs.messages WHERE vt > now()},
    q{SELECT pgqrs.archive('q', min(id)) FROM pgqrs.messages},
    q{SELECT pgqrs.archive_batch('q', ARRAY[min(id)]) FROM pgqrs.messages},
    q{SELECT pgqrs.delete('q', min(id)) FROM pgqrs.messages},
    q{SELECT pgqrs.delete_batch('q', ARRAY[min(id)]) FROM pgqrs.messages},
    q{SELECT id FROM pgqrs.next('q', ARRAY(SELECT min(id) FROM pgqrs.messages WHERE vt > now()))},
    q{SELECT id FROM pgqrs.enqueue_job('q', '1', max_attempts => 3)},
    q{SELECT result FROM pgqrs.fail('q', (SELECT min(id) FROM pgqrs.messages WHERE vt > now()), 'e')},
    q{SELECT result FROM pgqrs.fail_batch('q', ARRAY(SELECT id FROM pgqrs.dequeue_batch('q', 5)), '{e}', retry => false)},
    q{SELECT error FROM pgqrs.list_failures('q', (SELECT max(message_id) FROM pgqrs.failures))},
    q{SELECT id FROM pgqrs.list_dead('q')},
    q{SELECT pgqrs.discard('q', ARRAY(SELECT id FROM pgqrs.list_dead('q', qty => 1)))}, q{SELECT pgqrs.redrive('q')},
    q{SELECT pgqrs.cancel('q', ARRAY(SELECT min(id) FROM pgqrs.messages))},
    q{SELECT outcome FROM pgqrs.set_retention('q', max_age => '1 day')}, q{SELECT outcome FROM pgqrs.list_retention('q')},
    q{CALL pgqrs.maintain()}, q{SELECT outcome FROM pgqrs.set_retention('q')},
    q{CALL pgqrs.purge('q', older_than => '1 day')},
    q{SELECT id FROM pgqrs.next('q', done => ARRAY(SELECT id FROM pgqrs.dequeue('q')))},
    q{SELECT id FROM pgqrs.pop('q')}, q{SELECT id FROM pgqrs.get_message('q', (SELECT min(id) FROM pgqrs.messages))},
    q{SELECT id FROM pgqrs.list_messages('q')}, q{SELECT pgqrs.count_messages('q')},
    q{SELECT id FROM pgqrs.get_archived('q', (SELECT min(id) FROM pgqrs.archive))},
    q{SELECT id FROM pgqrs.list_archive('q')},
    q{SELECT pgqrs.count_archive('q')}, q{SELECT queue FROM pgqrs.queue_metrics('q')},
    q{SELECT queue FROM pgqrs.all_queues_metrics()},
    q{SELECT pgqrs.pause_queue('q')}, q{SELECT pgqrs.resume_queue('q')},
    q{SELECT id FROM pgqrs.extend_batch('q', ARRAY(SELECT id FROM pgqrs.messages), '1 h')},
    q{SELECT id FROM pgqrs.heartbeat((SELECT max(id) FROM pgqrs.workers), ARRAY(SELECT id FROM pgqrs.messages))},
    q{SELECT pgqrs.release_worker_messages((SELECT max(id) FROM pgqrs.workers))},
    q{SELECT id FROM pgqrs.suspend_worker((SELECT max(id) FROM pgqrs.workers))},
    q{SELECT id FROM pgqrs.resume_worker((SELECT max(id) FROM pgqrs.workers))},
    q{SELECT queue FROM pgqrs.worker_health()}, q{SELECT name FROM pgqrs.worker_metrics('q')},
    q{UPDATE pgqrs.workers SET heartbeat_at = '2000-01-01'}, q{SELECT pgqrs.reap_workers()},
    q{SELECT pgqrs.purge_workers('q', '0')}, q{SELECT pgqrs.register_worker('q', 'w')},
    q{SELECT id FROM pgqrs.stop_worker((SELECT max(id) FROM pgqrs.workers))},
    q{SELECT pgqrs.delete_worker((SELECT max(id) FROM pgqrs.workers))},
    # Twice as many rows as there are between two sums, so that one session sums them up in any case.
    q{DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM pgqrs.enqueue('q', '1'); PERFORM pgqrs.pop('q'); END LOOP; END $$},
    q{SELECT pgqrs.purge_queue('q')}, q{SELECT pgqrs.purge_archive('q', '0')}, q{SELECT pgqrs.version()},
    q{SELECT * FROM pgqrs.verify()},
    q{SELECT name FROM pgqrs.create_workflow('w')},
    q{SELECT run FROM pgqrs.start_workflow('w', idempotency_key => 'k')},
    q{SELECT count(*) FROM pgqrs.claim_runs('w') AS c, LATERAL pgqrs.complete_step(c.run, c.read_ct, 'a', '1')},
    q{SELECT status FROM pgqrs.messages AS m, LATERAL pgqrs.wait_signal(m.id, m.read_ct, 's', 's') WHERE waiting_for IS NOT NULL AND vt IS NOT NULL},
    q{SELECT pgqrs.signal_run(min(id), 's', '1') FROM pgqrs.runs},
    q{SELECT status FROM pgqrs.claim_runs('w') AS c, LATERAL pgqrs.wait_signal(c.run, c.read_ct, 's', 's') AS s},
    q{SELECT name FROM pgqrs.alter_workflow('w', max_attempts => 5)}, q{SELECT name FROM pgqrs.get_workflow('w')},
    q{SELECT name FROM pgqrs.list_workflows()}, q{SELECT count(*) FROM pgqrs.start_workflows('w', '{1,2,3,4,5,6}')},
    q{SELECT status FROM pgqrs.claim_runs('w') AS c, LATERAL pgqrs.begin_step(c.run, c.read_ct, 'b', at_most_once => true)},
    q{SELECT retry FROM pgqrs.messages AS m, LATERAL pgqrs.fail_step(m.id, m.read_ct, 'f', 'x') WHERE vt IS NOT NULL AND waiting_for IS NOT NULL},
    q{SELECT status FROM pgqrs.get_step((SELECT max(run_id) FROM pgqrs.steps), 'b')},
    q{SELECT pgqrs.set_value(id, read_ct, 'k', '1') FROM pgqrs.messages WHERE vt IS NOT NULL AND waiting_for IS NOT NULL},
    q{SELECT found FROM pgqrs.get_value((SELECT max(run_id) FROM pgqrs.run_values), 'k')},
    q{SELECT count(pgqrs.fork_run(run_id, 'b')) FROM pgqrs.steps WHERE name = 'b'},
    q{SELECT pgqrs.release_run(id, read_ct) FROM pgqrs.messages WHERE vt IS NOT NULL AND waiting_for IS NOT NULL},
    q{SELECT count(pgqrs.decide_step(run_id, 'b', output => '1')) FROM pgqrs.steps WHERE name = 'b' AND status = 'started' AND at_most_once},
    q{SELECT count(*) FROM pgqrs.claim_runs('w')},
    q{SELECT count(*) FROM pgqrs.list_runs('w')}, q{SELECT count(*) FROM pgqrs.get_run((SELECT max(id) FROM pgqrs.runs))},
    q{SELECT count(*) FROM pgqrs.list_steps((SELECT max(run_id) FROM pgqrs.steps))}, q{SELECT count(*) FROM pgqrs.stuck_runs()},
    q{SELECT count(*) FROM pgqrs.workflow_metrics()},
    q{SELECT count(*) FROM pgqrs.run_timeline((SELECT max(run_id) FROM pgqrs.steps))},
    q{SELECT state FROM pgqrs.messages AS m, LATERAL pgqrs.fail_run(m.id, m.read_ct, 'x', retryable => false) WHERE vt IS NOT NULL AND waiting_for IS NOT NULL},
    q{SELECT count(*) FROM pgqrs.await_run((SELECT max(id) FROM pgqrs.runs WHERE final IS NOT NULL), '0')},
    q{DO $$ DECLARE r bigint := (SELECT max(id) FROM pgqrs.runs WHERE final IS NOT NULL); e boolean; BEGIN CALL pgqrs.wait_run(r, '0', e); END $$},
    q{SELECT status FROM pgqrs.claim_runs('w') AS c, LATERAL pgqrs.sleep(c.run, c.read_ct, 'z', '1 h')},
    q{SELECT status FROM pgqrs.claim_runs('w') AS c, LATERAL pgqrs.wait_event(c.run, c.read_ct, 'e', 'none')},
    q{SELECT count(*) FROM pgqrs.claim_runs('w') AS c, LATERAL pgqrs.start_children(c.run, c.read_ct, 'many', 'w', '{1,2}')},
    q{SELECT status FROM pgqrs.messages AS m, LATERAL pgqrs.wait_runs(m.id, m.read_ct, 'join', ARRAY(SELECT id FROM pgqrs.runs WHERE parent_id = m.id)) WHERE vt IS NOT NULL AND waiting_for IS NOT NULL},
    q{SELECT pgqrs.release_run(run, read_ct) FROM pgqrs.claim_runs('w')},
    q{SELECT pgqrs.continue_as_new(run, read_ct, '1') FROM pgqrs.claim_runs('w')},
    q{SELECT pgqrs.emit_event('w', 'e')},
    q{SELECT child FROM pgqrs.messages AS m, LATERAL pgqrs.start_child(m.id, m.read_ct, 'c', 'w') WHERE vt IS NOT NULL},
    q{SELECT pgqrs.pause_run(max(id)) FROM pgqrs.runs}, q{SELECT pgqrs.resume_run(max(id)) FROM pgqrs.runs},
    q{SELECT pgqrs.complete_run(id, read_ct) FROM pgqrs.messages WHERE vt IS NOT NULL AND waiting_for IS NOT NULL},
    q{SELECT pgqrs.cancel_run(max(id)) FROM pgqrs.runs}, q{CALL pgqrs.maintain()},
    q{SELECT pgqrs.retry_run(max(id)) FROM pgqrs.runs}, q{SELECT pgqrs.cancel_run(max(id)) FROM pgqrs.runs},
    q{SELECT pgqrs.purge_runs('w')}, q{SELECT pgqrs.drop_workflow('w', force => true)},
    # In the server; a session does what background workers would.
    q{CREATE OR REPLACE FUNCTION effect() RETURNS bigint LANGUAGE sql AS 'SELECT pgqrs.current_run() + pgqrs.current_read_ct()'},
    q{CREATE OR REPLACE PROCEDURE flow(run bigint, input jsonb) LANGUAGE plpgsql AS $$
      DECLARE result jsonb; error text; late boolean; kids bigint[]; kid bigint;
      BEGIN
          IF input = '1' THEN RETURN; END IF;
          CALL pgqrs.step('s', 'effect', NULL, result, error);
          CALL pgqrs.sleep_step('z', '1 ms');
          CALL pgqrs.wait_signal_step('w', 's', result, late, timeout => '0');
          CALL pgqrs.wait_event_step('e', 'e', result, late, timeout => '0');
          CALL pgqrs.start_child_step('c', 'w', '1', kid);
          CALL pgqrs.start_children_step('k', 'w', '{1}', kids);
          CALL pgqrs.wait_runs_step('j', kids || kid, result, late);
          CALL pgqrs.continue_as_new_step('1');
      END $$},
    q{SELECT name FROM pgqrs.create_workflow('w', handler => 'flow')}, q{SELECT run FROM pgqrs.start_workflow('w', '0')},
    q{CALL pgqrs.run_workflows('100 ms')},
    q{DO $$ BEGIN ASSERT (SELECT count(*) = 4 FROM pgqrs.runs WHERE final = 'succeeded'), 'the runs did not end'; END $$},
    q{SELECT pgqrs.drop_workflow('w', force => true)},
    q{SELECT pgqrs.grant_queue('q', current_user, 'produce')}, q{SELECT role FROM pgqrs.list_grants()},
    q{SELECT pgqrs.revoke_queue('q', current_user, 'produce')}, q{SELECT pgqrs.grant_queue('q', current_user, 'manage')},
    q{SELECT pgqrs.drop_queue('q')}, q{SELECT name FROM pgqrs.create_queue('q')}, q{SELECT pgqrs.enqueue('q', '1')},
    q{SELECT pgqrs.drop_queue('q', force => true)});

sub calls_work
{
    my ($what) = @_;
    my ($status, undef, $errors) = $node->psql('postgres', join(";\n", @calls), on_error_stop => 1);
    is($status, 0, "$what: every function works") or diag($errors);
}

sub departures { return $node->safe_psql('postgres', q{SELECT count(*) < 1000, sum(finished) FROM pgqrs.departures}) }

my $pops = q{
    SELECT name FROM pgqrs.create_queue('p');
    DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM pgqrs.enqueue('p', '1'); PERFORM pgqrs.pop('p'); END LOOP; END $$;
};

for my $mode ('plain', 'preloaded')
{
    if ($mode eq 'preloaded')
    {
        $node->append_conf('postgresql.conf', "shared_preload_libraries = 'pgqrs'\npgqrs.workflow_runners = 0\n");
        $node->restart;
    }
    $node->safe_psql('postgres', 'CREATE EXTENSION pgqrs');
    my $tried = join ' ', @calls;
    is(join(' ', grep { $tried !~ /pgqrs\.$_\(/ } split /\n/, $node->safe_psql('postgres', q{
            SELECT proname FROM pg_proc
            WHERE pronamespace = 'pgqrs'::regnamespace AND prorettype <> 'trigger'::regtype ORDER BY 1})),
        '', "$mode: no function is left out");
    is($node->safe_psql('postgres', q{
            SELECT relname FROM pg_class AS c
            WHERE relnamespace = 'pgqrs'::regnamespace AND relkind = 'r' AND relreplident <> 'n'
                AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)}),
        '', "$mode: every table has a primary key");
    for my $tables ('ALL TABLES', 'TABLES IN SCHEMA pgqrs')
    {
        $node->safe_psql('postgres', "CREATE PUBLICATION everything FOR $tables");
        calls_work("$mode, FOR $tables");
        $node->safe_psql('postgres', $pops);
        is(departures(), 't|1000', "$mode, FOR $tables: counters are summed up");
        $node->safe_psql('postgres', q{SELECT pgqrs.drop_queue('p'); DROP PUBLICATION everything});
    }

    # A publication that allows no DELETE of counters keeps them from being summed up, and fails nobody.
    $node->safe_psql('postgres', 'CREATE PUBLICATION filtered FOR TABLE pgqrs.departures WHERE (finished > 0)');
    $node->safe_psql('postgres', $pops);
    is(departures(), 'f|1000', "$mode: what cannot be summed up stays as it is");
    my $total = $node->safe_psql('postgres', q{SELECT total_finished FROM pgqrs.queue_metrics('p')});
    is($total, '1000', "$mode: and counts");
    $node->safe_psql('postgres', q{DROP PUBLICATION filtered; SELECT pgqrs.drop_queue('p')});

    # A trigger of somebody's that fails does neither.
    $node->safe_psql('postgres', q{
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
        CREATE TRIGGER refuse BEFORE DELETE ON pgqrs.departures FOR EACH ROW EXECUTE FUNCTION refuse();
    });
    $node->safe_psql('postgres', $pops);
    is(departures(), 'f|1000', "$mode: a trigger that fails keeps counters as they are");
    $node->safe_psql('postgres', q{
        DROP TRIGGER refuse ON pgqrs.departures;
        DROP FUNCTION refuse();
        DROP EXTENSION pgqrs;
    });
}

$node->stop;
done_testing();
