# For TAP tests of what sessions do in turn: a case is a list of steps.
#
#   Steps::run($node, $queue, $at_once, STEP => WHAT, ...)    takes the steps in a new queue; what was not as it should be, or ''
#   Steps::block($node, $session, $sql)    starts SQL in a background_psql session and returns when it waits for a lock: its pid
#
# The steps call the queue 'q':
#   a, b => SQL              one of two sessions runs it
#   a_waits, b_waits => SQL  starts it and goes on when it waits for a lock
#   a_done => ''             waits until it has ended
#   a_fails, b_fails => X    the same, and the SQLSTATE is X
#   take => 'x y'            another session, which dequeues all it can get for nine hours, gets just these payloads, in this order:
#                            at once, with $at_once, or after some more calls
#   soon => 'x'              as take, but never at once: for what was passed because somebody had only locked it
#   a_takes, b_takes => 'x'  as take, by one of the two
#   other => 'x'             as take, from queue 'other'
#   clock => '2 h'           from here on the clock of the session that takes is so much ahead
#   cancel, terminate => 'a' cancels what a session runs, ends a session
package Steps;
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

sub run
{
    my ($node, $queue, $at_once, @steps) = @_;
    my (%sessions, %pids);
    my $session = sub { $sessions{ $_[0] } //= $node->background_psql('postgres', on_error_stop => 0) };
    $node->safe_psql('postgres', "SELECT pgqrs.create_queue('$queue')");
    my $wrong = '';
    while (my ($step, $what) = splice @steps, 0, 2)
    {
        $what =~ s/'q'/'$queue'/g;
        if ($step =~ /^(?:(\w)_takes|take|soon|other)$/)
        {
            my $got = take($session->($1 // 'taker'), $at_once && $step ne 'soon', $step eq 'other' ? 'other' : $queue, $what);
            $wrong .= "got '$got' for '$what'; " if $got ne $what;
        }
        elsif ($step eq 'clock')
        {
            $session->('taker')->query_safe("SET pgqrs.clock_offset = '$what'");
        }
        elsif ($step eq 'cancel')
        {
            $node->safe_psql('postgres', "SELECT pg_cancel_backend($pids{$what})");
        }
        elsif ($step eq 'terminate')
        {
            my $pid = $session->($what)->query_safe('SELECT pg_backend_pid()') + 0;
            $node->safe_psql('postgres', "SELECT pg_terminate_backend($pid, 10000)");
            eval { delete($sessions{$what})->quit };
        }
        elsif ($step =~ /^(\w)_waits$/)
        {
            $pids{$1} = block($node, $session->($1), $what);
        }
        elsif ($step =~ /^(\w)_(done|fails)$/)
        {
            my ($state) = $session->($1)->query('\echo SQLSTATE :LAST_ERROR_SQLSTATE') =~ /^SQLSTATE (\w{5})$/m;
            $wrong .= "got SQLSTATE $state for '$what'; " if $state ne ($what || '00000');
            $session->($1)->{stderr} = '' if $step =~ /^(\w)_fails$/;
        }
        else
        {
            $session->($step)->query_safe($what);
        }
    }
    $_->quit for values %sessions;
    return $wrong;
}

sub block
{
    my ($node, $session, $sql) = @_;
    my $pid = $session->query_safe('SELECT pg_backend_pid()') + 0;
    $session->query_until(qr/started/, "\\echo started\n$sql;\n");
    $node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid")
        or die "does not wait: $sql";
    return $pid;
}

# The payloads a session gets.
sub take
{
    my ($session, $at_once, $queue, $expected) = @_;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    my @got;
    while (1)
    {
        push @got, split /\n/, $session->query_safe("SELECT payload FROM pgqrs.dequeue_batch('$queue', 100, '9 h')");
        last if $at_once || @got >= split(/ /, $expected) || time > $deadline;
        sleep 0.02;
    }
    return "@got";
}

1;
