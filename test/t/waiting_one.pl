# Preloaded, one message ends the wait of one consumer, and n of n: the others sleep on.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Waiter;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pgqrs'\npgqrs.poll_interval = '1 min'\npgqrs.rescan_interval = '1 min'\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q')});

my @waiters;

# Waits until so many have ended; looks twenty times more whether others follow, and returns the answers.
sub ended
{
    my ($number) = @_;
    my $left = @waiters - $number;
    Waiter::asleep($node, $left);
    my @counts = map { Waiter::query($node, q{SELECT count(pg_sleep(0.01)) FROM pg_stat_activity WHERE application_name LIKE 'waiter%' AND state = 'active'}) } 1 .. 20;
    is($counts[-1], $left, "$left of " . @waiters . ' sleep on');
    my %asleep = map { $_ => 1 } split /\n/, Waiter::query($node, q{SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'waiter%' AND state = 'active'});
    my @ended = grep { !$asleep{ $_->name } } @waiters;
    @waiters = grep { $asleep{ $_->name } } @waiters;
    return sort map { $_->answer } @ended;
}

# Ends those who are left.
sub cancel
{
    Waiter::query($node, q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'waiter%'});
    is_deeply([ map { $_->answer } @waiters ], [ ('ERROR 57014') x @waiters ], @waiters . ' waited all the time');
    @waiters = ();
    return;
}

# The procedure delivers nothing, so that every other would see the message, too, if it looked.
for my $back ('ROLLBACK TO s', 'ROLLBACK')
{
    my $other = $node->background_psql('postgres');
    $other->query_safe(q{SELECT pgqrs.enqueue_batch('q', '{1,2}'); BEGIN; SAVEPOINT s; SELECT pgqrs.dequeue_batch('q', 2, '1 h')});
    push @waiters, Waiter->start($node, q{CALL pgqrs.wait('q', '60 s')}) for 1 .. 4;
    Waiter::asleep($node, 4);
    $other->query_safe($back);
    is_deeply([ ended(2) ], [ 't', 't' ], "wait: $back with two messages ends two");
    $other->quit;
    is(Waiter::query($node, q{SELECT count(*) FROM pgqrs.dequeue_batch('q', 10, '1 h')}), '2', 'which deliver them');
    cancel();
}
push @waiters, Waiter->start($node, q{CALL pgqrs.wait('q', '60 s')}) for 1 .. 10;
Waiter::asleep($node, 10);
Waiter::query($node, q{SELECT pgqrs.enqueue('q', '1')});
is_deeply([ ended(1) ], ['t'], 'wait: one message ends one');
is(Waiter::query($node, q{SELECT payload FROM pgqrs.dequeue('q', '1 h')}), '1', 'which delivers it');
Waiter::query($node, q{SELECT pgqrs.enqueue_batch('q', '{1,2,3}')});
is_deeply([ ended(3) ], [ 't', 't', 't' ], 'wait: a batch of three ends three');
is(Waiter::query($node, q{SELECT count(*) FROM pgqrs.dequeue_batch('q', 10, '1 h')}), '3', 'which deliver it');
Waiter::query($node, q{SELECT pgqrs.enqueue('q', '1', '100 ms')});
is_deeply([ ended(1) ], ['t'], 'wait: one that becomes due ends one');
is(Waiter::query($node, q{SELECT payload FROM pgqrs.dequeue('q', '100 ms')}), '1', 'which delivers it');
is_deeply([ ended(1) ], ['t'], 'wait: one whose lease ends, one');
Waiter::query($node, q{SELECT pgqrs.pop('q', 10)});

# Who was told of a message and does not come leaves it to the next, after a while.
cancel();
@waiters = map { Waiter->start($node, q{CALL pgqrs.wait('q', '60 s')}, 'pgqrs.poll_interval' => '50ms') } 1 .. 3;
Waiter::asleep($node, 3);
Waiter::query($node, q{SELECT pgqrs.enqueue('q', '1')});
is_deeply([ map { $_->answer } @waiters ], [ 't', 't', 't' ], 'wait: a message that nobody takes is told to the next');
Waiter::query($node, q{SELECT pgqrs.pop('q', 10)});

@waiters = map { Waiter->start($node, q{SELECT payload FROM pgqrs.dequeue('q', '1 h', '60 s')}) } 1 .. 6;
Waiter::asleep($node, 6);
Waiter::query($node, q{SELECT pgqrs.enqueue('q', '1')});
is_deeply([ ended(1) ], ['1'], 'dequeue: one message ends one');
Waiter::query($node, q{SELECT pgqrs.enqueue_batch('q', '{2,3}')});
is_deeply([ ended(2) ], [ '2', '3' ], 'dequeue: a batch of two ends two');
Waiter::query($node, q{SELECT pgqrs.enqueue_batch('q', '{4,5,6}', '100 ms')});
is_deeply([ ended(3) ], [ '4', '5', '6' ], 'dequeue: three that become due at once end three');

Waiter::close($node);
$node->stop;
done_testing();
