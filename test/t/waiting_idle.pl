# Who waits holds and costs nothing: the procedure no snapshot, and neither of them a lock; nobody writes WAL; pg_stat_activity says what it is.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Waiter;

for my $mode ('plain', 'preload')
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    # Nothing else shall write WAL.
    $node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nmax_connections = 130\ncheckpoint_timeout = '1 h'\nbgwriter_lru_maxpages = 0\nwal_level = minimal\nmax_wal_senders = 0\n");
    $node->append_conf('postgresql.conf', $mode eq 'preload' ? "shared_preload_libraries = 'pgqrs'\n" : "pgqrs.poll_interval = '20 ms'\n");
    $node->start;
    $node->safe_psql('postgres', q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q'); CREATE TABLE rows AS SELECT generate_series(1, 1000) AS n});
    # So that the first waits find the tables as they will stay.
    Waiter::query($node, $_) for 'VACUUM', q{SELECT pgqrs.dequeue('q')}, 'CHECKPOINT';

    my $procedure = Waiter->start($node, q{CALL pgqrs.wait('q', '60 s')});
    Waiter::asleep($node, 1);
    my $pid = $procedure->pid;
    is(Waiter::query($node, "SELECT state, backend_xmin IS NULL, backend_xid IS NULL FROM pg_stat_activity WHERE pid = $pid"), 'active|t|t', "$mode: wait: no snapshot");
    is(Waiter::query($node, "SELECT DISTINCT locktype, mode FROM pg_locks WHERE pid = $pid"), 'virtualxid|ExclusiveLock', "$mode: wait: no lock but that of itself");
    is(Waiter::query($node, "SELECT wait_event_type || ' ' || CASE wait_event WHEN CASE WHEN current_setting('server_version_num')::int >= 170000 THEN 'PgqrsWait' ELSE 'Extension' END THEN 'as it should' ELSE wait_event END FROM pg_stat_activity WHERE pid = $pid"),
        'Extension as it should', "$mode: wait: the event");
    Waiter::query($node, 'DELETE FROM rows');
    my ($state, $out, $error) = $node->psql('postgres', 'VACUUM (VERBOSE) rows');
    like($error, qr/1000 removed, 0 remain, 0 are dead but not yet removable/, "$mode: wait: vacuum removes what was deleted since");

    my $dequeue = Waiter->start($node, q{SELECT * FROM pgqrs.dequeue('q', wait => '60 s')});
    Waiter::asleep($node, 2);
    # While it polls it holds some for a moment.
    ok($node->poll_query_until('postgres', 'SELECT array_agg(DISTINCT locktype) = $${virtualxid}$$ FROM pg_locks WHERE pid = ' . $dequeue->pid), "$mode: dequeue: no lock but that of itself");

    my @waiters = ($procedure, $dequeue, map { Waiter->start($node, $_ % 2 ? q{CALL pgqrs.wait('q', '60 s')} : q{SELECT * FROM pgqrs.dequeue('q', wait => '60 s')}) } 3 .. 100);
    Waiter::asleep($node, 100);
    my $before = Waiter::query($node, 'SELECT pg_current_wal_insert_lsn()');
    # Without shared memory each of them has polled many times after that.
    Waiter::query($node, 'SELECT pg_sleep(1)');
    is(Waiter::query($node, "SELECT pg_current_wal_insert_lsn() - '$before'"), '0', "$mode: a hundred who wait write no WAL");
    is(Waiter::query($node, "SELECT count(*) FROM pg_locks WHERE locktype = 'virtualxid'"), '101', "$mode: and are still there");
    Waiter::close($node);
    $node->stop('fast');
    $_->answer for @waiters;
}
done_testing();
