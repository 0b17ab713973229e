# Workers of a workflow are killed, fall silent and roll back at random, while a ledger outside of the workflow keeps each effect: no effect
# of a recorded step happens twice or not at all, and no run is left behind.
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;

my $runs = 8;
my $schema = q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_workflow('s', max_attempts => 0);
    CREATE TABLE ledger (run bigint, step text);
    -- The effect and the record are one transaction, which can be rolled back.
    CREATE FUNCTION effect(r bigint, c int, n text) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM pgqrs.get_step(r, n) WHERE status = 'succeeded') THEN
            RETURN true;
        END IF;
        INSERT INTO ledger VALUES (r, n);
        PERFORM pgqrs.complete_step(r, c, n, '1', on_recorded => 'raise');
        IF random() < 0.1 THEN
            RAISE division_by_zero;
        END IF;
        RETURN true;
    EXCEPTION WHEN SQLSTATE 'PQ001' OR SQLSTATE 'PQ019' OR division_by_zero THEN
        RETURN false;
    END
    $$;
    -- Answers whether the wait is over; the run is lost to somebody else, or waits, when it is not.
    CREATE FUNCTION waited(call text) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
        ready boolean;
    BEGIN
        EXECUTE call INTO ready;
        RETURN ready;
    EXCEPTION WHEN SQLSTATE 'PQ001' OR SQLSTATE 'PQ024' THEN
        RETURN false;
    END
    $$;
    CREATE FUNCTION started(r bigint, c int, i jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
    BEGIN
        RETURN ARRAY(SELECT pgqrs.start_children(r, c, 'children', 's', '{1,1}'));
    EXCEPTION WHEN SQLSTATE 'PQ001' THEN
        RETURN NULL;
    END
    $$;
    CREATE FUNCTION ended(call text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE call;
    EXCEPTION WHEN SQLSTATE 'PQ001' THEN
    END
    $$;
    -- A run of input 0 has two children of input 1 and waits for them; each waits for a signal, and sleeps.
    CREATE PROCEDURE work() LANGUAGE plpgsql AS $$
    DECLARE
        r bigint;
        c int;
        i jsonb;
        kids bigint[];
    BEGIN
        SELECT run, read_ct, input INTO r, c, i FROM pgqrs.claim_runs('s', vt => '50 ms');
        COMMIT;
        -- Some fall silent.
        IF r IS NULL OR random() < 0.05 THEN
            RETURN;
        END IF;
        FOR n IN 1..2 LOOP
            IF NOT effect(r, c, 'first ' || n) THEN
                RETURN;
            END IF;
            COMMIT;
        END LOOP;
        IF random() < 0.1 THEN
            PERFORM ended(format('SELECT pgqrs.fail_run(%s, %s, ''chance'', delay => ''1 ms'')', r, c));
            RETURN;
        END IF;
        IF i = '0' THEN
            kids := started(r, c, i);
            COMMIT;
            IF kids IS NULL OR NOT waited(format('SELECT status = ''ready'' FROM pgqrs.wait_runs(%s, %s, ''join'', %L)', r, c, kids)) THEN
                RETURN;
            END IF;
            COMMIT;
        END IF;
        IF NOT waited(format('SELECT status = ''ready'' FROM pgqrs.wait_signal(%s, %s, ''wait'', ''go'')', r, c)) THEN
            RETURN;
        END IF;
        COMMIT;
        IF NOT waited(format('SELECT status = ''ready'' FROM pgqrs.sleep(%s, %s, ''nap'', ''1 ms'')', r, c)) THEN
            RETURN;
        END IF;
        COMMIT;
        IF effect(r, c, 'last') THEN
            COMMIT;
            PERFORM ended(format('SELECT pgqrs.complete_run(%s, %s, ''"done"'')', r, c));
        END IF;
    END
    $$;
    -- Each run gets one signal, at some time.
    CREATE FUNCTION talk() RETURNS void LANGUAGE sql AS $$
        SELECT pgqrs.signal_run(id, 'go', '1', dedup_key => 'once')
        FROM (SELECT id FROM pgqrs.runs WHERE final IS NULL ORDER BY random() LIMIT 2) AS r
    $$;
};

for my $mode ('', "shared_preload_libraries = 'pgqrs'")
{
    my $name = $mode ? 'preloaded' : 'plain';
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init;
    $node->append_conf('postgresql.conf', "$mode\nfsync = off\nrestart_after_crash = on\npgqrs.rescan_interval = '20 ms'\n");
    $node->start;
    $node->safe_psql('postgres', $schema);
    my %scripts = (work => 'CALL work();', talk => 'SELECT talk();');
    my @arguments;
    for my $script (sort keys %scripts)
    {
        my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.$script.sql";
        append_to_file($file, "$scripts{$script}\n");
        push @arguments, '-f', $file . ($script eq 'work' ? '@5' : '@1');
    }
    my $started = 0;
    for my $round (1 .. 3)
    {
        $node->safe_psql('postgres', "SELECT count(*) FROM pgqrs.start_workflows('s', array_fill('0'::jsonb, ARRAY[$runs]))");
        $started += $runs;
        $node->command_ok([ 'pgbench', '-n', '-c6', '-j2', '-t', Soak::steps(60), @arguments, $node->connstr('postgres') ], "$name: round $round");
        # The server crashes while a worker has a run and an effect that is not committed.
        my $session = $node->background_psql('postgres');
        $session->query_safe(q{BEGIN; SELECT count(effect(run, read_ct, 'first 1')) FROM pgqrs.claim_runs('s')});
        Crash::by_killing($node, $session);
    }
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    my $left = 1;
    while ($left && time < $deadline)
    {
        system_or_bail('pgbench', '-n', '-c4', '-t', 100, @arguments, $node->connstr('postgres'));
        $left = $node->safe_psql('postgres', 'SELECT count(*) FROM pgqrs.runs WHERE final IS NULL');
    }
    is($node->safe_psql('postgres', 'SELECT final, count(*) FROM pgqrs.runs GROUP BY 1'), 'succeeded|' . 3 * $started, "$name: every run has ended, and so have its children");
    is($node->safe_psql('postgres', q{SELECT step, count(*), count(DISTINCT run) FROM ledger GROUP BY 1 ORDER BY 1}),
        join("\n", map { "$_|" . 3 * $started . '|' . 3 * $started } 'first 1', 'first 2', 'last'), "$name: each effect happened once");
    is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM pgqrs.messages), (SELECT count(*) FROM pgqrs.waits), (SELECT count(*) FROM pgqrs.run_requests)'), '0|0|0', "$name: nothing is left behind");
    is($node->safe_psql('postgres', 'SELECT * FROM pgqrs.verify()'), '', "$name: no fault");
    $node->stop;
}
done_testing();
