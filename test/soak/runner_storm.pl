# The server executes runs while workers are ended and the server crashes at random: an effect of a step and its record are one, so each
# effect happens once, and no run is left behind.
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('storm');
$node->init;
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    fsync = off
    restart_after_crash = on
    pgqrs.maintenance_interval = '200 ms'
});
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    CREATE TABLE ledger (run bigint, step text);
    CREATE FUNCTION effect(args jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO ledger VALUES (pgqrs.current_run(), args #>> '{}');
        IF random() < 0.1 THEN
            RAISE division_by_zero;
        END IF;
        RETURN args;
    END $$;
    -- A run of input 0 has two children of input 1 and waits for them; each waits for a signal, and sleeps.
    CREATE PROCEDURE flow(run bigint, input jsonb) LANGUAGE plpgsql AS $$
    DECLARE
        result jsonb;
        error text;
        late boolean;
        kids bigint[];
    BEGIN
        FOR n IN 1 .. 3 LOOP
            CALL pgqrs.step('loop', 'effect', to_jsonb('loop ' || n), result, error, max_attempts => 0, backoff_base => '1 ms', backoff_cap => '10 ms');
        END LOOP;
        IF random() < 0.1 THEN
            RAISE 'chance';
        END IF;
        IF input = '0' THEN
            CALL pgqrs.start_children_step('children', 'storm', '{1, 1}', kids);
            CALL pgqrs.wait_runs_step('join', kids, result, late);
        END IF;
        CALL pgqrs.wait_signal_step('wait', 'go', result, late);
        CALL pgqrs.sleep_step('nap', '1 ms');
        CALL pgqrs.step('last', 'effect', '"last"', result, error, max_attempts => 0, backoff_base => '1 ms', backoff_cap => '10 ms');
    END $$;
    SELECT pgqrs.create_workflow('storm', handler => 'flow', max_attempts => 0, backoff_base => '1 ms', backoff_cap => '10 ms');
});

my $started = 0;
my $left = 'SELECT count(*) FROM pgqrs.runs WHERE final IS NULL';
for my $round (1 .. 3)
{
    my $runs = Soak::steps(20);
    $started += $runs;
    $node->safe_psql('postgres', "SELECT count(*) FROM pgqrs.start_workflows('storm', array_fill('0'::jsonb, ARRAY[$runs]))");
    for my $kick (1 .. 5)
    {
        $node->safe_psql('postgres', q{
            SELECT pgqrs.signal_run(id, 'go', '1', dedup_key => 'once')
            FROM (SELECT id FROM pgqrs.runs WHERE final IS NULL ORDER BY random() LIMIT 10) AS r;
            SELECT pg_sleep(random() * 0.2);
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pgqrs runner' ORDER BY random() LIMIT 1});
    }
    my $session = $node->background_psql('postgres');
    $session->query_safe('BEGIN; SELECT count(*) FROM ledger');
    Crash::by_killing($node, $session);
}
my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
while ($node->safe_psql('postgres', $left) > 0 && time < $deadline)
{
    $node->safe_psql('postgres', q{SELECT pgqrs.signal_run(id, 'go', '1', dedup_key => 'once') FROM pgqrs.runs WHERE final IS NULL; SELECT pg_sleep(0.1)});
}
my $all = 3 * $started;
is($node->safe_psql('postgres', 'SELECT final, count(*) FROM pgqrs.runs GROUP BY 1'), "succeeded|$all", 'every run has ended, and so have its children');
is($node->safe_psql('postgres', q{SELECT step, count(*), count(DISTINCT run) FROM ledger GROUP BY 1 ORDER BY 1}),
    join("\n", map { "$_|$all|$all" } 'last', 'loop 1', 'loop 2', 'loop 3'), 'each effect happened once');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM pgqrs.messages), (SELECT count(*) FROM pgqrs.waits)'), '0|0', 'nothing is left behind');
is($node->safe_psql('postgres', 'SELECT * FROM pgqrs.verify()'), '', 'no fault');
$node->stop;
done_testing();
