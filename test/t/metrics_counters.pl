# The counts that commits keep are what counting finds: after crashes, cancelled counts, prepared transactions and promotion; and nobody
# waits for long.
use strict;
use warnings;
use Counts;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Steps;
use Test::More;

my $node = Counts::server('main');

is(Counts::known($node, 'm'), 't', 'the first metrics count');
is(Counts::known($node, 'n'), 't', 'those of each queue');
is(Counts::differences($node), '', 'counted at first');

# Something of everything.
$node->command_ok(Counts::workload($node, 20), 'a workload');
Counts::crash($node);
is(Counts::known($node, 'm'), 't', 'known after a crash');
is(Counts::differences($node), '', 'right after a crash');

# Whoever has the queue in hand for long is not waited for, nor counted wrongly.
Counts::crash($node);
my $holder = $node->background_psql('postgres');
$holder->query_safe(q{BEGIN; SELECT pgqrs.enqueue('m', '1'); SELECT count(*) FROM pgqrs.dequeue_batch('m', 3)});
is(Counts::known($node, 'm'), 'f', 'not known while somebody holds the queue');
is(Counts::differences($node), '', 'but counted');
is($node->safe_psql('postgres', q{SET lock_timeout = '1 ms'; SELECT pgqrs.enqueue('m', '1') > 0; SELECT NOT exact FROM pgqrs.queue_metrics('m')}), "t\nf", 'nobody waits, and nobody tries again at once');
$holder->query_safe('COMMIT');
ok(Counts::becomes_known($node), 'known again some time after');
is(Counts::differences($node), '', 'and right');
# By hand, too.
Counts::crash($node);
eval { $holder->quit };
$holder = $node->background_psql('postgres');
$holder->query_safe(q{BEGIN; DELETE FROM pgqrs.messages WHERE id = ANY (some_ids('m', 5))});
is(Counts::known($node, 'm'), 'f', 'not known while somebody changes messages by hand');
$holder->query_safe('COMMIT');
ok(Counts::becomes_known($node), 'known after that');
is(Counts::differences($node), '', 'and right after that');

# Counting that is cancelled, or ended with its session, in the middle.
for my $end ('cancel', 'terminate')
{
    $node->safe_psql('postgres', $Counts::forget);
    my $locker = $node->background_psql('postgres');
    $locker->query_safe(q{BEGIN; LOCK TABLE pgqrs.archive IN ACCESS EXCLUSIVE MODE});
    my $counter = $node->background_psql('postgres', on_error_stop => 0);
    # Until it is its turn to count, it counts without keeping the result.
    my $pid = Steps::block($node, $counter, q{SELECT pgqrs.queue_metrics('m')});
    $node->safe_psql('postgres', "SELECT pg_${end}_backend($pid)");
    $node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid AND wait_event_type = 'Lock'");
    $locker->query_safe('COMMIT');
    $locker->quit;
    eval { $counter->quit };
    ok(Counts::becomes_known($node), "$end: counted by the next");
    is(Counts::differences($node), '', "$end: right");
}

# A prepared transaction, over a restart.
$node->safe_psql('postgres', q{BEGIN; SELECT count(*) FROM pgqrs.pop('m', 10); PREPARE TRANSACTION 'p'});
is(Counts::differences($node), '', 'a prepared transaction changes nothing');
$node->restart;
is(Counts::known($node, 'm'), 'f', 'not known while it holds the queue');
is(Counts::differences($node), '', 'but counted');
$node->safe_psql('postgres', q{COMMIT PREPARED 'p'});
ok(Counts::becomes_known($node), 'known after its end');
is(Counts::differences($node), '', 'with what it did');

# TRUNCATE, with what other transactions do around it.
$node->safe_psql('postgres', q{SELECT pgqrs.archive('m', id) FROM pgqrs.dequeue('m'); BEGIN; SELECT pgqrs.enqueue('m', '1'); TRUNCATE pgqrs.archive, pgqrs.departures; COMMIT});
is(Counts::differences($node), '', 'right after TRUNCATE');
ok(Counts::becomes_known($node), 'known after TRUNCATE');
is(Counts::differences($node), '', 'still right');

# A standby counts; promoted, it knows.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
my $exact = q{SELECT exact FROM pgqrs.queue_metrics('m')};
is($standby->safe_psql('postgres', $exact), 't', 'a standby counts');
$node->stop;
$standby->promote;
is($standby->safe_psql('postgres', "$exact; SELECT differences() IS NULL"), "f\nt", 'promoted, it knows');
unlike(slurp_file($node->logfile) . slurp_file($standby->logfile), qr/was terminated by signal (?!9)|PANIC|TRAP/, 'nothing crashed of itself');

$standby->stop;
done_testing();
