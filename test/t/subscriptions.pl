# Settings of queues and workflows that arrive by logical replication count in sessions that knew the old ones.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;

for my $mode ('plain', 'preloaded')
{
    if ($mode eq 'preloaded')
    {
        $node->append_conf('postgresql.conf', q{shared_preload_libraries = 'pgqrs'});
        $node->restart;
    }
    my ($from, $to) = ("from_$mode", "to_$mode");
    for my $database ($from, $to)
    {
        $node->safe_psql('postgres', "CREATE DATABASE $database");
        $node->safe_psql($database, 'CREATE EXTENSION pgqrs');
    }
    $node->safe_psql($from, qq{
        CREATE PUBLICATION settings FOR TABLE pgqrs.queues, pgqrs.workflows;
        SELECT pg_create_logical_replication_slot('$to', 'pgoutput')});
    # In one cluster the subscription cannot create the slot itself.
    my $connection = $node->connstr($from);
    $node->safe_psql($to, qq{CREATE SUBSCRIPTION settings CONNECTION \$\$$connection\$\$ PUBLICATION settings
            WITH (create_slot = false, slot_name = '$to')});
    $node->safe_psql($to, q{CREATE FUNCTION start() RETURNS text LANGUAGE plpgsql AS $$
        BEGIN PERFORM pgqrs.start_workflow('w'); RETURN 'started'; EXCEPTION WHEN OTHERS THEN RETURN sqlstate; END $$});
    my $change = sub {
        my ($sql) = @_;
        $node->safe_psql($from, $sql);
        $node->wait_for_catchup('settings', 'replay', $node->lsn('write'));
    };

    $change->(q{SELECT pgqrs.create_queue('q'); SELECT pgqrs.create_workflow('w')});
    my $session = $node->background_psql($to);
    my $dequeues = q{SELECT pgqrs.enqueue('q', '1') > 0; SELECT count(*) FROM pgqrs.dequeue('q')};
    my $starts = q{SELECT date_trunc('min', deadline - created_at + '1 s') FROM pgqrs.start_workflow('w') AS s, LATERAL pgqrs.get_run(s.run)};
    is($session->query_safe($dequeues), "t\n1", "$mode: a queue that arrives is used");
    is($session->query_safe($starts), '', "$mode: a workflow that arrives is used");

    $change->(q{UPDATE pgqrs.queues SET paused_at = now() WHERE name = 'q'});
    is($session->query_safe($dequeues), "t\n0", "$mode: what changes of a queue counts");
    is($session->query_safe($starts), '', "$mode: the session knows the workflow");
    # Nothing but the row of the workflow changes.
    $change->(q{UPDATE pgqrs.workflows SET run_timeout = '1 h'});
    is($session->query_safe($starts), '01:00:00', "$mode: what changes of a workflow counts");
    $change->(q{TRUNCATE pgqrs.workflows});
    is($session->query_safe('SELECT start()'), 'PQ015', "$mode: a workflow that is gone is not known");
    $session->quit;

    $node->safe_psql($to, 'DROP SUBSCRIPTION settings');
}

$node->stop;
done_testing();
