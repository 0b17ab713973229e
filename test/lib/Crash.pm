# For TAP tests: a crash of the server by the death of one session.
#
#   Crash::by_killing($node, $session)   kill -9 of a background_psql session's backend; returns when the server is up again
package Crash;
use strict;
use warnings;

# The server takes a moment to see that a process of its own died and answers queries until then: its log tells when
# that is over.
sub by_killing
{
    my ($node, $session) = @_;
    my ($pid) = $session->query_safe('SELECT pg_backend_pid()') =~ /(\d+)/;
    my $log = -s $node->logfile;
    kill 'KILL', $pid;
    eval { $session->quit };
    $node->wait_for_log(qr/all server processes terminated; reinitializing/, $log);
    $node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
}

1;
