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
        SELECT pgqrs.create_queue('loud', notify => true), pgqrs.create_queue('quiet');
    });

    # psql prints what it has been told after each statement.
    my $told = sub {
        my ($work, $expected) = @_;
        my $script = qq{LISTEN "pgqrs.loud"; LISTEN "pgqrs.quiet";\n$work\n};
        $script .= "SELECT pg_sleep(0.1);\n" x ($expected ? 30 : 10);
        my $out = $node->safe_psql('d', $script);
        my @channels = $out =~ /notification "(pgqrs\.\w+)"/g;
        return @channels;
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

    my $began = time();
    $node->safe_psql('postgres', 'DROP DATABASE d');
    cmp_ok(time() - $began, '<', 6, "$mode: the database can be dropped");
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, "$mode: nothing crashed");
    $node->stop;
}
done_testing();
