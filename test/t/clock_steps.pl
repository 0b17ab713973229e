# The server's clock is set back and forth: a connection that dequeued before finds what comes after, deadlines and pauses last
# as long as they should, and who waits for a delay learns when it is over. In both modes, with libfaketime.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Waiter;

my ($library) = glob('/usr/lib/*/faketime/libfaketime.so.1');
plan skip_all => 'libfaketime is not installed' unless $library;

my $clock = PostgreSQL::Test::Utils::tempdir() . '/clock';

# The server's clock differs from the real one by so many seconds from now on.
sub set_clock
{
    my ($offset) = @_;
    # In one step: the server reads it at any time.
    open my $file, '>', "$clock.new" or die $!;
    printf $file "%+d\n", $offset;
    close $file;
    rename "$clock.new", $clock or die $!;
    return;
}

for my $mode ('plain', 'preload')
{
    set_clock(0);
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    # What finds a message in spite of a mistake must not come within the test.
    $node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
    $node->append_conf('postgresql.conf', "shared_preload_libraries = 'pgqrs'\npgqrs.rescan_interval = '1 d'\n") if $mode eq 'preload';
    {
        local $ENV{LD_PRELOAD} = $library;
        local $ENV{FAKETIME_TIMESTAMP_FILE} = $clock;
        local $ENV{FAKETIME_NO_CACHE} = 1;
        local $ENV{FAKETIME_DONT_FAKE_MONOTONIC} = 1;
        local $ENV{DONT_FAKE_MONOTONIC} = 1;
        $node->start;
    }
    my $sql = sub { return $node->safe_psql('postgres', $_[0]) };
    $sql->(q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q'), pgqrs.create_queue('idle')});
    my $consumer = $node->background_psql('postgres');
    # Until the consumer has a message; dies when that takes long.
    my $takes = sub {
        my $deadline = time + $PostgreSQL::Test::Utils::timeout_default / 4;
        while (time < $deadline)
        {
            my $payload = $consumer->query_safe(q{SELECT payload FROM pgqrs.dequeue('q', '1 h')});
            return $payload if $payload ne '';
            sleep 0.02;
        }
        return 'nothing';
    };

    $sql->(q{SELECT pgqrs.enqueue('q', '1')});
    is($takes->(), '1', "$mode: a message");
    is($consumer->query_safe(q{SELECT payload FROM pgqrs.dequeue('q')}), '', "$mode: and no other");

    set_clock(-600);
    $sql->(q{SELECT pgqrs.enqueue('q', '2')});
    is($takes->(), '2', "$mode: after a step back a new message is found by who dequeued before");

    my $waiter = Waiter->start($node, q{CALL pgqrs.wait('q', '100 s')});
    Waiter::asleep($node, 1);
    set_clock(-1200);
    $sql->(q{SELECT pgqrs.enqueue('q', '3')});
    is($waiter->answer, 't', "$mode: who sleeps during a step back is told of a message");
    is($takes->(), '3', "$mode: which can be taken");

    # A wait by the server's clock would take ten minutes more, longer than the test may.
    $waiter = Waiter->start($node, q{CALL pgqrs.wait('q', '3 s')});
    Waiter::asleep($node, 1);
    set_clock(-1800);
    is($waiter->answer, 'f', "$mode: CALL wait ends in time over a step back");
    $waiter = Waiter->start($node, q{SELECT count(*) FROM pgqrs.dequeue('q', wait => '3 s')});
    Waiter::asleep($node, 1);
    set_clock(-2400);
    is($waiter->answer, '0', "$mode: dequeue(wait) ends in time over a step back");

    $sql->(q{SELECT pgqrs.enqueue('q', '4', delay => '1 h')});
    $waiter = Waiter->start($node, q{SELECT payload FROM pgqrs.dequeue('q', '1 h', wait => '60 s')});
    Waiter::asleep($node, 1);
    set_clock(1800);
    is($waiter->answer, '4', "$mode: a step forward ends a delay for who sleeps");

    # Nobody spins: a process that sleeps uses hardly any of its time.
    $waiter = Waiter->start($node, q{CALL pgqrs.wait('idle', '60 s')});
    Waiter::asleep($node, 1);
    set_clock(7200);
    my $cpu = sub {
        my @fields = split ' ', slurp_file('/proc/' . $_[0] . '/stat') =~ s/.*\) //sr;
        return $fields[11] + $fields[12];
    };
    my $pid = $waiter->pid;
    my $before = $cpu->($pid);
    sleep 2;
    cmp_ok($cpu->($pid) - $before, '<', 100, "$mode: nobody spins after a step forward");
    Waiter::close($node);
    $consumer->quit;
    $node->stop('fast');
    $waiter->answer;
}
done_testing();
