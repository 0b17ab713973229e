# A queue with notify sends NOTIFY for messages that can be delivered, once for many, and nothing after a rollback; it
# does not keep its database from being dropped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Listener;

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
        SELECT pgqrs.create_queue('fence', notify => true);
    });
    my $listener = Listener->start($node, 'd', qw(loud quiet fence));
    my $told = sub {
        my ($work, $expected, $what) = @_;
        $node->safe_psql('d', $work);
        $node->safe_psql('d', q{SELECT pgqrs.enqueue('fence', '1')});
        is_deeply([ $listener->told('fence') ], [ 'fence', @$expected ], "$mode: $what");
    };

    $told->(q{SELECT pgqrs.enqueue('loud', '1')}, ['loud'], 'a message');
    $told->(q{SELECT pgqrs.enqueue_batch('loud', ARRAY(SELECT '1'::jsonb FROM generate_series(1, 500)))},
        ['loud'], 'one for a batch');
    $told->(q{SELECT pgqrs.release('loud', id) FROM pgqrs.dequeue('loud')}, ['loud'], 'a message that is released');
    $told->(q{SELECT pgqrs.enqueue('quiet', '1')}, [], 'not for a queue without notify');
    $told->(q{SELECT pgqrs.enqueue('loud', '1', delay => '1 h')}, [], 'not for a delayed message');
    $told->(q{BEGIN; SELECT pgqrs.enqueue('loud', '1'); ROLLBACK}, [], 'not after a rollback');
    $told->(q{BEGIN; SAVEPOINT a; SELECT pgqrs.enqueue('loud', '1'); ROLLBACK TO a; COMMIT},
        [], 'not after a rollback to a savepoint');
    $told->(q{SELECT pgqrs.alter_queue('loud', notify => false); SELECT pgqrs.enqueue('loud', '1')},
        [], 'not when it is turned off');

    my ($status, undef, $error) = $node->psql('d', q{SELECT pgqrs.create_queue(repeat('q', 58), notify => true)},
        extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    like($error, qr/ PQ004: .*too long for notify/, "$mode: a name that leaves no room for the prefix is refused");

    # PostgreSQL waits five seconds for others to leave.
    $listener->close;
    is($node->psql('postgres', 'DROP DATABASE d'), 0, "$mode: the database can be dropped");
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, "$mode: nothing crashed");
    $node->stop;
}
done_testing();
