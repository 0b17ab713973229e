# Workers that are killed, suspended or stopped: others get their messages, and a wait of theirs ends.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use Waiter;

for my $mode ('plain', 'preload')
{
    my $node = PostgreSQL::Test::Cluster->new("lost_$mode");
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off\npgqrs.rescan_interval = '10 min'\n" . ($mode eq 'preload' ? "shared_preload_libraries = 'pgqrs'\npgqrs.poll_interval = '1 min'\n" : ''));
    $node->start;
    my $sql = sub { return $node->safe_psql('postgres', $_[0]) };
    $sql->(q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q', visibility_timeout => '1 h')});
    my $register = sub { my ($lease) = @_; return $sql->("SELECT pgqrs.register_worker('q', 'w', lease => '$lease')") };

    # A worker process with three messages, one of them in an open transaction, is killed.
    my $killed = $register->('1 s');
    $sql->(q{SELECT pgqrs.enqueue_batch('q', '{1,2,3}')});
    my $process = $node->background_psql('postgres');
    $process->query_safe("SELECT id FROM pgqrs.dequeue_batch('q', 2, worker => $killed)");
    $process->query_safe("BEGIN; SELECT id FROM pgqrs.dequeue('q', worker => $killed)");
    # Another consumer waits meanwhile, in a session that knows the queue.
    my $waiter = Waiter->start($node, q{SELECT payload FROM pgqrs.dequeue_batch('q', 3, wait => '60 s') ORDER BY id});
    Waiter::asleep($node, 1);
    sleep 1.2;
    is($sql->('SELECT pgqrs.reap_workers()'), '0', "$mode: a worker in the middle of a dequeue is alive");
    my $pid = $process->query_safe('SELECT pg_backend_pid()');
    kill 'KILL', $process->{run}{KIDS}[0]{PID};
    $node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid") or die 'the backend stays';
    is($waiter->answer, '3', "$mode: what was not committed comes back when the connection ends");
    $waiter = Waiter->start($node, q{SELECT payload FROM pgqrs.dequeue_batch('q', 3, wait => '60 s') ORDER BY id});
    Waiter::asleep($node, 1);
    $node->poll_query_until('postgres', "SELECT pgqrs.reap_workers() + count(*) > 0 FROM pgqrs.workers WHERE id = $killed AND state = 'dead'") or die 'nobody dies';
    is($waiter->answer, "1\n2", "$mode: a waiting consumer gets the rest when the worker is reaped");
    is($sql->("SELECT state FROM pgqrs.get_worker($killed)"), 'dead', "$mode: the worker is dead");

    # A wait of a worker is a sign of life, however long it lasts.
    my $patient = $register->('1 s');
    $waiter = Waiter->start($node, "SELECT payload FROM pgqrs.dequeue('q', wait => '60 s', worker => $patient)");
    Waiter::asleep($node, 1);
    sleep 1.2;
    is($sql->('SELECT pgqrs.reap_workers()'), '0', "$mode: a worker that waits is alive");
    $sql->("SELECT pgqrs.suspend_worker($patient)");
    is($waiter->answer, '', "$mode: to suspend a worker ends its wait");
    is($sql->("SELECT pgqrs.reap_workers(), state, clock_timestamp() - heartbeat_at < '1 s' FROM pgqrs.get_worker($patient)") =~ s/\|[tf]$//r, '0|suspended', "$mode: and has noted it");
    $sql->("SELECT pgqrs.resume_worker($patient)");
    $waiter = Waiter->start($node, "SELECT payload FROM pgqrs.dequeue('q', wait => '60 s', worker => $patient)");
    Waiter::asleep($node, 1);
    $sql->("SELECT pgqrs.stop_worker($patient)");
    is($waiter->answer, 'ERROR PQ008', "$mode: to stop it ends its wait, too");

    # The server dies: what is known of dead workers is in the tables.
    my $dead = $register->('1 s');
    $sql->(q{SELECT pgqrs.enqueue_batch('q', '{4,5}')});
    is($sql->("SELECT count(*) FROM pgqrs.dequeue_batch('q', 2, worker => $dead)"), '2', "$mode: it has two");
    $sql->("UPDATE pgqrs.workers SET state = 'dead' WHERE id = $dead");
    Waiter::close($node);
    $node->stop('immediate');
    $node->start;
    is($sql->(q{SELECT payload FROM pgqrs.dequeue('q')}), '4', "$mode: after a crash the leases of the dead have ended");

    # A dump has them, too.
    $node->safe_psql('postgres', 'CREATE DATABASE copy');
    my $dump = $node->basedir . "/$mode.sql";
    $node->command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ], "$mode: dumped");
    $node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('copy') ], "$mode: restored");
    is($node->safe_psql('copy', q{SELECT payload FROM pgqrs.dequeue_batch('q', 10)}), '5', "$mode: in a copy the leases of the dead have ended");
    $node->stop;
}
done_testing();
