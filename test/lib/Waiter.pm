# For TAP tests: a session that runs one SQL command, such as one that waits, while the test goes on.
#
#   my $waiter = Waiter->start($node, $sql, SETTING => VALUE...);    runs it in autocommit, with these settings
#   $waiter->answer  waits for the end and returns the rows, or the error's severity and SQLSTATE; dies when it takes too long
#   $waiter->name    its application_name, waiter1, waiter2...
#   $waiter->pid     of the backend
#
#   Waiter::asleep($node, $count)    waits until so many sessions sleep until a message comes
#   Waiter::query($node, $sql)       what one session, kept for this, answers
#   Waiter::close($node)             ends that session
package Waiter;
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

my $count = 0;
my %sessions;

sub start
{
    my ($class, $node, $sql, %settings) = @_;
    my $name = 'waiter' . ++$count;
    my $self = bless { node => $node, name => $name, output => '' }, $class;
    local $ENV{PGOPTIONS} = join ' ', map { "-c $_=$settings{$_}" } sort keys %settings;
    $self->{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', '-c', $sql, $node->connstr('postgres') . " application_name=$name" ],
        '<', \undef, '>', \$self->{output}, '2>&1', IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
    return $self;
}

sub name { my ($self) = @_; return $self->{name}; }

sub pid { my ($self) = @_; return query($self->{node}, "SELECT pid FROM pg_stat_activity WHERE application_name = '$self->{name}'"); }

sub answer
{
    my ($self) = @_;
    $self->{run}->finish;
    my $answer = $self->{output};
    $answer =~ s/^LOCATION:.*\n//mg;
    $answer =~ s/^(FATAL|ERROR):  (\w+): .*/$1 $2/s;
    chomp $answer;
    return $answer;
}

sub query
{
    my ($node, $sql) = @_;
    $sessions{ $node->name } //= $node->background_psql('postgres');
    return $sessions{ $node->name }->query_safe($sql);
}

sub close
{
    my ($node) = @_;
    my $session = delete $sessions{ $node->name };
    $session->quit if $session;
    return;
}

sub asleep
{
    my ($node, $number) = @_;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    while (query($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event_type = 'Extension' AND wait_event IN ('Extension', 'PgqrsWait')}) != $number)
    {
        die "there are not $number sessions that wait" if time > $deadline;
        sleep 0.01;
    }
    return;
}

1;
