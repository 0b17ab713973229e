# Nothing known about queues outlives the server: after a restart and after a crash of a backend no message is left behind, prepared transactions
# included, and what happens afterwards is heard of as before.
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my %settings = (
    plain => "pgqrs.rescan_interval = '200 ms'",
    preloaded => "shared_preload_libraries = 'pgqrs'\npgqrs.rescan_interval = '1 d'");

for my $mode (sort keys %settings)
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off\nmax_prepared_transactions = 5\nrestart_after_crash = on\n$settings{$mode}\n");
    $node->start;
    $node->safe_psql('postgres', q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q')});
    my %ends = (
        'a restart' => sub { $node->restart },
        'an immediate shutdown' => sub { $node->stop('immediate'); $node->start },
        'a crash of a backend' => sub { crash($node) });
    for my $end (sort keys %ends)
    {
        my $is = sub { is(take($node, $mode, @_[ 0, 1 ]), $_[0], "$mode, $end: $_[2]") };
        $node->safe_psql('postgres', q{
            SELECT pgqrs.purge_queue('q');
            SELECT pgqrs.enqueue('q', to_jsonb(m)) FROM generate_series(1, 4) AS m;
            BEGIN; SELECT pgqrs.dequeue('q', '2 h'); PREPARE TRANSACTION 'dequeued';
            BEGIN; SELECT pgqrs.dequeue('q', '2 h'); PREPARE TRANSACTION 'dequeued and undone';
            BEGIN; SELECT pgqrs.enqueue('q', '5'); PREPARE TRANSACTION 'enqueued';
            SELECT pgqrs.dequeue('q', '1 h');
        });
        my $lost = $node->background_psql('postgres');
        $lost->query_safe(q{BEGIN; SELECT pgqrs.dequeue('q', '2 h')});
        $node->safe_psql('postgres', q{SELECT pgqrs.enqueue('q', '6')});
        $is->('6', 0, 'what others have is not delivered');
        $ends{$end}->();
        eval { $lost->quit };
        $is->('4', 0, 'what was in the hands of a session is delivered');
        $node->safe_psql('postgres', q{ROLLBACK PREPARED 'dequeued and undone'; COMMIT PREPARED 'dequeued'});
        $is->('2', 0, 'so is what a prepared transaction gives back');
        $node->safe_psql('postgres', q{COMMIT PREPARED 'enqueued'});
        $is->('5', 0, 'and what one enqueued');
        $is->('3', 61, 'a lease from before ends');
        $is->('1', 121, 'so does one of a prepared transaction');
        my $late = $node->background_psql('postgres');
        $late->query_safe(q{BEGIN; SELECT pgqrs.enqueue('q', '7')});
        $node->safe_psql('postgres', q{SELECT pgqrs.enqueue('q', '8')});
        $is->('8', 0, 'messages come as before');
        $late->query_safe('COMMIT');
        $is->('7', 0, 'also late ones');
        $late->quit;
    }
    # Backends that were killed are in the log.
    unlike(slurp_file($node->logfile), qr/signal 11|signal 6|PANIC|TRAP/, "$mode: nothing crashed but what was killed");
    $node->stop;
}

done_testing();

sub crash
{
    my ($node) = @_;
    my $victim = $node->background_psql('postgres');
    $victim->query_safe(q{SELECT pgqrs.count_messages('q')});
    Crash::by_killing($node, $victim);
}

# The payloads a new session gets, its clock so many minutes ahead. Preloaded, the first call must get them.
sub take
{
    my ($node, $mode, $expected, $minutes) = @_;
    my $deadline = time + 10;
    my $got;
    do
    {
        $got = $node->safe_psql('postgres', "SET pgqrs.clock_offset = '$minutes min'; SELECT payload FROM pgqrs.dequeue_batch('q', 100, '9 h')");
    } until $got ne '' || $mode eq 'preloaded' || time > $deadline;
    return $got;
}
