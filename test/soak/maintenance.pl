# What a DBA does to the tables of pgqrs while they are used disturbs nobody: indexes are rebuilt, renamed, dropped and made by
# hand, tables are rewritten. Every call goes on, and every message is delivered and finished once.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IPC::Run;
use Soak;
use Test::More;

my @commands = (
    'REINDEX INDEX CONCURRENTLY pgqrs.messages_delivery_order',
    'REINDEX TABLE CONCURRENTLY pgqrs.messages',
    'REINDEX SCHEMA CONCURRENTLY pgqrs',
    'REINDEX TABLE pgqrs.messages',
    'VACUUM (INDEX_CLEANUP on) pgqrs.messages',
    'VACUUM FULL pgqrs.messages',
    'CLUSTER pgqrs.messages USING messages_pkey',
    'ALTER INDEX pgqrs.messages_delivery_order RENAME TO messages_delivery_order_2',
    'ALTER INDEX pgqrs.messages_delivery_order_2 RENAME TO messages_delivery_order',
    'CREATE INDEX CONCURRENTLY messages_second ON pgqrs.messages (queue_id, priority, available_at, id)',
    'DROP INDEX CONCURRENTLY pgqrs.messages_delivery_order',
    'ALTER INDEX pgqrs.messages_second RENAME TO messages_delivery_order',
    'CREATE INDEX CONCURRENTLY extra ON pgqrs.messages (vt)',
    'DROP INDEX pgqrs.extra',
    'ALTER TABLE pgqrs.messages SET TABLESPACE side',
    'ALTER INDEX pgqrs.messages_delivery_order SET TABLESPACE side',
    'ALTER TABLE pgqrs.messages SET TABLESPACE pg_default',
    'REINDEX TABLE CONCURRENTLY pgqrs.archive',
    'VACUUM FULL pgqrs.archive, pgqrs.departures, pgqrs.queues',
    'ANALYZE pgqrs.messages');

for my $mode ('plain', 'preloaded')
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off\nautovacuum_naptime = 1\n");
    $node->append_conf('postgresql.conf', "shared_preload_libraries = 'pgqrs'\n") if $mode eq 'preloaded';
    $node->start;
    $node->safe_psql('postgres', q{
        SET allow_in_place_tablespaces = on;
        CREATE TABLESPACE side LOCATION '';
        CREATE EXTENSION pgqrs;
        SELECT pgqrs.create_queue('q');
        -- More than are in flight at any time, so that every dequeue finds one.
        SELECT count(*) FROM pgqrs.enqueue_batch('q', ARRAY(SELECT '0'::jsonb FROM generate_series(1, 100)));
        -- All calls in one statement each, so that an error of one shows.
        CREATE PROCEDURE use_it(n int) LANGUAGE plpgsql AS $$
        DECLARE
            m pgqrs.message;
        BEGIN
            FOR i IN 1 .. n LOOP
                PERFORM pgqrs.enqueue('q', to_jsonb(i));
                PERFORM pgqrs.enqueue_batch('q', ARRAY['"a"', '"b"']::jsonb[], priority => 3);
                COMMIT;
                SELECT * INTO m FROM pgqrs.dequeue('q');
                PERFORM pgqrs.extend_visibility('q', m.id, '1 h', m.read_ct);
                COMMIT;
                PERFORM pgqrs.archive('q', m.id, m.read_ct);
                COMMIT;
                SELECT * INTO m FROM pgqrs.dequeue('q');
                PERFORM pgqrs.release('q', m.id, read_ct => m.read_ct);
                COMMIT;
                PERFORM pgqrs.pop('q'), pgqrs.peek('q'), pgqrs.queue_metrics('q');
                COMMIT;
                SELECT * INTO m FROM pgqrs.dequeue('q');
                PERFORM pgqrs.delete('q', m.id, m.read_ct);
                COMMIT;
            END LOOP;
        END
        $$;
    });
    my $rounds = Soak::steps(40);
    my @workers = map {
        my $output = '';
        { output => \$output, run => IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', "CALL use_it($rounds)", $node->connstr('postgres') ],
            '<', \undef, '>', \$output, '2>&1', IPC::Run::timeout(10 * $PostgreSQL::Test::Utils::timeout_default)) }
    } 1 .. 3;
    my $times = 0;
    my @failed;
    # At least once all of them, and then as long as somebody works.
    while ($times == 0 || grep { $_->{run}->pumpable } @workers)
    {
        for my $command (@commands)
        {
            my ($status, undef, $error) = $node->psql('postgres', $command, on_error_stop => 0);
            push @failed, "$command: $error" if $status != 0 || $error =~ /ERROR/;
            $_->{run}->pumpable && $_->{run}->pump_nb for @workers;
        }
        ++$times;
    }
    $_->{run}->finish for @workers;
    is(join('', map { ${ $_->{output} } } @workers), '', "$mode: no call failed");
    # A rebuild that waits for others can fall into a deadlock with a concurrent one; nothing of ours is in it.
    is_deeply(\@failed, [], "$mode: no command failed");
    my $total = 100 + 3 * 3 * $rounds;
    is($node->safe_psql('postgres', q{SELECT total_enqueued || ' ' || (total_finished + messages) FROM pgqrs.queue_metrics('q', exact => true)}),
        "$total $total", "$mode: every message is there or finished, once");
    is($node->safe_psql('postgres', 'SELECT * FROM pgqrs.verify()'), '', "$mode: the installation is sound");
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, "$mode: nothing crashed");
    $node->stop;
}
done_testing();
