# pg_repack rewrites every table under load: no call fails, no message is lost or delivered twice, and verify() finds no
# fault.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off");

my ($repack) = grep { -x } map { "$_/pg_repack" } split /:/, $ENV{PATH};
plan skip_all => 'pg_repack is not installed' unless $repack;

my $load = $node->basedir . '/load.sql';
append_to_file($load, q{
    SELECT pgqrs.enqueue('q', '1');
    SELECT pgqrs.enqueue('q', '2', delay => '1 h');
    INSERT INTO deliveries SELECT id, read_ct FROM pgqrs.dequeue_batch('q', 2);
    SELECT pgqrs.archive('q', id) FROM pgqrs.dequeue('q');
    WITH taken AS (SELECT id, read_ct FROM pgqrs.dequeue('q')), noted AS (INSERT INTO deliveries TABLE taken)
    SELECT pgqrs.release('q', id) FROM taken;
    SELECT count(*) FROM pgqrs.pop('q');
    SELECT pgqrs.enqueue('q', '3');
});

for my $mode ('plain', 'preloaded')
{
    $node->append_conf('postgresql.conf', q{shared_preload_libraries = 'pgqrs'}) if $mode eq 'preloaded';
    $node->start;
    $node->safe_psql('postgres', q{
        CREATE EXTENSION pg_repack;
        CREATE EXTENSION pgqrs;
        CREATE TABLE deliveries (id bigint, read_ct int, UNIQUE (id, read_ct));
        SELECT pgqrs.create_queue('q', '1 h');
        SELECT pgqrs.register_worker('q', 'w');
        SELECT count(*) FROM pgqrs.enqueue_batch('q', array_fill('0'::jsonb, ARRAY[2000]));
        SELECT count(pgqrs.archive('q', id)) FROM pgqrs.dequeue_batch('q', 500);
        SELECT count(pgqrs.delete('q', id)) FROM pgqrs.dequeue_batch('q', 500);
    });
    my ($out, $errors) = ('', '');
    my @pgbench = ('pgbench', '-n', '-c3', '-T', '600', '-f', $load, $node->connstr('postgres'));
    my $sessions = IPC::Run::start(\@pgbench, '>', \$out, '2>', \$errors);
    $node->poll_query_until('postgres', 'SELECT count(*) > 100 FROM deliveries');
    for my $table (qw(messages archive departures workers queues))
    {
        my $before = $node->safe_psql('postgres', "SELECT pg_relation_filenode('pgqrs.$table')");
        $node->command_ok([ $repack, '-d', 'postgres', '-t', "pgqrs.$table", '--no-kill-backend' ],
            "$mode: pg_repack takes $table");
        isnt($node->safe_psql('postgres', "SELECT pg_relation_filenode('pgqrs.$table')"), $before,
            "$mode: $table was rewritten");
    }
    $node->command_ok([ $repack, '-d', 'postgres', '-t', 'pgqrs.messages', '--only-indexes', '--no-kill-backend' ],
        "$mode: and the indexes of messages by themselves");
    my $seen = $node->safe_psql('postgres', 'SELECT count(*) FROM deliveries');
    $node->poll_query_until('postgres', "SELECT count(*) > $seen + 100 FROM deliveries");
    is($node->safe_psql('postgres', 'SELECT count(*) FROM pgqrs.verify()'), '0', "$mode: verify() finds no fault");
    $sessions->signal('INT');
    $sessions->finish;
    unlike($errors, qr/ERROR|aborted/, "$mode: no call has failed");
    is($node->safe_psql('postgres', q{
        SELECT (exact.messages, exact.archived, exact.total_enqueued, exact.total_finished)
            = (known.messages, known.archived, known.total_enqueued, known.total_finished)
        FROM pgqrs.queue_metrics('q', exact => true) AS exact, pgqrs.queue_metrics('q') AS known
    }), 't', "$mode: the counts are right");
    # All that is left can be delivered: the indexes are those of the new tables.
    is($node->safe_psql('postgres', q{
        SELECT count(*) FROM pgqrs.messages AS m WHERE NOT EXISTS (
            SELECT FROM pgqrs.get_message('q', m.id))
    }), '0', "$mode: every message is found by its id");
    $node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.messages AS m, pgqrs.release('q', m.id)});
    is($node->safe_psql('postgres', q{
        WITH due AS (SELECT count(*) AS n FROM pgqrs.messages WHERE available_at <= now())
        SELECT n - (SELECT count(*) FROM pgqrs.dequeue_batch('q', 10000)) FROM due
    }), '0', "$mode: and delivered");
    $node->safe_psql('postgres', q{DROP EXTENSION pgqrs, pg_repack; DROP TABLE deliveries});
    $node->stop;
}

done_testing();
