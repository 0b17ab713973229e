# The order of examples/sql, executed by the server, which crashes in the middle: each effect of each order happens once, also that of
# undoing it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('example');
$node->init;
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    restart_after_crash = on
    pgqrs.maintenance_interval = '500 ms'
});
$node->start;
for my $file ('workflows_schema.sql', 'sql/order_workflow.sql')
{
    $node->command_ok([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-f', "examples/$file", '-d', $node->connstr('postgres') ], $file);
}
# The server is busy with an order when it crashes.
$node->safe_psql('postgres', q{
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END';
    CREATE TRIGGER slow BEFORE INSERT ON effects FOR EACH ROW EXECUTE FUNCTION slow();
});

sub start
{
    my ($item, $approved, $seconds) = @_;
    my $run = $node->safe_psql('postgres', "SELECT run FROM pgqrs.start_workflow('order', '{\"item\": \"$item\", \"amount\": 7, \"seconds_to_pay\": $seconds}')");
    $node->safe_psql('postgres', "SELECT pgqrs.signal_run($run, 'approved', '{\"ok\": $approved}')");
    return $run;
}

sub crash
{
    my $busy = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pgqrs runner' AND wait_event = 'PgSleep' LIMIT 1};
    $node->poll_query_until('postgres', "SELECT EXISTS ($busy)") or die 'no order is under way';
    my $log = -s $node->logfile;
    my $pid = $node->safe_psql('postgres', $busy);
    kill 'KILL', $pid if $pid;
    $node->wait_for_log(qr/all server processes terminated; reinitializing/, $log) if $pid;
    $node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
}

my @shipped = map { start('book', 'true', 3600) } 1 .. 4;
my @refused = map { start('lamp', 'false', 3600) } 1 .. 2;
crash();
my @unpaid = map { start('lamp', 'true', 0.1) } 1 .. 2;
my @uncarried = map { start('piano', 'true', 3600) } 1 .. 2;
$node->safe_psql('postgres', "SELECT pgqrs.signal_run($_, 'paid')") for @shipped, @uncarried;
crash();
ok($node->poll_query_until('postgres', q{SELECT count(*) = 10 FROM pgqrs.runs WHERE final = 'succeeded'}), 'every order ends');
is($node->safe_psql('postgres', q{
        SELECT input ->> 'item', output ->> 'shipped', left(output ->> 'because', 8), count(*) FROM pgqrs.runs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3}),
    "book|true||4\nlamp|false|approval|2\nlamp|false|payment|2\npiano|false|new row |2", 'as it should');
is($node->safe_psql('postgres', q{SELECT string_agg(effect, ',' ORDER BY effect), count(DISTINCT run) FROM effects GROUP BY effect ORDER BY 1}),
    "release|6\nreserve|10\nship|4" =~ s/(\w+)\|(\d+)/join(',', ($1) x $2) . "|$2"/ger, 'each effect happened once');
is($node->safe_psql('postgres', 'SELECT sum(1000 - remaining), (SELECT count(*) FROM reservations), (SELECT count(*) FROM shipments), (SELECT count(*) FROM charges), (SELECT count(*) FROM refunds) FROM shelf'),
    '4|4|4|8|4', 'what was not shipped is on the shelf, and the money is back');
$node->stop;
done_testing();
