# Whoever waits gets a message as soon as it can be delivered, whatever it is that makes it so. Preloaded, by being woken: polls and rescans are rarer than the test waits.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use Waiter;

# What makes a message deliverable that is not at first. Each step is SQL in a session of its own, one after the other; what comes before the wait is separated by '|'.
my %events = (
    commit => [ '|', q{SELECT pgqrs.enqueue('q', '1')} ],
    'commit of a transaction' => [ '|', q{BEGIN; SELECT pgqrs.enqueue('q', '1'); SELECT pg_sleep(0.05); COMMIT} ],
    'commit of a savepoint' => [ '|', q{BEGIN; SAVEPOINT s; SELECT pgqrs.enqueue('q', '1'); RELEASE s; COMMIT} ],
    'commit of an early message' => [ q{BEGIN; SELECT pgqrs.enqueue('q', '1')}, '|', 'COMMIT' ],
    'an INSERT by hand' => [ '|', q{INSERT INTO pgqrs.messages (queue_id, payload) SELECT id, '1' FROM pgqrs.queues WHERE name = 'q'} ],
    'an UPDATE by hand' => [ q{SELECT pgqrs.enqueue('q', '1', '1 h')}, '|', 'UPDATE pgqrs.messages SET available_at = now()' ],
    release => [ q{SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.dequeue('q', '1 h')}, '|', q{SELECT pgqrs.release('q', max(id)) FROM pgqrs.messages} ],
    'release_batch' => [ q{SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.dequeue('q', '1 h')}, '|', q{SELECT pgqrs.release_batch('q', array_agg(id)) FROM pgqrs.messages} ],
    'rollback of a delivery' => [ q{SELECT pgqrs.enqueue('q', '1'); BEGIN; SELECT pgqrs.dequeue('q', '1 h')}, '|', 'ROLLBACK' ],
    'rollback of a pop' => [ q{SELECT pgqrs.enqueue('q', '1'); BEGIN; SELECT pgqrs.pop('q')}, '|', 'ROLLBACK' ],
    'rollback to a savepoint' => [ q{SELECT pgqrs.enqueue('q', '1'); BEGIN; SAVEPOINT s; SELECT pgqrs.dequeue('q', '1 h')}, '|', 'ROLLBACK TO s' ],
    'the end of a consumer' => [ q{SELECT pgqrs.enqueue('q', '1'); BEGIN; SELECT pgqrs.dequeue('q', '1 h')}, '|',
        q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'} ],
    'a delay that passes' => [ '|', q{SELECT pgqrs.enqueue('q', '1', '200 ms')} ],
    'a delay that was there' => [ q{SELECT pgqrs.enqueue('q', '1', '200 ms')}, '|' ],
    'a release with delay' => [ q{SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.dequeue('q', '1 h')}, '|', q{SELECT pgqrs.release('q', max(id), '200 ms') FROM pgqrs.messages} ],
    'the end of a lease' => [ q{SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.dequeue('q', '200 ms')}, '|' ],
    'the end of a lease that was long' => [ q{SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.dequeue('q', '1 h')}, '|', q{SELECT pgqrs.extend_visibility('q', max(id), '200 ms') FROM pgqrs.messages} ],
    resume_queue => [ q{SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.pause_queue('q')}, '|', q{SELECT pgqrs.resume_queue('q')} ],
    'more deliveries' => [ q{SELECT pgqrs.alter_queue('q', max_deliveries => 1); SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.dequeue('q', '1 ms')}, '|',
        q{SELECT pgqrs.alter_queue('q', max_deliveries => 2)} ],
    'COMMIT PREPARED' => [ q{BEGIN; SELECT pgqrs.enqueue('q', '1'); PREPARE TRANSACTION 'p'}, '|', q{COMMIT PREPARED 'p'} ],
    'ROLLBACK PREPARED' => [ q{SELECT pgqrs.enqueue('q', '1'); BEGIN; SELECT pgqrs.dequeue('q', '1 h'); PREPARE TRANSACTION 'p'}, '|', q{ROLLBACK PREPARED 'p'} ]);
my %waits = (dequeue => q{SELECT payload FROM pgqrs.dequeue('q', wait => '60 s')}, wait => q{CALL pgqrs.wait('q', '60 s')});
my %answers = (dequeue => '1', wait => 't');

for my $mode ('plain', 'preload')
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf', "max_prepared_transactions = 5\nfsync = off\n");
    $node->append_conf('postgresql.conf', $mode eq 'preload'
        ? "shared_preload_libraries = 'pgqrs'\npgqrs.poll_interval = '1 min'\npgqrs.rescan_interval = '1 min'\n"
        : "session_preload_libraries = 'pgqrs'\npgqrs.poll_interval = '20 ms'\npgqrs.rescan_interval = '20 ms'\n");
    $node->start;
    $node->safe_psql('postgres', 'CREATE EXTENSION pgqrs');

    my $other;
    for my $event (sort keys %events)
    {
        for my $kind (sort keys %waits)
        {
            Waiter::query($node, q{SELECT pgqrs.drop_queue(name, true) FROM pgqrs.list_queues(); SELECT pgqrs.create_queue('q')});
            $other //= $node->background_psql('postgres', on_error_stop => 0);
            my ($waiter, $began);
            for my $step (@{ $events{$event} })
            {
                if ($step eq '|')
                {
                    $waiter = Waiter->start($node, $waits{$kind});
                    Waiter::asleep($node, 1) unless $event =~ /the end of a lease$|that was there/;
                    $began = time;
                }
                elsif ($event eq 'the end of a consumer' && $began)
                {
                    Waiter::query($node, $step);
                }
                else
                {
                    $other->query($step);
                }
            }
            is($waiter->answer, $answers{$kind}, "$mode: $kind, $event");
            cmp_ok(time - $began, '<', 20, sprintf '%s: %s, %s: after %d ms', $mode, $kind, $event, 1000 * (time - $began));
            $event eq 'the end of a consumer' ? undef $other : $other->query('ROLLBACK');
        }
    }
    $other->quit;
    Waiter::close($node);
    $node->stop;
}
done_testing();
