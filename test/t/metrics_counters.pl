# The counts that commits keep are what counting finds: after a random workload, counted anew in the middle of one, after crashes, cancelled counts, prepared transactions and promotion; and nobody waits for long.
use strict;
use warnings;
use IPC::Run qw(start finish);
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    max_prepared_transactions = 20
    restart_after_crash = on
    deadlock_timeout = 100ms
    fsync = off
});
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('m', '2 s'), pgqrs.create_queue('n');
    SELECT pgqrs.enqueue_batch('m', array_fill('1'::jsonb, ARRAY[6000]));
    SELECT pgqrs.enqueue_batch('m', array_fill('1'::jsonb, ARRAY[3000]), '1 h');
    SELECT pgqrs.enqueue_batch('n', array_fill('1'::jsonb, ARRAY[3000]));
    CREATE PROCEDURE try(call text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE call; EXCEPTION WHEN OTHERS THEN NULL; END $$;
    CREATE FUNCTION some_ids(queue text, n int) RETURNS bigint[] LANGUAGE sql STABLE AS $$
        SELECT array_agg(id) FROM (SELECT m.id FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id = m.queue_id WHERE q.name = queue ORDER BY random() LIMIT n) AS s
    $$;
    CREATE FUNCTION id_of(name text) RETURNS int LANGUAGE sql STABLE AS $$ SELECT id FROM pgqrs.get_queue(name) $$;

    -- How the columns that are known without counting, and the definitions of two of them, differ from what is counted.
    CREATE FUNCTION differences() RETURNS text LANGUAGE sql AS $$
        SELECT string_agg(format('%s is not %s (%s leased, %s put off)', k, c, leased, put_off), '; ')
        FROM pgqrs.all_queues_metrics() AS k
        JOIN pgqrs.all_queues_metrics(exact => true) AS c USING (queue)
        CROSS JOIN LATERAL (
            SELECT count(vt) AS leased, count(*) FILTER (WHERE vt IS NULL AND available_at > coalesce(delivered_at, enqueued_at)) AS put_off
            FROM pgqrs.messages WHERE queue_id = id_of(queue)) AS m
        WHERE (k.messages, k.archived, k.total_enqueued, k.total_finished) IS DISTINCT FROM (c.messages, c.archived, c.total_enqueued, c.total_finished)
            OR NOT c.exact
            OR NOT k.exact AND (k.in_flight, k.delayed, k.pending) IS DISTINCT FROM (leased, put_off, k.messages - leased - put_off)
    $$;
});

# Whether the counts of a queue (of more than 1000 messages) are known, by now or at last.
sub known { return $node->safe_psql('postgres', "SELECT NOT exact FROM pgqrs.queue_metrics('$_[0]')") }
sub becomes_known { return $node->poll_query_until('postgres', "SELECT bool_and(NOT exact) FROM pgqrs.all_queues_metrics() WHERE queue IN ('m', 'n')") }
sub differences { return $node->safe_psql('postgres', 'SELECT differences()') }

is(known('m'), 't', 'the first metrics count');
is(known('n'), 't', 'those of each queue');
is(differences(), '', 'counted at first');

my %workload = (
    enqueue => q{SELECT pgqrs.enqueue('m', '1', CASE WHEN random() < 0.3 THEN interval '1 h' ELSE '0' END, priority => (random() * 9)::int)},
    enqueue_batch => q{SELECT pgqrs.enqueue_batch('m', array_fill('1'::jsonb, ARRAY[20]), CASE WHEN random() < 0.3 THEN interval '1 h' ELSE '0' END)},
    consume => q{
        SELECT CASE floor(random() * 5) WHEN 0 THEN pgqrs.archive('m', id) WHEN 1 THEN pgqrs.delete('m', id) WHEN 2 THEN pgqrs.release('m', id)
            WHEN 3 THEN pgqrs.release('m', id, '1 h') WHEN 4 THEN pgqrs.extend_visibility('m', id, '1 s') END FROM pgqrs.dequeue('m')},
    lease => q{SELECT count(*) FROM pgqrs.dequeue_batch('m', 5)},
    finish => q{CALL try($$SELECT CASE floor(random() * 4) WHEN 0 THEN pgqrs.archive('m', id) WHEN 1 THEN pgqrs.delete('m', id) WHEN 2 THEN pgqrs.release('m', id)
        WHEN 3 THEN pgqrs.release('m', id, '1 h') END FROM unnest(some_ids('m', 3)) AS id$$)},
    batches => q{CALL try($$SELECT pgqrs.archive_batch('m', some_ids('m', 4)), pgqrs.delete_batch('m', some_ids('m', 4)), pgqrs.release_batch('m', some_ids('m', 4), '1 h')$$)},
    pop => q{SELECT count(*) FROM pgqrs.pop('m', 2)},
    savepoints => q{
        BEGIN;
        SELECT pgqrs.enqueue('m', '1');
        SAVEPOINT s;
        SELECT count(*) FROM pgqrs.dequeue_batch('m', 3);
        SELECT pgqrs.enqueue('n', '1', '1 h');
        ROLLBACK TO s;
        SAVEPOINT s;
        SELECT count(*) FROM pgqrs.pop('m');
        RELEASE s;
        COMMIT},
    rollback => q{
        BEGIN;
        SELECT pgqrs.archive('m', id) FROM pgqrs.dequeue('m');
        SELECT pgqrs.enqueue('m', '1');
        ROLLBACK},
    by_hand => q{CALL try($$
        INSERT INTO pgqrs.messages (queue_id, payload) VALUES (id_of('m'), '1'), (id_of('n'), '1');
        UPDATE pgqrs.messages SET vt = CASE WHEN random() < 0.5 THEN now() + interval '1 s' END WHERE id = ANY (some_ids('m', 3));
        UPDATE pgqrs.messages SET available_at = now() + interval '1 h', queue_id = id_of(CASE WHEN random() < 0.5 THEN 'm' ELSE 'n' END) WHERE id = ANY (some_ids('n', 3));
        DELETE FROM pgqrs.messages WHERE id = ANY (some_ids('m', 2))$$)},
    by_hand_archive => q{CALL try($$
        INSERT INTO pgqrs.archive (id, queue_id, available_at, enqueued_at, read_ct, priority, payload) SELECT -random() * 1e15, id_of('m'), now(), now(), 1, 1, '1';
        DELETE FROM pgqrs.archive WHERE id IN (SELECT id FROM pgqrs.archive ORDER BY random() LIMIT 2);
        INSERT INTO pgqrs.departures VALUES (id_of('m'), 1, 2)$$)},
    purge => q{CALL try($$SELECT pgqrs.purge_archive('m', '300 ms')$$)},
    drop => q{CALL try($$SELECT pgqrs.create_queue('d', if_not_exists => true), pgqrs.enqueue('d', '1'), pgqrs.queue_metrics('d')$$); CALL try($$SELECT pgqrs.drop_queue('d', true)$$)});
my @scripts;
for my $name (sort keys %workload)
{
    my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.sql";
    append_to_file($file, "$workload{$name};\n");
    push @scripts, '-f', $file;
}
my $forget = q{BEGIN; SELECT pgqrs.enqueue('m', '1'); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'};

sub pgbench
{
    my ($seconds) = @_;
    return [ 'pgbench', '-n', '-c6', '-j2', "-T$seconds", @scripts, $node->connstr('postgres') ];
}

# Nothing makes the counts unknown meanwhile: what is compared is what commits have added.
$node->command_ok(pgbench(4), 'a workload');
is(known('m') . known('n'), 'tt', 'counts are known after it');
is(differences(), '', 'they are right after it');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.messages}), '>', 2000, 'there were messages to count');

# Counted anew in the middle of it.
for my $round (1 .. 3)
{
    my ($out, $error) = ('', '');
    my $load = start(pgbench(4), '>', \$out, '2>', \$error);
    $node->poll_query_until('postgres', q{SELECT count(*) > 5 FROM pg_stat_activity WHERE backend_type = 'client backend'});
    $node->safe_psql('postgres', $forget);
    ok(becomes_known(), "round $round: counted in the middle of a workload") or diag($error);
    finish($load) or diag($error);
    is(known('m') . known('n'), 'tt', "round $round: counts are known after it");
    is(differences(), '', "round $round: they are right after it");
}

# A crash.
sub crash
{
    my $victim = $node->background_psql('postgres');
    $victim->query_safe(q{BEGIN; SELECT pgqrs.enqueue('m', '1')});
    Crash::by_killing($node, $victim);
}
crash();
is(known('m'), 't', 'known after a crash');
is(differences(), '', 'right after a crash');

# Whoever has the queue in hand for long is not waited for, nor counted wrongly.
crash();
my $holder = $node->background_psql('postgres');
$holder->query_safe(q{BEGIN; SELECT pgqrs.enqueue('m', '1'); SELECT count(*) FROM pgqrs.dequeue_batch('m', 3)});
is(known('m'), 'f', 'not known while somebody holds the queue');
is(differences(), '', 'but counted');
is($node->safe_psql('postgres', q{SET lock_timeout = '1 ms'; SELECT pgqrs.enqueue('m', '1') > 0; SELECT NOT exact FROM pgqrs.queue_metrics('m')}), "t\nf", 'nobody waits, and nobody tries again at once');
$holder->query_safe('COMMIT');
ok(becomes_known(), 'known again some time after');
is(differences(), '', 'and right');
# By hand, too.
crash();
eval { $holder->quit };
$holder = $node->background_psql('postgres');
$holder->query_safe(q{BEGIN; DELETE FROM pgqrs.messages WHERE id = ANY (some_ids('m', 5))});
is(known('m'), 'f', 'not known while somebody changes messages by hand');
$holder->query_safe('COMMIT');
ok(becomes_known(), 'known after that');
is(differences(), '', 'and right after that');

# Counting that is cancelled, or ended with its session, in the middle.
for my $end ('cancel', 'terminate')
{
    $node->safe_psql('postgres', $forget);
    my $locker = $node->background_psql('postgres');
    $locker->query_safe(q{BEGIN; LOCK TABLE pgqrs.archive IN ACCESS EXCLUSIVE MODE});
    my $counter = $node->background_psql('postgres', on_error_stop => 0);
    my $pid = $counter->query_safe('SELECT pg_backend_pid()');
    # Until it is its turn to count, it counts without keeping the result.
    $counter->query_until(qr/go/, "\\echo go\nSELECT pgqrs.queue_metrics('m');\n");
    $node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid") or die 'it does not count';
    $node->safe_psql('postgres', "SELECT pg_${end}_backend($pid)");
    $node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid AND wait_event_type = 'Lock'");
    $locker->query_safe('COMMIT');
    $locker->quit;
    eval { $counter->quit };
    ok(becomes_known(), "$end: counted by the next");
    is(differences(), '', "$end: right");
}

# A prepared transaction, over a restart.
$node->safe_psql('postgres', q{BEGIN; SELECT count(*) FROM pgqrs.pop('m', 10); PREPARE TRANSACTION 'p'});
is(differences(), '', 'a prepared transaction changes nothing');
$node->restart;
is(known('m'), 'f', 'not known while it holds the queue');
is(differences(), '', 'but counted');
$node->safe_psql('postgres', q{COMMIT PREPARED 'p'});
ok(becomes_known(), 'known after its end');
is(differences(), '', 'with what it did');

# TRUNCATE, with what other transactions do around it.
$node->safe_psql('postgres', q{SELECT pgqrs.archive('m', id) FROM pgqrs.dequeue('m'); BEGIN; SELECT pgqrs.enqueue('m', '1'); TRUNCATE pgqrs.archive, pgqrs.departures; COMMIT});
is(differences(), '', 'right after TRUNCATE');
ok(becomes_known(), 'known after TRUNCATE');
is(differences(), '', 'still right');

# A standby counts; promoted, it knows.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
my $exact = q{SELECT exact FROM pgqrs.queue_metrics('m')};
is($standby->safe_psql('postgres', $exact), 't', 'a standby counts');
$node->stop;
$standby->promote;
is($standby->safe_psql('postgres', "$exact; SELECT differences() IS NULL"), "f\nt", 'promoted, it knows');
unlike(slurp_file($node->logfile) . slurp_file($standby->logfile), qr/was terminated by signal (?!9)|PANIC|TRAP/, 'nothing crashed of itself');

$standby->stop;
done_testing();
