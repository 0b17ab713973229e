# For TAP tests: a session that listens on the channels of queues.
#
#   my $listener = Listener->start($node, $database, $queue...)
#   $listener->told($queue)   waits until it is told of that queue, and returns the queues it was told of since the
#                             last call, sorted, each as often as that was; dies when it takes too long
#   $listener->close
#
# A test that it is not told of a queue uses a second one: what was committed before is told before, or with it.
package Listener;
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

sub start
{
    my ($class, $node, $database, @queues) = @_;
    my $session = $node->background_psql($database);
    $session->query_safe(qq{LISTEN "pgqrs.$_"}) for @queues;
    return bless { session => $session }, $class;
}

sub told
{
    my ($self, $queue) = @_;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    my @told;
    until (grep { $_ eq $queue } @told)
    {
        die "nothing was told of $queue" if time > $deadline;
        my $output = $self->{session}->query_safe('SELECT pg_sleep(0.02)');
        push @told, $output =~ /notification "pgqrs\.(\w+)"/g;
    }
    return sort @told;
}

sub close { my ($self) = @_; $self->{session}->quit; return; }

1;
