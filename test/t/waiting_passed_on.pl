# Preloaded, a wake-up is not lost with the one who was woken: when it is cancelled or terminated before it has looked, the next one gets the message.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use Waiter;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pgqrs'\npgqrs.poll_interval = '1 min'\npgqrs.rescan_interval = '1 min'\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q')});

my %waits = (dequeue => q{SELECT payload FROM pgqrs.dequeue('q', '1 h', '60 s')}, wait => q{CALL pgqrs.wait('q', '60 s')});
my %answers = (dequeue => '1', wait => 't');
my %ends = (pg_cancel_backend => 'ERROR 57014', pg_terminate_backend => 'FATAL 57P01');

for my $end (sort keys %ends)
{
    for my $kind (sort keys %waits)
    {
        my $first = Waiter->start($node, $waits{$kind});
        Waiter::asleep($node, 1);
        my $second = Waiter->start($node, $waits{$kind});
        Waiter::asleep($node, 2);
        my $pid = $first->pid;
        # Woken and ended while it is stopped, so that it learns of both at once.
        kill 'STOP', $pid;
        my $began = time;
        Waiter::query($node, q{SELECT pgqrs.enqueue('q', '1')});
        Waiter::query($node, "SELECT $end($pid)");
        kill 'CONT', $pid;
        is($first->answer, $ends{$end}, "$end: $kind: the first one ends");
        is($second->answer, $answers{$kind}, "$end: $kind: the next one gets the message");
        cmp_ok(time - $began, '<', 20, sprintf '%s: %s: after %d ms', $end, $kind, 1000 * (time - $began));
        Waiter::query($node, q{SELECT pgqrs.purge_queue('q')});
    }
}

# Of two woken by two messages, the one who takes both leaves nothing for the other, which sleeps on and gets the third.
my $first = Waiter->start($node, q{SELECT count(*) FROM pgqrs.dequeue_batch('q', 10, '1 h', '60 s')});
Waiter::asleep($node, 1);
my $second = Waiter->start($node, q{SELECT payload FROM pgqrs.dequeue('q', '1 h', '60 s')});
Waiter::asleep($node, 2);
my $pid = $second->pid;
kill 'STOP', $pid;
Waiter::query($node, q{SELECT pgqrs.enqueue_batch('q', '{1,2}')});
is($first->answer, '2', 'one takes both');
kill 'CONT', $pid;
Waiter::asleep($node, 1);
Waiter::query($node, q{SELECT pgqrs.enqueue('q', '3')});
is($second->answer, '3', 'the other gets the next');

Waiter::close($node);
$node->stop;
done_testing();
