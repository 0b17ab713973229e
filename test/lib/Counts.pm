# For TAP tests of the counts that commits keep: a server with two queues, m and n, what changes them, and what is wrong with
# their counts.
#
#   my $node = Counts::server($name)    preloaded, with the queues and some thousands of messages
#   Counts::known($node, $queue)        't' when the counts of the queue are known without counting now
#   Counts::becomes_known($node)        waits until those of both are
#   Counts::differences($node)          how they differ from what counting finds; '' when they do not
#   Counts::workload($node, $steps)     the command of a workload of six clients; each takes so many random steps
#   $Counts::all_known                  SQL that tells whether those of both are known
#   $Counts::forget                     SQL that makes the counts of m unknown
#   Counts::crash($node)                a crash, with a transaction open that has enqueued
package Counts;
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our $all_known = q{SELECT bool_and(NOT exact) FROM pgqrs.all_queues_metrics() WHERE queue IN ('m', 'n')};
our $forget = q{BEGIN; SELECT pgqrs.enqueue('m', '1'); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'};

sub server
{
    my ($name) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
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
            SELECT array_agg(id) FROM (
                SELECT m.id
                FROM (SELECT min(id) + floor(random() * (max(id) - min(id)))::bigint AS start FROM pgqrs.messages) AS s
                JOIN pgqrs.messages AS m ON m.id >= s.start
                WHERE m.queue_id = (SELECT q.id FROM pgqrs.queues AS q WHERE q.name = queue)
                ORDER BY m.id
                LIMIT n) AS s
        $$;
        CREATE FUNCTION id_of(name text) RETURNS int LANGUAGE sql STABLE AS $$ SELECT id FROM pgqrs.get_queue(name) $$;

        -- How the columns that are known without counting, and the definitions of two of them, differ from what is counted.
        CREATE FUNCTION differences() RETURNS text LANGUAGE sql AS $$
            SELECT string_agg(format('%s is not %s (%s leased, %s put off)', k, c, leased, put_off), '; ')
            FROM pgqrs.all_queues_metrics() AS k
            JOIN pgqrs.all_queues_metrics(exact => true) AS c USING (queue)
            CROSS JOIN LATERAL (
                SELECT count(vt) AS leased, count(*) FILTER (WHERE vt IS NULL AND flags = 0 AND available_at > coalesce(delivered_at, enqueued_at)) AS put_off
                FROM pgqrs.messages WHERE queue_id = id_of(queue)) AS m
            WHERE (k.messages, k.archived, k.total_enqueued, k.total_finished) IS DISTINCT FROM (c.messages, c.archived, c.total_enqueued, c.total_finished)
                OR NOT c.exact
                OR NOT k.exact AND (k.in_flight, k.delayed, k.pending) IS DISTINCT FROM (leased, put_off, k.messages - leased - put_off)
        $$;
    });
    return $node;
}

# A queue of more than 1000 messages is not counted each time.
sub known { my ($node, $queue) = @_; return $node->safe_psql('postgres', "SELECT NOT exact FROM pgqrs.queue_metrics('$queue')"); }
sub differences { my ($node) = @_; return $node->safe_psql('postgres', 'SELECT differences()'); }

sub becomes_known
{
    my ($node) = @_;
    return $node->poll_query_until('postgres', $all_known);
}

sub crash
{
    my ($node) = @_;
    my $victim = $node->background_psql('postgres');
    $victim->query_safe(q{BEGIN; SELECT pgqrs.enqueue('m', '1')});
    Crash::by_killing($node, $victim);
    return;
}

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

sub workload
{
    my ($node, $steps) = @_;
    for my $name (@scripts ? () : sort keys %workload)
    {
        my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.sql";
        append_to_file($file, "$workload{$name};\n");
        push @scripts, '-f', $file;
    }
    return [ 'pgbench', '-n', '-c6', '-j2', '-t', $steps, @scripts,
        $node->connstr('postgres') . ' application_name=workload' ];
}

1;
