# The engine reads the messages through indexes after many calls, whatever the planner knew about the table when it first planned.
# Shown by the plans of its statements and, as it delivers and finishes without any, by the table's counters.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION pgqrs});

my %calls = (
    dequeue => q{SELECT * FROM pgqrs.dequeue('q')},
    dequeue_batch => q{SELECT * FROM pgqrs.dequeue_batch('q', 10)},
    pop => q{SELECT * FROM pgqrs.pop('q', 2)},
    peek => q{SELECT * FROM pgqrs.peek('q', 2)},
    archive => q{SELECT pgqrs.archive('q', :id)},
    delete => q{SELECT pgqrs.delete('q', :id)},
    release => q{SELECT pgqrs.release('q', :id)},
    extend_visibility => q{SELECT pgqrs.extend_visibility('q', :id, '1 s')},
    archive_batch => q{SELECT pgqrs.archive_batch('q', ARRAY[:id, :id + 1])},
    delete_batch => q{SELECT pgqrs.delete_batch('q', ARRAY[:id, :id + 1])},
    release_batch => q{SELECT pgqrs.release_batch('q', ARRAY[:id, :id + 1])},
    next => q{SELECT * FROM pgqrs.next('q', ARRAY[:id, :id + 1], qty => 10)},
    get_message => q{SELECT * FROM pgqrs.get_message('q', :id)},
    list_messages => q{SELECT * FROM pgqrs.list_messages('q', :id, 10)});

# Ten calls of each, then the plans of the eleventh as auto_explain tells them; all in one session. Dies if the table was ever read as a whole.
sub plans
{
    my ($before, $between) = @_;
    my $script = "\\set id 0\n$before;\n" . join('', map { "$calls{$_};\n" x 10 } sort keys %calls);
    $script .= "$between;\nSELECT min(id) + 15000 AS id FROM pgqrs.messages \\gset\n";
    $script .= "SELECT pg_stat_force_next_flush();\nSELECT seq_scan AS before FROM pg_stat_user_tables WHERE relid = 'pgqrs.messages'::regclass \\gset\n";
    $script .= join('', map { "$calls{$_};\n" } sort keys %calls);
    $script .= "SELECT pg_stat_force_next_flush();\nSELECT seq_scan - :before AS seq_scans FROM pg_stat_user_tables WHERE relid = 'pgqrs.messages'::regclass \\gset\n\\warn ==seq_scans\n\\warn :seq_scans\n";
    $script .= "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; SET client_min_messages = log;\n";
    $script .= "\\warn ==$_\n$calls{$_};\n" for sort keys %calls;
    my ($out, $error) = ('', '');
    $node->psql('postgres', $script, stdout => \$out, stderr => \$error, on_error_die => 1);
    my @parts = split /^==(\w+)\n/m, $error;
    return @parts[ 1 .. $#parts ];
}

sub check_plans
{
    my ($when, $planned, %plans) = @_;
    is($plans{seq_scans}, "0\n", "$when: nothing reads the whole table");
    for my $call (@$planned)
    {
        # The caller's own statement is explained as well; the engine's is the one that reads the table.
        my @engine = grep { /pgqrs\.messages/ } split /^LOG:/m, $plans{$call};
        ok(@engine, "$when: $call has a plan");
        like("@engine", qr/Index (Only )?Scan using messages_\w+ on/, "$when: $call uses an index");
        unlike("@engine", qr/Seq Scan on|Bitmap/, "$when: $call reads nothing else");
    }
}

# All other calls walk the indexes without a statement, also on a table with triggers.
my @by_statement = qw(get_message list_messages);
my $fill = q{SELECT count(*) FROM (SELECT pgqrs.enqueue_batch('q', array_fill('{"some": "payload"}'::jsonb, ARRAY[10000])) FROM generate_series(1, 2)) AS s};
check_plans('analysed empty, planned, filled', \@by_statement, plans(q{SELECT pgqrs.create_queue('q'); ANALYZE pgqrs.messages}, $fill));
check_plans('planned full, not analysed', \@by_statement, plans('SELECT 1', 'SELECT 1'));
check_plans('analysed full', \@by_statement, plans('ANALYZE pgqrs.messages', 'SELECT 1'));

my $anew = q{DROP EXTENSION pgqrs; CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q')};
my $trigger = q{
    CREATE OR REPLACE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER nothing BEFORE UPDATE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION nothing()};
check_plans('never analysed', \@by_statement, plans($anew, $fill));
check_plans('with a trigger, analysed empty, planned, filled', \@by_statement, plans("$anew; $trigger; ANALYZE pgqrs.messages", $fill));
check_plans('with a trigger, analysed full', \@by_statement, plans('ANALYZE pgqrs.messages', 'SELECT 1'));

$node->stop;
done_testing();
