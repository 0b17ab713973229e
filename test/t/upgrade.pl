# pg_upgrade takes a cluster with the extension, preloaded: --check finds nothing, and what it moves is whole and goes on.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %nodes;
for my $name ('old', 'new')
{
    $nodes{$name} = PostgreSQL::Test::Cluster->new($name);
    $nodes{$name}->init;
    $nodes{$name}->append_conf('postgresql.conf', "fsync = off\nshared_preload_libraries = 'pgqrs'\npgqrs.workflow_runners = 0");
}
my ($old, $new) = @nodes{ 'old', 'new' };
$old->start;
$old->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    CREATE ROLE reader;
    GRANT USAGE ON SCHEMA pgqrs TO reader;
    GRANT SELECT ON pgqrs.messages TO reader;
    SELECT pgqrs.create_queue('q', max_deliveries => 3, notify => true);
    SELECT pgqrs.register_worker('q', 'w');
    SELECT count(*) FROM pgqrs.enqueue_batch('q', ARRAY['1', '2', '3', '4', '5']::jsonb[]);
    SELECT pgqrs.archive('q', id) FROM pgqrs.dequeue('q');
    SELECT id FROM pgqrs.dequeue('q', '1 h');
    SELECT count(*) FROM pgqrs.pop('q');
    -- A run that waits for a signal, one with a worker, and one that the server is to execute.
    SELECT pgqrs.create_workflow('w');
    SELECT count(*) FROM pgqrs.start_workflows('w', '{1,2}');
    SELECT pgqrs.complete_step(run, read_ct, 'a', input) FROM pgqrs.claim_runs('w', 2, vt => '1 h');
    SELECT pgqrs.wait_signal(min(run_id), 1, 's', 'go') FROM pgqrs.steps;
    CREATE PROCEDURE flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE sql AS 'SELECT input';
    SELECT pgqrs.create_workflow('h', handler => 'flow');
    SELECT pgqrs.start_workflow('h', '3', delay => '1 h');
});
my $state = q{
    SELECT 'message', m::text FROM pgqrs.messages AS m
    UNION ALL SELECT 'archived', a::text FROM pgqrs.archive AS a
    UNION ALL SELECT 'queue', q::text FROM pgqrs.queues AS q
    UNION ALL SELECT 'worker', w::text FROM pgqrs.workers AS w
    UNION ALL SELECT 'departed', d::text FROM pgqrs.departures AS d
    UNION ALL SELECT 'workflow', w::text FROM pgqrs.workflows AS w
    UNION ALL SELECT 'run', r::text FROM pgqrs.runs AS r
    UNION ALL SELECT 'step', s::text FROM pgqrs.steps AS s
    UNION ALL SELECT 'wait', w::text FROM pgqrs.waits AS w
    UNION ALL SELECT 'metrics', (messages, in_flight, archived, total_enqueued, total_finished)::text
    FROM pgqrs.queue_metrics('q', exact => true)
    ORDER BY 1, 2
};
my $before = $old->safe_psql('postgres', $state);
$old->stop;

my ($bin) = grep { -x "$_/pg_upgrade" } split /:/, $ENV{PATH};
my @upgrade = ('pg_upgrade', '--old-datadir', $old->data_dir, '--new-datadir', $new->data_dir, '--old-bindir', $bin,
    '--new-bindir', $bin, '--socketdir', $new->host, '--old-port', $old->port, '--new-port', $new->port);
chdir $new->basedir or die;
command_like([ @upgrade, '--check' ], qr/Clusters are compatible/, 'pg_upgrade --check has nothing against it');
my ($out, $errors) = run_command(\@upgrade);
is($errors, '', 'pg_upgrade writes nothing to stderr');
like($out, qr/Upgrade Complete/, 'and upgrades');

$new->start;
is($new->safe_psql('postgres', $state), $before, 'all rows are there');
is($new->safe_psql('postgres', 'SELECT count(*) FROM pgqrs.verify()'), '0', 'verify() finds no fault');
is($new->safe_psql('postgres', q{SELECT payload FROM pgqrs.dequeue_batch('q', 10) ORDER BY id}), "4\n5",
    'what is due is delivered, and the lease still holds');
is($new->safe_psql('postgres', q{SELECT pgqrs.enqueue('q', '6')}), '9', 'ids go on where they were, those of runs included');
is($new->safe_psql('postgres', q{
        SELECT pgqrs.signal_run(min(run_id), 'go', '7') FROM pgqrs.steps;
        SELECT c.reason, c.steps #> '{0,output}', s.value
        FROM pgqrs.claim_runs('w', 9) AS c, LATERAL pgqrs.wait_signal(c.run, c.read_ct, 's', 'go') AS s}),
    "t\nsignal|1|7", 'a run that waits goes on with what it has recorded, and one with a worker keeps him');
is($new->safe_psql('postgres', q{
        SET pgqrs.clock_offset = '2 h';
        CALL pgqrs.run_workflows();
        SELECT g.state, g.output FROM pgqrs.list_runs('h') AS l, pgqrs.get_run(l.run) AS g}),
    "1\nsucceeded|3", 'the handler of a workflow is found');
is($new->safe_psql('postgres', q{SELECT has_table_privilege('reader', 'pgqrs.messages', 'SELECT')}), 't',
    'granted rights stay');

done_testing();
