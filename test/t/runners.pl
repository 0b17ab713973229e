# Background workers execute runs of workflows with handlers: as the owner, at once and when it is time, also after a restart. A worker
# that is ended gives its run back, a crash counts a failure, and a database can be dropped.
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('runners');
$node->init;
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    restart_after_crash = on
    pgqrs.maintenance_interval = '500 ms'
});
$node->start;

sub sql { return $node->safe_psql('postgres', shift) }
sub becomes
{
    my ($query, $expected, $claim) = @_;
    ok($node->poll_query_until('postgres', $query, $expected), $claim);
}

sql(q{
    CREATE EXTENSION pgqrs;
    CREATE ROLE clerk LOGIN;
    CREATE ROLE ghost;
    CREATE TABLE ledger (run bigint, what text, by text DEFAULT current_user);
    CREATE FUNCTION note(args jsonb) RETURNS void LANGUAGE sql AS
        'INSERT INTO ledger VALUES (pgqrs.current_run(), args #>> ''{}'')';
    -- A step that waits until somebody else has done something.
    CREATE FUNCTION await_gate() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        LOOP
            EXIT WHEN EXISTS (SELECT FROM ledger WHERE what = 'gate');
            PERFORM pg_sleep(0.05);
        END LOOP;
    END $$;
    CREATE PROCEDURE flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
    DECLARE
        result jsonb;
        error text;
    BEGIN
        CALL pgqrs.step('first', 'note', '"first"', result, error);
        CASE input #>> '{}'
        WHEN 'sleep' THEN
            CALL pgqrs.sleep_step('nap', '3 s');
        WHEN 'gate' THEN
            CALL pgqrs.step('gate', 'await_gate', NULL, result, error);
        ELSE
            NULL;
        END CASE;
        CALL pgqrs.step('last', 'note', '"last"', result, error);
        output := to_jsonb(current_user);
    END $$;
    GRANT USAGE ON SCHEMA pgqrs TO clerk, ghost;
    GRANT ALL ON ALL TABLES IN SCHEMA pgqrs TO clerk, ghost;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA pgqrs TO clerk, ghost;
    GRANT ALL ON ALL ROUTINES IN SCHEMA pgqrs TO clerk, ghost;
    GRANT ALL ON ledger TO clerk, ghost;
    SELECT pgqrs.create_workflow('ours', handler => 'flow');
    SET ROLE clerk;
    SELECT pgqrs.create_workflow('theirs', handler => 'flow');
    SET ROLE ghost;
    SELECT pgqrs.create_workflow('nobodys', handler => 'flow');
});

sub started { return sql("SELECT run FROM pgqrs.start_workflow('$_[0]', '\"$_[1]\"')") }
my $ran = q{SELECT state || ' ' || coalesce(output #>> '{}', '') FROM pgqrs.get_run(%s)};
my $runner = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs runner'};

# Who may not log in keeps nobody from anything. (Since 17 he is executed, too.)
my $nobodys = started('nobodys', 'none');
my ($ours, $theirs) = (started('ours', 'none'), started('theirs', 'none'));
becomes(sprintf($ran, $ours), 'succeeded ' . sql('SELECT current_user'), 'a run is executed');
becomes(sprintf($ran, $theirs), 'succeeded clerk', 'as the owner of its workflow');
is(sql("SELECT string_agg(what || ' ' || by, ', ' ORDER BY ctid) FROM ledger WHERE run = $theirs"), 'first clerk, last clerk', 'each step once');
sql("SELECT pgqrs.cancel_run($nobodys)") unless $node->pg_version >= 17;

# What a handler leaves behind in the session does not reach the next run, and neither does what the owner has set
# for his sessions: he executes his own workflows, as himself.
sql(q{
    CREATE ROLE boss LOGIN;
    GRANT clerk TO boss;
    ALTER ROLE boss SET role = clerk;
    CREATE PROCEDURE untidy(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
    BEGIN
        output := jsonb_build_array(session_user, current_user, current_setting('search_path'), current_setting('work_mem'),
            to_regclass('left_behind'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
            (SELECT count(*) FROM pg_cursors WHERE name = 'left_open'));
        CREATE TEMPORARY TABLE left_behind (id bigint);
        EXECUTE 'DECLARE left_open CURSOR WITH HOLD FOR SELECT 1';
        PERFORM pg_advisory_lock(1);
        SET work_mem = '1MB';
        SET search_path = pg_catalog;
        SET ROLE clerk;
        PERFORM pgqrs.complete_run(run, pgqrs.current_read_ct(), output);
        COMMIT;
    END $$;
    SET SESSION AUTHORIZATION boss;
    SELECT pgqrs.create_workflow('tidy', handler => 'untidy');
});
my $first = sql(q{SELECT min(r) FROM pgqrs.start_workflows('tidy', ARRAY['1', '2', '3']::jsonb[]) AS r});
for my $run ($first .. $first + 2)
{
    becomes("SELECT output FROM pgqrs.get_run($run)", q{["boss", "boss", "\"$user\", public", "4MB", null, 0, 0]},
        'a run finds a session that nobody used before');
}

# A run sleeps for longer than a worker without work stays.
my $sleeping = started('ours', 'sleep');
becomes($runner, 0, 'workers without work end');
is(sql('SELECT count(*) FROM pgqrs.workers'), 0, 'and sign off');
becomes(sprintf("SELECT state FROM pgqrs.get_run($sleeping)"), 'succeeded', 'one comes back when it is time');

# A worker that is ended gives its run back. A step under way is undone.
sub gated
{
    sql(q{DELETE FROM ledger WHERE what = 'gate'});
    my $run = started('ours', 'gate');
    becomes("SELECT query LIKE '%await%' OR wait_event = 'PgSleep' FROM pg_stat_activity WHERE backend_type = 'pgqrs runner' AND wait_event = 'PgSleep'", 't', 'a run is under way');
    return $run;
}
my $gated = gated();
sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pgqrs runner' AND wait_event = 'PgSleep'});
becomes("SELECT read_ct FROM pgqrs.get_run($gated)", 2, 'a run whose worker was ended is delivered again');
is(sql("SELECT attempt FROM pgqrs.get_run($gated)"), 0, 'no failure is counted');
sql(q{INSERT INTO ledger VALUES (0, 'gate')});
becomes("SELECT state FROM pgqrs.get_run($gated)", 'succeeded', 'and it ends');

# So does one that the server's end meets, and the next start goes on without anybody.
$gated = gated();
$node->stop;
$node->start;
becomes("SELECT read_ct FROM pgqrs.get_run($gated)", 2, 'a run goes on after a restart');
is(sql("SELECT attempt FROM pgqrs.get_run($gated)"), 0, 'no failure is counted either');
sql(q{INSERT INTO ledger VALUES (0, 'gate')});
becomes("SELECT state FROM pgqrs.get_run($gated)", 'succeeded', 'and ends');

# A crash counts one.
$gated = gated();
my $log = -s $node->logfile;
kill 'KILL', sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pgqrs runner' AND wait_event = 'PgSleep'});
$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log);
$node->poll_query_until('postgres', 'SELECT true');
# Maintenance forgets the failures of a run that has succeeded.
becomes("SELECT error FROM pgqrs.failures WHERE message_id = $gated", 'the session that executed the run ended before the run did',
    'a failure is counted');
sql(q{INSERT INTO ledger VALUES (0, 'gate')});
becomes("SELECT state FROM pgqrs.get_run($gated)", 'succeeded', 'a run goes on after a crash');
is(sql("SELECT string_agg(what, ', ' ORDER BY ctid) FROM ledger WHERE run = $gated"), 'first, last', 'each step happened once');

# Another step that is cancelled fails, and is tried again.
$gated = gated();
sql(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pgqrs runner' AND wait_event = 'PgSleep'});
becomes("SELECT error FROM pgqrs.list_steps($gated) WHERE name = 'gate'", 'canceling statement due to user request', 'who cancels a worker cancels the step');
sql(q{INSERT INTO ledger VALUES (0, 'gate')});
becomes("SELECT state FROM pgqrs.get_run($gated)", 'succeeded', 'which is tried again');

# None are allowed: also one that is busy ends after its run.
sql('ALTER SYSTEM SET pgqrs.workflow_runners = 1');
$node->reload;
becomes($runner, 0, 'workers without work end again');
$gated = gated();
my $later = started('ours', 'none');
sql('ALTER SYSTEM SET pgqrs.workflow_runners = 0');
$node->reload;
my $reloaded = sql('SELECT clock_timestamp()');
becomes("SELECT state_change > '$reloaded'::timestamptz + interval '1 s' FROM pg_stat_activity WHERE backend_type = 'pgqrs launcher'",
    't', 'the launcher has read the setting');
sql(q{INSERT INTO ledger VALUES (0, 'gate')});
becomes($runner, 0, 'workers end');
is(sql("SELECT state FROM pgqrs.get_run($gated)"), 'succeeded', 'after the run that they have');
is(sql("SELECT state FROM pgqrs.get_run($later)"), 'queued', 'and none is started');
sql('ALTER SYSTEM RESET pgqrs.workflow_runners');
$node->reload;
becomes("SELECT state FROM pgqrs.get_run($later)", 'succeeded', 'until they are allowed');

# A database whose runs were just executed can be dropped, and so can the extension.
sql('CREATE DATABASE other');
$node->safe_psql('other', q{
    CREATE EXTENSION pgqrs;
    CREATE PROCEDURE flow(run bigint, input jsonb) LANGUAGE sql AS 'SELECT 1';
    SELECT pgqrs.create_workflow('w', handler => 'flow');
});
my $other = $node->safe_psql('other', q{SELECT run FROM pgqrs.start_workflow('w')});
is($node->safe_psql('other', "SELECT state FROM pgqrs.await_run($other, '30 s')"), 'succeeded', 'a run in another database');
sql('DROP DATABASE other');
sql('DROP EXTENSION pgqrs CASCADE');
becomes($runner, 0, 'no worker stays');
unlike(slurp_file($node->logfile), qr/TRAP|PANIC/, 'nothing broke');
$node->stop;
done_testing();
