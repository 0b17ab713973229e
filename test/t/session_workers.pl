# Workers that are bound to their session: others get their messages when the session ends, in whatever way, without signs of
# life and without rounds of maintenance. Only the session itself can use the worker. They need shared memory.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use Waiter;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "fsync = off\nshared_preload_libraries = 'pgqrs'\npgqrs.rescan_interval = '10 min'\n");
$node->start;
my $sql = sub { return $node->safe_psql('postgres', $_[0]) };
sub error_of
{
    my (undef, undef, $error) = $node->psql('postgres', '\set VERBOSITY verbose' . "\n$_[0]");
    return $error;
}
my $register = q{SELECT pgqrs.register_worker('q', 'w', lease => '1 s', session => true)};
my $state = sub { return $sql->("SELECT state FROM pgqrs.get_worker($_[0])") };
my $is_dead = sub { return $node->poll_query_until('postgres', "SELECT state = 'dead' FROM pgqrs.get_worker($_[0])") };
# A session with a worker that has the next n messages.
sub start_worker
{
    my ($n) = @_;
    my $session = $node->background_psql('postgres');
    my ($worker) = $session->query_safe($register) =~ /(\d+)/;
    $session->query_safe("SELECT count(*) FROM pgqrs.dequeue_batch('q', $n, worker => $worker)") if $n;
    return ($session, $worker);
}

$sql->(q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q', visibility_timeout => '1 h')});
$sql->(q{SELECT pgqrs.enqueue_batch('q', ARRAY(SELECT to_jsonb(i) FROM generate_series(1, 1000) AS i))});

# It is alive without signs of life, and no dequeue notes one.
my ($session, $worker) = start_worker(1000);
is($sql->("SELECT session, state FROM pgqrs.get_worker($worker)"), 't|polling', 'a worker that is bound to its session');
my $version = $sql->("SELECT xmin FROM pgqrs.workers WHERE id = $worker");
sleep 1.2;
is($sql->('SELECT pgqrs.reap_workers()'), '0', 'is alive beyond its lease');
$session->query_safe("SELECT count(*) FROM pgqrs.dequeue('q', worker => $worker)");
$session->query_safe(q{SELECT pgqrs.extend_visibility('q', min(id), '1 h') FROM pgqrs.messages});
is($sql->("SELECT xmin FROM pgqrs.workers WHERE id = $worker"), $version, 'and nothing notes signs of life');
is($sql->(q{SELECT polling, oldest_heartbeat_age FROM pgqrs.worker_health('q')}), '1|', 'nor misses them');
is($session->query_safe("SELECT count(*) FROM pgqrs.heartbeat($worker)"), '0', 'it may give some');

# Others cannot use it, but stop it.
like(error_of($_), qr/PQ008: worker $worker is bound to another session.*DETAIL.*session => true.*HINT.*pooler/s, $_)
    for "SELECT pgqrs.dequeue('q', worker => $worker)", "SELECT pgqrs.heartbeat($worker)", "SELECT pgqrs.next('q', worker => $worker)";
is($sql->("SELECT state FROM pgqrs.suspend_worker($worker)"), 'suspended', 'others can suspend it');
is($sql->("SELECT state FROM pgqrs.resume_worker($worker)"), 'ready', 'and resume it');

# The client is killed.
my $waiter = Waiter->start($node, q{SELECT count(*), min(payload::int), max(payload::int) FROM pgqrs.dequeue_batch('q', 1000, wait => '60 s')});
Waiter::asleep($node, 1);
kill 'KILL', $session->{run}{KIDS}[0]{PID};
is($waiter->answer, '1000|1|1000', 'others get the messages of a client that is killed');
is($state->($worker), 'dead', 'the worker is dead');
like(error_of("SELECT pgqrs.dequeue('q', worker => $worker)"), qr/PQ008: worker $worker is dead.*DETAIL:  The session/s, 'and a call with it says why');
like(slurp_file($node->logfile), qr/pgqrs reaper found workers of ended sessions: 1/, 'the log says so');
$sql->(q{SELECT pgqrs.purge_queue('q'); SELECT pgqrs.enqueue_batch('q', '{1,2,3}')});

# In an open transaction, with a second worker, and terminated.
($session, $worker) = start_worker(1);
my ($second) = $session->query_safe($register) =~ /(\d+)/;
$session->query_safe("BEGIN; SELECT count(*) FROM pgqrs.dequeue_batch('q', 2, worker => $second)");
$waiter = Waiter->start($node, q{SELECT count(*) FROM (SELECT pgqrs.dequeue_batch('q', 1, wait => '60 s') FROM generate_series(1, 3)) AS d});
my ($pid) = $session->query_safe('SELECT pg_backend_pid()') =~ /(\d+)/;
$sql->("SELECT pg_terminate_backend($pid)");
is($waiter->answer, '3', 'others get those of a session that is terminated');
ok($is_dead->($_), "worker $_ is dead") for $worker, $second;
$sql->(q{SELECT pgqrs.release_batch('q', ARRAY(SELECT id FROM pgqrs.messages))});

# Somebody has the row locked at that moment.
($session, $worker) = start_worker(3);
my $holder = $node->background_psql('postgres');
$holder->query_safe("BEGIN; SELECT id FROM pgqrs.workers WHERE id = $worker FOR UPDATE");
$session->quit;
$node->poll_query_until('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs reaper'}, '1');
$holder->query_safe('COMMIT');
ok($is_dead->($worker), 'the reaper comes back for a worker that was locked');
is($sql->(q{SELECT count(*) FROM pgqrs.dequeue_batch('q', 3, vt => '1 ms')}), '3', 'and gives its messages to others');
$holder->quit;

# Nothing is left of a registration that is rolled back, and nothing happens to a worker that is stopped.
$session = $node->background_psql('postgres');
$session->query_safe("BEGIN; $register; ROLLBACK");
($worker) = $session->query_safe($register) =~ /(\d+)/;
$sql->("SELECT pgqrs.stop_worker($worker)");
$session->quit;
($session, my $other) = start_worker(0);
$session->quit;
ok($is_dead->($other), 'a later session has ended');
is($state->($worker), 'stopped', 'a worker that was stopped stays so');

# A copy of the database server knows none of these sessions, nor does the server after a crash.
($session, $worker) = start_worker(3);
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$standby->promote;
ok($standby->poll_query_until('postgres', q{SELECT count(*) = 3 FROM pgqrs.dequeue_batch('q', 3, wait => '1 s')}), 'after a promotion the messages are there');
is($standby->safe_psql('postgres', "SELECT state FROM pgqrs.get_worker($worker)"), 'dead', 'for the worker is dead');
$standby->stop;
is($state->($worker), 'polling', 'where its session goes on it is alive');
$node->stop('immediate');
$node->start;
is($sql->(q{SELECT count(*) FROM pgqrs.dequeue_batch('q', 3, wait => '60 s')}), '3', 'after a crash the messages are there');
ok($is_dead->($worker), 'for the worker is dead');

# Sessions that come and go, in many databases.
$node->safe_psql('postgres', "CREATE DATABASE d$_") for 1 .. 3;
$node->safe_psql("d$_", q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q')}) for 1 .. 3;
$node->safe_psql("d$_", join ';', ($register) x 5) for (1 .. 3) x 3;
ok($node->poll_query_until("d$_", q{SELECT count(*) = 15 FROM pgqrs.list_workers() WHERE state = 'dead'}), "all sessions of d$_ have ended") for 1 .. 3;
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pgqrs reaper'}), 'no reaper stays');

# Without shared memory.
my ($alive) = $node->background_psql('postgres');
($worker) = $alive->query_safe($register) =~ /(\d+)/;
$alive->quit;
ok($is_dead->($worker), 'one more');
$sql->("UPDATE pgqrs.workers SET state = 'polling' WHERE id = $worker");
$node->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
$node->restart;
like(error_of($register), qr/PQ010: a worker cannot be bound to its session.*DETAIL.*HINT.*preload/s, 'without preloading it is refused');
like(error_of("SELECT pgqrs.dequeue('q', worker => $worker)"), qr/PQ008: worker $worker is bound to a session that has ended/, 'its session has ended');
is($sql->('SELECT pgqrs.reap_workers()'), '1', 'and reap_workers() finds it dead');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
$node->stop;
done_testing();
