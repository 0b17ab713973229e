# The counts that commits keep are what counting finds, after a random workload and counted anew in the middle of one.
use strict;
use warnings;
use Counts;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;

my $node = Counts::server('main');

my $steps = Soak::steps(150);

# Nothing makes the counts unknown meanwhile: what is compared is what commits have added.
is(Counts::known($node, 'm') . Counts::known($node, 'n'), 'tt', 'counted at first');
$node->command_ok(Counts::workload($node, $steps), 'a workload');
is(Counts::known($node, 'm') . Counts::known($node, 'n'), 'tt', 'counts are known after it');
is(Counts::differences($node), '', 'they are right after it');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.messages}), '>', 2000, 'there were messages to count');

# Counted anew in the middle of it.
for my $round (1 .. 3)
{
    my @load = start_load();
    ok(under_load(\@load, q{SELECT count(*) > 5 FROM pg_stat_activity WHERE application_name = 'workload'}), "round $round: a workload is under way");
    $node->safe_psql('postgres', $Counts::forget);
    ok(under_load(\@load, $Counts::all_known), "round $round: counted in the middle of it");
    end_load(@load);
    is(Counts::known($node, 'm') . Counts::known($node, 'n'), 'tt', "round $round: counts are known after it");
    is(Counts::differences($node), '', "round $round: they are right after it");
}

unlike(slurp_file($node->logfile), qr/was terminated by signal|PANIC|TRAP/, 'nothing crashed');
$node->stop;
done_testing();

# The workload under way, and what it prints.
sub start_load
{
    my $output = '';
    my $load = IPC::Run::start(Counts::workload($node, $steps), '<', \undef, '>', \$output, '2>&1');
    return ($load, \$output);
}

sub end_load
{
    my ($load, $output) = @_;
    $load->finish or diag($$output);
    return;
}

# Waits until a query says so; a workload that has come to its end meanwhile is followed by the next.
sub under_load
{
    my ($load, $query) = @_;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    until ($node->safe_psql('postgres', $query) eq 't')
    {
        return 0 if time > $deadline;
        $load->[0]->pump_nb;
        next if $load->[0]->pumpable;
        end_load(@$load);
        @$load = start_load();
    }
    return 1;
}
