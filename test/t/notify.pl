# A queue with notify sends NOTIFY for messages that can be delivered, once for many, and nothing after a rollback; it does not keep its database from being dropped.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

for my $mode ('plain', 'preloaded')
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off");
    $node->append_conf('postgresql.conf', "shared_preload_libraries = 'pgqrs'") if $mode eq 'preloaded';
    $node->start;
    $node->safe_psql('postgres', 'CREATE DATABASE d');
    $node->safe_psql('d', q{
        CREATE EXTENSION pgqrs;
        SELECT pgqrs.create_queue('loud', notify => true), pgqrs.create_queue('quiet'), pgqrs.create_queue('marker', notify => true);
    });

    my $listener = $node->background_psql('d');
    $listener->query_safe(q{LISTEN "pgqrs.loud"; LISTEN "pgqrs.quiet"; LISTEN "pgqrs.marker"});
    my @heard;
    my $hears = sub {
        my ($channel, $times) = @_;
        my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
        until ((grep { $_ eq $channel } @heard) >= $times)
        {
            die "$mode: no notification on $channel" if time > $deadline;
            # psql prints what it has been told after each statement.
            push @heard, $listener->query_safe('SELECT pg_sleep(0.01)') =~ /notification "(pgqrs\.\w+)"/g;
        }
    };

    # What is told of some work. Who sends notifications may be in the middle of a round when the first marker comes: when the
    # second one is heard, all that came before the first has been sent.
    my $told = sub {
        my ($work, $expected) = @_;
        @heard = ();
        $node->safe_psql('d', $work);
        $hears->('pgqrs.loud', 1) if $expected;
        for my $times (1, 2)
        {
            $node->safe_psql('d', q{SELECT pgqrs.enqueue('marker', '1')});
            $hears->('pgqrs.marker', $times);
        }
        return grep { $_ ne 'pgqrs.marker' } @heard;
    };

    is_deeply([ $told->(q{SELECT pgqrs.enqueue('loud', '1');}, 1) ], ['pgqrs.loud'], "$mode: a message");
    is_deeply([ $told->(q{SELECT pgqrs.enqueue_batch('loud', ARRAY(SELECT '1'::jsonb FROM generate_series(1, 500)));}, 1) ], ['pgqrs.loud'], "$mode: one for a batch");
    is_deeply([ $told->(q{SELECT pgqrs.release('loud', id) FROM pgqrs.dequeue('loud');}, 1) ], ['pgqrs.loud'], "$mode: a message that is released");
    is_deeply([ $told->(q{SELECT pgqrs.enqueue('quiet', '1');}, 0) ], [], "$mode: not for a queue without notify");
    is_deeply([ $told->(q{SELECT pgqrs.enqueue('loud', '1', delay => '1 h');}, 0) ], [], "$mode: not for a delayed message");
    is_deeply([ $told->(q{BEGIN; SELECT pgqrs.enqueue('loud', '1'); ROLLBACK;}, 0) ], [], "$mode: not after a rollback");
    is_deeply([ $told->(q{BEGIN; SAVEPOINT a; SELECT pgqrs.enqueue('loud', '1'); ROLLBACK TO a; COMMIT;}, 0) ], [], "$mode: not after a rollback to a savepoint");
    is_deeply([ $told->(q{SELECT pgqrs.alter_queue('loud', notify => false); SELECT pgqrs.enqueue('loud', '1');}, 0) ], [], "$mode: not when it is turned off");

    my (undef, undef, $error) = $node->psql('d', q{SELECT pgqrs.create_queue(repeat('q', 58), notify => true)}, on_error_stop => 0);
    like($error, qr/too long for notify/, "$mode: a name that leaves no room for the channel's prefix is refused");

    $listener->quit;
    # It waits five seconds for others to leave, then refuses.
    is($node->psql('postgres', 'DROP DATABASE d'), 0, "$mode: the database can be dropped");
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, "$mode: nothing crashed");
    $node->stop;
}
done_testing();
