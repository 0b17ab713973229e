# Preloaded, a committed message is told whatever happens to the worker that tells: it is terminated, its transaction
# fails, the extension is not there yet. The worker ends by itself, and does not come back where it is not needed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use Crash;
use Listener;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
# A commit that asks for it waits for a standby that never comes.
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    fsync = off
    restart_after_crash = on
    synchronous_standby_names = 'nobody'
    synchronous_commit = local
});
$node->start;
my $set_up = q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue(name, notify => true) FROM unnest(ARRAY['loud', 'more']) AS q (name);
};
my $enqueue = q{SELECT pgqrs.enqueue('loud', '1'), pgqrs.enqueue('more', '1')};
$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(d e);
$node->safe_psql('d', $set_up);

my $workers = q{FROM pg_stat_activity WHERE backend_type = 'pgqrs notifier'};

sub sql { my ($sql) = @_; return $node->safe_psql('postgres', $sql); }

sub wait_until
{
    my ($condition, $what) = @_;
    ok($node->poll_query_until('postgres', "SELECT $condition"), $what);
    return;
}

# Its process id, once it has nothing to do.
sub worker
{
    wait_until("count(*) = 1 $workers AND state = 'idle' AND query = 'sending notifications'", 'the worker is there');
    return sql("SELECT pid $workers");
}

sub gone { wait_until("count(*) = 0 $workers", 'the worker ends when it is not needed'); return; }

# Both queues are told of.
sub told
{
    my ($listener, $what) = @_;
    my %told = map { $_ => 1 } $listener->told('loud');
    $listener->told('more') unless $told{more};
    pass("told: $what");
    return;
}

my $listener = Listener->start($node, 'd', qw(loud more));
my $session = $node->background_psql('d');

# Terminated while a transaction has promised to leave a notice.
$session->query_safe("BEGIN; $enqueue");
for my $round (1, 2)
{
    my $pid = worker();
    sql("SELECT pg_terminate_backend($pid)");
    wait_until("count(*) = 1 $workers AND pid <> $pid", 'it comes back');
}
$session->query_safe('COMMIT');
told($listener, 'terminated before the commit');
gone();

# There is nothing to cancel while it sleeps.
$session->query_safe("BEGIN; $enqueue");
my $pid = worker();
sql("SELECT pg_reload_conf(), pg_cancel_backend($pid)");
$session->query_safe('COMMIT');
told($listener, 'settings read again, a cancel request while idle');
gone();

# Its transaction fails after it has taken notices: NOTIFY waits for one that cannot commit.
my $stuck = $node->background_psql('d', on_error_stop => 0);
$stuck->query_until(qr/sent/, <<'SQL');
\echo sent
SET synchronous_commit = on;
BEGIN;
CREATE TABLE t ();
NOTIFY other;
COMMIT;
SQL
wait_until(q{count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'}, 'a commit waits');
my $waiting = "count(*) = 1 $workers AND wait_event_type = 'Lock'";
for my $fault ('pg_cancel_backend', 'pg_cancel_backend', 'pg_terminate_backend')
{
    $session->query_safe($enqueue);
    wait_until($waiting, 'the worker has taken notices and waits');
    my $log = -s $node->logfile;
    sql("SELECT $fault(pid) $workers");
    $node->wait_for_log(qr/ERROR:  (?:57014: )?canceling statement|FATAL:  (?:57P01: )?terminating/, $log);
}
wait_until($waiting, 'it tries again');
sql(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'});
told($listener, 'failed after it had taken notices');
$stuck->quit;
gone();

# The extension is there for the worker when the transaction that creates it has committed.
my $early = Listener->start($node, 'e', qw(loud more));
my $creator = $node->background_psql('e');
my $log = -s $node->logfile;
$creator->query_safe("BEGIN; $set_up $enqueue");
worker();
$creator->query_safe('COMMIT');
told($early, 'created in the same transaction');
$creator->query_safe("BEGIN; $enqueue");
$creator->query_safe('DROP EXTENSION pgqrs CASCADE');
worker();
$creator->query_safe('COMMIT');
gone();
unlike(slurp_file($node->logfile, $log), qr/ERROR|FATAL/, 'nothing failed');

# A crash of the server forgets the worker.
$creator->query_safe($set_up);
$creator->query_safe("BEGIN; $enqueue");
worker();
Crash::by_killing($node, $creator);
eval { $_->quit } for $session, $early->{session}, $listener->{session};
gone();
$early = Listener->start($node, 'e', qw(loud more));
$node->safe_psql('e', $enqueue);
told($early, 'after a crash');
$early->close;

# A database can be dropped whatever its worker does.
$node->safe_psql('postgres', 'DROP DATABASE e');
$session = $node->background_psql('d', on_error_stop => 0);
$session->query_safe("BEGIN; $enqueue");
worker();
sql('DROP DATABASE d WITH (FORCE)');
eval { $session->quit };
gone();

# When the postmaster dies, the worker ends.
sql($set_up);
$session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe("BEGIN; $enqueue");
$pid = worker();
$node->kill9;
my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
sleep 0.05 while kill(0, $pid) && time < $deadline;
ok(!kill(0, $pid), 'it ends with the server');
eval { $session->quit };
unlike(slurp_file($node->logfile), qr/PANIC|TRAP/, 'no process crashed by itself');
done_testing();
