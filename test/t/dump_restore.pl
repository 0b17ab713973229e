# pg_dump and restore bring every queue, message, lease, archived message, count, grant and sequence value back, and the restored queue works. No
# dump prints a warning.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

$node->safe_psql('postgres', q{
    CREATE DATABASE origin;
    CREATE ROLE producer;
    CREATE ROLE consumer;
});
$node->safe_psql('origin', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('first', '1 h', 3, 'described');
    SELECT pgqrs.create_queue('dropped');
    SELECT pgqrs.create_queue('second');
    SELECT pgqrs.drop_queue('dropped');
    SELECT pgqrs.register_worker('first', 'w', 'host', 1, '{"a": 1}');
    SELECT pgqrs.enqueue_batch('first', '{1,2,3,4,5,6,7,8}', priority => 3, headers => array_fill('{"h": 1}'::jsonb, ARRAY[8]));
    SELECT pgqrs.enqueue('first', '"delayed"', '1 day', 0);
    SELECT pgqrs.enqueue('second', 'null');
    SELECT pgqrs.archive('first', id, 1) FROM pgqrs.dequeue_batch('first', 2);
    SELECT pgqrs.delete('first', id, 1) FROM pgqrs.dequeue('first');
    SELECT pgqrs.pop('first');
    SELECT pgqrs.dequeue('first', '2 h', worker => (SELECT id FROM pgqrs.workers));
    SELECT pgqrs.release('first', id, '1 h') FROM pgqrs.dequeue('first');
    SELECT pgqrs.enqueue('second', '2');
    SELECT pgqrs.purge_queue('second');
    SELECT pgqrs.enqueue('second', '"pending"');
    SELECT pgqrs.pause_queue('second');
    SELECT pgqrs.grant_queue('first', 'producer', 'produce');
    SELECT pgqrs.create_workflow('w', queue => 'runs');
    SELECT pgqrs.start_workflow('w', '{"n": 1}', idempotency_key => 'k', key_scope => 'forever');
    SELECT pgqrs.complete_step(run, read_ct, 'a', '"kept"') FROM pgqrs.claim_runs('runs');
    SELECT pgqrs.set_value(id, read_ct, 'v', '1') FROM pgqrs.messages WHERE vt > now() AND waiting_for IS NOT NULL;
    SELECT pgqrs.wait_signal(id, read_ct, 'go', 'go') FROM pgqrs.messages WHERE vt > now() AND waiting_for IS NOT NULL;
    SELECT pgqrs.emit_event('runs', 'day', '1');
    SELECT pgqrs.grant_queue('second', 'consumer', 'consume');
});

# Everything there is, in one text.
my $contents = join ';', map({ "SELECT '$_', * FROM pgqrs.$_ ORDER BY 2" } qw(queues workers messages archive workflows runs steps waits signals run_values events keys run_requests)),
    'SELECT * FROM pgqrs.list_grants()',
    'SELECT queue_id, sum(finished), sum(discarded) FROM pgqrs.departures GROUP BY 1 ORDER BY 1',
    map({ "SELECT '$_', last_value, is_called FROM pgqrs.${_}_id_seq" } qw(queues workers messages departures)),
    q{SELECT queue, pending, in_flight, delayed, archived, total_enqueued, total_finished FROM pgqrs.all_queues_metrics()};
my $original = $node->safe_psql('origin', $contents);
like($original, qr/"delayed".*described|described.*"delayed"/s, 'there is something to dump');

my $folder = $node->backup_dir;
mkdir $folder;

# Runs a command that must succeed and say nothing.
sub silently
{
    my ($command, $name) = @_;
    my ($out, $errors) = ('', '');
    local %ENV = $node->_get_env;
    ok(IPC::Run::run($command, '>', \$out, '2>', \$errors), "$name works");
    is($errors, '', "$name prints nothing to stderr");
}

sub check_restored
{
    my ($database, $how) = @_;
    is($node->safe_psql($database, $contents), $original, "$how brings everything back");
    # The data alone has no EXECUTE.
    $node->safe_psql($database, q{GRANT USAGE ON SCHEMA pgqrs TO producer; GRANT EXECUTE ON FUNCTION pgqrs.enqueue TO producer})
        if $how =~ /data-only/;
    is($node->safe_psql($database, q{BEGIN; SET ROLE producer; SELECT pgqrs.enqueue('first', '1') > 0; ROLLBACK}), 't', "$how: grants count");
    is(($node->psql($database, q{SET ROLE producer; SELECT pgqrs.enqueue('second', '1')}))[0], 3, "$how: on their queue only");
    my $run = $node->safe_psql($database, 'SELECT id FROM pgqrs.runs');
    is($node->safe_psql($database, qq{
            BEGIN;
            SELECT created, state FROM pgqrs.start_workflow('w', '{"n": 1}', idempotency_key => 'k');
            SELECT pgqrs.signal_run($run, 'go', '7');
            SELECT status, value FROM pgqrs.claim_runs('runs') AS c, LATERAL pgqrs.wait_signal(c.run, c.read_ct, 'go', 'go');
            SELECT jsonb_path_query_array(steps, '\$[*].output') FROM pgqrs.claim_runs('runs');
            ROLLBACK}), "f|waiting\nt\nready|7", "$how: the run goes on");
    is($node->safe_psql($database, 'SELECT * FROM pgqrs.verify()'), '', "$how: no fault in the installation");
    is($node->safe_psql($database, q{
            SELECT pgqrs.enqueue('first', '"new"') > (SELECT greatest((SELECT max(id) FROM pgqrs.archive), (SELECT max(id) FROM pgqrs.messages)));
            SELECT id > (SELECT max(id) FROM pgqrs.queues WHERE name <> 'third') FROM pgqrs.create_queue('third');
            SELECT pgqrs.register_worker('first', 'new') > (SELECT min(id) FROM pgqrs.workers);
        }), "t\nt\nt", "$how: new ids do not collide");
    is($node->safe_psql($database, q{
            SELECT payload, read_ct FROM pgqrs.dequeue_batch('first', 10);
            SET pgqrs.clock_offset = '150 min';
            SELECT payload, read_ct FROM pgqrs.dequeue_batch('first', 10) ORDER BY 1;
            SELECT pgqrs.archive('first', id, 2) FROM pgqrs.list_messages('first') WHERE payload = '5';
            SELECT * FROM pgqrs.dequeue('second');
        }), "7|1\n8|1\n\"new\"|1\n\"new\"|2\n5|2\n6|2\n7|2\n8|2\nt", "$how: pending ones are delivered, leases and delays go on");
}

silently([ 'pg_dump', '-Fc', '-f', "$folder/custom", $node->connstr('origin') ], 'pg_dump -Fc');
$node->safe_psql('postgres', 'CREATE DATABASE custom');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('custom'), "$folder/custom" ], 'pg_restore');
check_restored('custom', 'pg_restore');

silently([ 'pg_dump', '-Fd', '-j2', '-f', "$folder/directory", $node->connstr('origin') ], 'pg_dump -Fd -j2');
$node->safe_psql('postgres', 'CREATE DATABASE directory');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('directory'), "$folder/directory" ], 'pg_restore of the directory');
check_restored('directory', 'pg_restore of a directory');

silently([ 'pg_dump', '--inserts', '-f', "$folder/plain.sql", $node->connstr('origin') ], 'pg_dump --inserts');
$node->safe_psql('postgres', 'CREATE DATABASE plain');
$node->command_ok([ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$folder/plain.sql", $node->connstr('plain') ], 'psql');
check_restored('plain', 'a plain dump with --inserts');

# Data only, into a new installation. The extension's own schema is already there.
silently([ 'pg_dump', '--data-only', '-Fc', '-f', "$folder/data", $node->connstr('origin') ], 'pg_dump --data-only');
$node->safe_psql('postgres', 'CREATE DATABASE data');
$node->safe_psql('data', 'CREATE EXTENSION pgqrs');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '-d', $node->connstr('data'), "$folder/data" ], 'pg_restore --data-only');
check_restored('data', 'pg_restore --data-only');

# Where the role has another number the grant goes to that role. Where there is none it goes to nobody, also later.
$node->safe_psql('postgres', qq{DROP DATABASE $_}) for qw(custom directory plain data);
$node->safe_psql('origin', q{DROP OWNED BY producer, consumer});
$node->safe_psql('postgres', q{DROP ROLE producer; DROP ROLE consumer; CREATE ROLE producer});
$node->safe_psql('postgres', 'CREATE DATABASE others');
$node->safe_psql('others', 'CREATE EXTENSION pgqrs');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '-d', $node->connstr('others'), "$folder/data" ], 'pg_restore where roles are others');
is($node->safe_psql('others', 'SELECT role, valid FROM pgqrs.list_grants()'), "producer|t\nconsumer|f", 'the grant goes to the role of that name');
is($node->safe_psql('origin', 'SELECT role, valid FROM pgqrs.list_grants()'), "producer|f\nconsumer|f", 'without a restore, a role of the same name gets nothing');
$node->safe_psql('others', 'CREATE ROLE consumer');
is($node->safe_psql('others', 'SELECT role, valid FROM pgqrs.list_grants()'), "producer|t\nconsumer|f", 'a role that is made later gets nothing');

# All of the cluster.
silently([ 'pg_dumpall', '-f', "$folder/all.sql", '-d', $node->connstr('postgres') ], 'pg_dumpall');
silently([ 'pg_dumpall', '--schema-only', '--binary-upgrade', '-f', "$folder/upgrade.sql", '-d', $node->connstr('postgres') ], 'pg_dumpall for pg_upgrade');

$node->stop;
done_testing();
