# Whatever ends a statement or the server ends a wait at once; those who wait keep nobody from dropping the queue or the extension, which ends their wait, too.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use Waiter;

my @waits = (q{SELECT * FROM pgqrs.dequeue('q', wait => '60 s')}, q{CALL pgqrs.wait('q', '1 h')});
my $all = q{FROM pg_stat_activity WHERE application_name LIKE 'waiter%'};

for my $mode ('plain', 'preload')
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off\npgqrs.rescan_interval = '1 min'\n" . ($mode eq 'preload' ? "shared_preload_libraries = 'pgqrs'\npgqrs.poll_interval = '1 min'\n" : ''));
    $node->start;

    my $ends = sub {
        my ($what, $answer, $end, %settings) = @_;
        $node->safe_psql('postgres', q{CREATE EXTENSION IF NOT EXISTS pgqrs; SELECT pgqrs.create_queue('q', if_not_exists => true)});
        my @waiters = map { Waiter->start($node, $_, %settings) } @waits, @waits;
        Waiter::asleep($node, 4);
        Waiter::close($node);
        my $began = time;
        $end->();
        my $returned = time;
        is_deeply([ map { $_->answer } @waiters ], [ ($answer) x 4 ], "$mode: $what ends all");
        cmp_ok($returned - $began, '<', 20, sprintf '%s: %s is not held up: %d ms', $mode, $what, 1000 * ($returned - $began));
        cmp_ok(time - $returned, '<', 20, sprintf '%s: %s: all ended %d ms after it', $mode, $what, 1000 * (time - $returned));
    };
    my $sql = sub { my ($query) = @_; return sub { $node->safe_psql('postgres', "SET statement_timeout = '30 s'; $query") } };

    $ends->('pg_cancel_backend', 'ERROR 57014', $sql->("SELECT pg_cancel_backend(pid) $all"));
    $ends->('statement_timeout', 'ERROR 57014', sub { }, statement_timeout => '2s');
    $ends->('pg_terminate_backend', 'FATAL 57P01', $sql->("SELECT pg_terminate_backend(pid) $all"));
    $ends->('drop_queue', 'ERROR PQ002', $sql->(q{SELECT pgqrs.drop_queue('q')}));
    $ends->('DELETE of the queue', 'ERROR PQ002', $sql->(q{DELETE FROM pgqrs.queues}));
    $ends->('renaming the queue', 'ERROR PQ002', $sql->(q{UPDATE pgqrs.queues SET name = 'other'}));
    $ends->('DROP EXTENSION', 'ERROR 42P01', $sql->(q{DROP EXTENSION pgqrs}));
    # Without shared memory they look for it while it is being dropped.
    $ends->('DROP EXTENSION in a transaction', 'ERROR 42P01', $sql->(q{BEGIN; DROP EXTENSION pgqrs; SELECT pg_sleep(0.5); COMMIT}));
    $ends->('a fast shutdown', 'FATAL 57P01', sub { $node->stop('fast') });
}
done_testing();
