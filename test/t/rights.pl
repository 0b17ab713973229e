# Whoever waits for a message by a grant needs the grant when the message comes, and the wait of a member of the role ends as that of any other.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Waiter;

for my $mode ('', "shared_preload_libraries = 'pgqrs'")
{
    my $name = $mode ? 'preloaded' : 'plain';
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init;
    $node->append_conf('postgresql.conf', "$mode\npgqrs.poll_interval = '20 ms'\nfsync = off\n");
    $node->start;
    $node->safe_psql('postgres', q{
        CREATE EXTENSION pgqrs;
        CREATE ROLE consumers;
        CREATE ROLE worker IN ROLE consumers;
        SELECT pgqrs.create_queue('q');
        SELECT pgqrs.grant_queue('q', 'consumers', 'consume');
    });
    for my $wait (q{SELECT payload FROM pgqrs.dequeue('q', wait => '60 s')}, q{CALL pgqrs.wait('q', '60 s')})
    {
        my $waiter = Waiter->start($node, $wait, role => 'worker');
        Waiter::asleep($node, 1);
        Waiter::query($node, q{SELECT pgqrs.enqueue('q', '1')});
        like($waiter->answer, qr/^(1|t)$/, "$name: with the grant, a message ends $wait");
        Waiter::query($node, q{SELECT pgqrs.purge_queue('q')});

        $waiter = Waiter->start($node, $wait, role => 'worker');
        Waiter::asleep($node, 1);
        Waiter::query($node, q{SELECT pgqrs.grant_queue('q', 'worker', 'produce')});
        Waiter::query($node, q{SELECT pgqrs.revoke_queue('q', 'consumers', 'consume')});
        Waiter::query($node, q{SELECT pgqrs.enqueue('q', '2')});
        is($waiter->answer, 'ERROR 42501', "$name: after a revoke it does not");
        is(Waiter::query($node, q{SELECT payload, read_ct FROM pgqrs.pop('q')}), '2|1', "$name: the message is left to others");
        Waiter::query($node, q{SELECT pgqrs.grant_queue('q', 'consumers', 'consume')});
    }
    Waiter::close($node);
    $node->stop;
}
done_testing();
