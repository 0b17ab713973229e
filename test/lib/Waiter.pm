# For TAP tests: a session that runs one SQL command, such as one that waits, while the test goes on.
#
#   my $waiter = Waiter->start($node, $sql, SETTING => VALUE...);    runs it in autocommit, with these settings
#   Waiter::asleep($node, $count)    waits until so many sessions sleep until a message comes
#   $waiter->ends    true when it has ended
#   $waiter->answer  waits for the end and returns rows or error with its SQLSTATE; dies when it takes too long
#   $waiter->pid     of the backend
package Waiter;
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;

my $count = 0;

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

sub asleep
{
    my ($node, $number) = @_;
    $node->poll_query_until('postgres', "SELECT count(*) = $number FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND wait_event IN ('Extension', 'PgqrsWait')")
        or die "there are not $number sessions that wait";
}

sub ends { my ($self) = @_; return !$self->{run}->pumpable || do { $self->{run}->pump_nb; !$self->{run}->pumpable }; }

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

sub pid { my ($self) = @_; return $self->{node}->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE application_name = '$self->{name}'"); }

1;
