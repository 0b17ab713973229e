# A standby answers whoever looks and refuses whoever writes with PostgreSQL's own error; promoted, it goes on without colliding ids.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('q');
    SELECT pgqrs.register_worker('q', 'w');
    SELECT pgqrs.enqueue_batch('q', '{1,2,3}');
    SELECT pgqrs.archive('q', id, 1) FROM pgqrs.dequeue('q');
    SELECT pgqrs.create_workflow('w');
    SELECT pgqrs.start_workflow('w', '1', idempotency_key => 'k');
    SELECT pgqrs.complete_step(run, read_ct, 'a', '"recorded"') FROM pgqrs.claim_runs('w', vt => '1 h');
    SELECT pgqrs.wait_signal(max(run_id), 1, 's', 'go') FROM pgqrs.steps;
    CREATE PROCEDURE flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE sql AS 'SELECT input';
    SELECT pgqrs.create_workflow('h', handler => 'flow');
});
my $run = $primary->safe_psql('postgres', 'SELECT max(run_id) FROM pgqrs.steps');
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
# Promoted, it executes runs itself.
$standby->append_conf('postgresql.conf', "shared_preload_libraries = 'pgqrs'\npgqrs.maintenance_interval = '500 ms'\n");
$standby->start;
my $handled = $primary->safe_psql('postgres', q{SELECT run FROM pgqrs.start_workflow('h', '3')});
my $last = $primary->safe_psql('postgres', q{SELECT pgqrs.enqueue('q', '4')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));

my %answers = (
    q{SELECT name FROM pgqrs.get_queue('q')} => 'q',
    q{SELECT count(*), pgqrs.count_queues() FROM pgqrs.list_queues()} => '3|3',
    q{SELECT payload FROM pgqrs.list_messages('q')} => "2\n3\n4",
    "SELECT payload FROM pgqrs.get_message('q', $last)" => '4',
    q{SELECT pgqrs.count_messages('q'), pgqrs.count_messages()} => '3|5',
    q{SELECT payload FROM pgqrs.peek('q', 10)} => "2\n3\n4",
    q{SELECT payload FROM pgqrs.list_archive('q')} => '1',
    q{SELECT f.payload FROM pgqrs.archive AS a, pgqrs.get_archived('q', a.id) AS f} => '1',
    q{SELECT pgqrs.count_archive('q')} => '1',
    q{SELECT pending, archived, total_enqueued FROM pgqrs.queue_metrics('q')} => '3|1|4',
    q{SELECT pending FROM pgqrs.all_queues_metrics() WHERE queue = 'q'} => '3',
    q{SELECT name FROM pgqrs.list_workers('q')} => 'w',
    q{SELECT f.name FROM pgqrs.workers AS w, pgqrs.get_worker(w.id) AS f} => 'w',
    q{SELECT pgqrs.count_workers('q')} => '1',
    "SELECT state FROM pgqrs.get_run($run)" => 'waiting',
    "SELECT name, output FROM pgqrs.list_steps($run) WHERE kind = 'step'" => 'a|"recorded"',
    q{SELECT count(*) FROM pgqrs.list_runs('w')} => '1',
    q{SELECT count(*) FROM pgqrs.stuck_runs()} => '0',
    q{SELECT count(*) FROM pgqrs.verify()} => '0',
    q{SELECT pgqrs.version() <> ''} => 't');
for my $query (sort keys %answers)
{
    my ($state, $out, $error) = $standby->psql('postgres', $query);
    is("$out$error", $answers{$query}, "standby: $query");
}

for my $call (
    q{enqueue('q', '1')}, q{enqueue_at('q', '1', now() + '1 h')}, q{enqueue_batch('q', '{1,2}')}, q{dequeue('q')}, q{dequeue_batch('q', 2)},
    q{pop('q')}, q{archive('q', 1)}, q{delete('q', 1)}, q{release('q', 1)}, q{extend_visibility('q', 1, '1 s')}, q{archive_batch('q', '{1}')},
    q{delete_batch('q', '{1}')}, q{release_batch('q', '{1}')}, q{create_queue('new')}, q{alter_queue('q', '1 s')}, q{drop_queue('q', true)},
    q{start_workflow('w')}, q{claim_runs('w')}, "signal_run($run, 'go')", "cancel_run($run)", q{create_workflow('new')},
    q{pause_queue('q')}, q{resume_queue('q')}, q{purge_queue('q')}, q{purge_archive('q', '0')}, q{register_worker('q', 'w')}, q{delete_worker(1)})
{
    my ($state, $out, $error) = $standby->psql('postgres', "SELECT pgqrs.$call", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    like($error, qr/ERROR:  25006: cannot execute [A-Z ]+ (in a read-only transaction|during recovery)/, "standby refuses $call");
}

$standby->promote;
is($standby->safe_psql('postgres', qq{SELECT pgqrs.enqueue('q', '5') > $last; SELECT payload, read_ct FROM pgqrs.dequeue_batch('q', 10)}),
    "t\n2|1\n3|1\n4|1\n5|1", 'promoted it takes over');

is($standby->safe_psql('postgres', qq{SELECT created FROM pgqrs.start_workflow('w', '1', idempotency_key => 'k'); SELECT pgqrs.signal_run($run, 'go', '7')}),
    "f\nt", 'a run is there, and its key counts');
is($standby->safe_psql('postgres', q{SELECT s.value, c.steps #>> '{0,output}' FROM pgqrs.claim_runs('w') AS c, LATERAL pgqrs.wait_signal(c.run, c.read_ct, 's', 'go') AS s}),
    '7|recorded', 'and goes on with what it has recorded');
ok($standby->poll_query_until('postgres', "SELECT state || output::text FROM pgqrs.get_run($handled)", 'succeeded3'), 'the server executes a run');

$standby->stop;
$primary->stop;
done_testing();
