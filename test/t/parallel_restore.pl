# A parallel pg_restore, which fills the tables in any order, brings everything back every time.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE origin');

# The tables that refer to queues are the big ones, so that a job is still filling them when others are done.
$node->safe_psql('origin', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('q' || i) FROM generate_series(1, 20) AS i;
    SELECT pgqrs.register_worker(name, 'w') FROM pgqrs.queues;
    SELECT pgqrs.enqueue_batch(name, (SELECT array_agg(to_jsonb(repeat('x', i))) FROM generate_series(1, 300) AS i)) FROM pgqrs.queues;
    SELECT pgqrs.archive_batch(name, (SELECT array_agg(id) FROM pgqrs.dequeue_batch(name, 100))) FROM pgqrs.queues;
    SELECT pgqrs.pop(name, 10) FROM pgqrs.queues;
});
my $contents = join ';', map({ "SELECT '$_', count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM pgqrs.$_ AS t" } qw(queues workers messages archive departures)),
    map({ "SELECT '$_', last_value, is_called FROM pgqrs.${_}_id_seq" } qw(queues workers messages departures));
my $original = $node->safe_psql('origin', $contents);
like($original, qr/^messages\|3800\|/m, 'there is something to dump');

my $folder = $node->backup_dir . '/parallel';
mkdir $node->backup_dir;
$node->command_ok([ 'pg_dump', '-Fd', '-j2', '-f', $folder, $node->connstr('origin') ], 'pg_dump -Fd');

for my $round (1 .. 5)
{
    my $jobs = 1 + $round;
    $node->safe_psql('postgres', "CREATE DATABASE round$round");
    $node->command_ok([ 'pg_restore', '--exit-on-error', "-j$jobs", '-d', $node->connstr("round$round"), $folder ], "round $round: pg_restore -j$jobs");
    is($node->safe_psql("round$round", $contents), $original, "round $round brings everything back");
    is($node->safe_psql("round$round", q{SELECT * FROM pgqrs.verify(); SELECT count(*) FROM pgqrs.dequeue_batch('q7', 3)}), '3', "round $round: what was restored is sound");
}

# Data only, into a new installation, with the triggers off while it is filled.
$node->safe_psql('postgres', 'CREATE DATABASE data');
$node->safe_psql('data', 'CREATE EXTENSION pgqrs');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-j2', '--data-only', '--disable-triggers', '-d', $node->connstr('data'), $folder ], 'pg_restore --data-only --disable-triggers');
is($node->safe_psql('data', $contents), $original, 'data only brings everything back');
# (pg_restore turns all triggers of a table on in the plain way, also those that were on for replicas.)
is($node->safe_psql('data', 'SELECT DISTINCT kind, fault FROM pgqrs.verify()'), 'trigger|is enabled instead of enabled always', 'no trigger stays off');
$node->safe_psql('data', q{
    DO $$
    DECLARE
        command text;
    BEGIN
        FOR command IN
            SELECT format('ALTER TABLE pgqrs.%I ENABLE ALWAYS TRIGGER %I', split_part(object, '.', 2), split_part(object, '.', 3)) FROM pgqrs.verify()
        LOOP
            EXECUTE command;
        END LOOP;
    END $$});
is($node->safe_psql('data', 'SELECT * FROM pgqrs.verify()'), '', 'what verify() names can be put right');
is($node->safe_psql('data', q{SELECT count(*) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'pgqrs'::regnamespace AND tgenabled = 'D'}), '0', 'none is off');
$node->safe_psql('data', 'ALTER TABLE pgqrs.queues DISABLE TRIGGER queues_changed');
is($node->safe_psql('data', 'SELECT object, fault FROM pgqrs.verify()'), 'pgqrs.queues.queues_changed|disabled', 'one that is off is a fault');

$node->stop;
done_testing();
