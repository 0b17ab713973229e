# Runs of workflows survive a crash of the server with all that was recorded, and a signal, an event or the end of a child wakes a
# worker that waits for a run.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Waiter;

for my $mode ('', "shared_preload_libraries = 'pgqrs'")
{
    my $name = $mode ? 'preloaded' : 'plain';
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init;
    $node->append_conf('postgresql.conf', "$mode\npgqrs.poll_interval = '20 ms'\n");
    $node->start;
    $node->safe_psql('postgres', q{
        CREATE EXTENSION pgqrs;
        SELECT pgqrs.create_workflow('w');
        SELECT pgqrs.start_workflow('w', '{"n": 1}', idempotency_key => 'k');
    });
    my $run = $node->safe_psql('postgres', q{SELECT run FROM pgqrs.claim_runs('w', vt => '1 s')});
    $node->safe_psql('postgres', qq{SELECT pgqrs.complete_step($run, 1, 'a', '"recorded"')});
    # One step is under way when the server crashes.
    my $session = $node->background_psql('postgres');
    $session->query_safe('BEGIN');
    $session->query_safe(qq{SELECT pgqrs.complete_step($run, 1, 'b', '"lost"')});
    $node->stop('immediate');
    eval { $session->quit };
    $node->start;
    is($node->safe_psql('postgres', q{SELECT created FROM pgqrs.start_workflow('w', '{"n": 1}', idempotency_key => 'k')}), 'f',
        "$name: the run is there after a crash");
    # The lease that the first step renewed ends by itself.
    is($node->safe_psql('postgres', q{
            SET pgqrs.clock_offset = '1 min';
            SELECT read_ct, jsonb_path_query_array(steps, '$[*].output') FROM pgqrs.claim_runs('w')}),
        '2|["recorded"]', "$name: with the steps that were committed, and no other");
    isnt(($node->psql('postgres', qq{SELECT pgqrs.complete_step($run, 1, 'c')}))[0], 0, "$name: the first delivery records nothing any more");

    # It waits for a signal, and a worker waits for it.
    for my $what (
        [ 'wait_signal', q{'go'}, "SELECT pgqrs.signal_run($run, 'go', '7')" ],
        [ 'wait_event', q{'day'}, q{SELECT pgqrs.emit_event('w', 'day', '7')} ])
    {
        my ($wait, $target, $cause) = @$what;
        my $read_ct = $node->safe_psql('postgres', "SELECT read_ct FROM pgqrs.messages WHERE id = $run");
        is($node->safe_psql('postgres', "SELECT status FROM pgqrs.$wait($run, $read_ct, '$wait', $target)"), 'suspended', "$name: $wait suspends");
        # A run that waits for an event leaves a wake to be looked at.
        is($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.claim_runs('w')}), 0, "$name: nothing to claim");
        my $waiter = Waiter->start($node, q{SELECT read_ct, reason FROM pgqrs.claim_runs('w', wait => '60 s')});
        Waiter::asleep($node, 1);
        Waiter::query($node, $cause);
        ++$read_ct;
        like($waiter->answer, qr/^$read_ct\|/, "$name: the cause of $wait wakes the worker that waits");
        is($node->safe_psql('postgres', "SELECT status, value FROM pgqrs.$wait($run, $read_ct, '$wait', $target)"), 'ready|7', "$name: $wait is ready");
    }
    # CALL pgqrs.wait, which holds no snapshot, is woken, too.
    my $read_ct = $node->safe_psql('postgres', "SELECT read_ct FROM pgqrs.messages WHERE id = $run");
    is($node->safe_psql('postgres', "SELECT status FROM pgqrs.wait_signal($run, $read_ct, 'again', 'again')"), 'suspended', "$name: it waits again");
    is($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.claim_runs('w')}), 0, "$name: nothing to claim");
    my $waiter = Waiter->start($node, q{CALL pgqrs.wait('w', '60 s')});
    Waiter::asleep($node, 1);
    Waiter::query($node, "SELECT pgqrs.signal_run($run, 'again')");
    is($waiter->answer, 't', "$name: a signal ends CALL pgqrs.wait");
    is($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.claim_runs('w')}), 1, "$name: the run can be claimed");
    ++$read_ct;
    is($node->safe_psql('postgres', "SELECT pgqrs.complete_run($run, $read_ct, '1')"), 'succeeded', "$name: it ends");
    is($node->safe_psql('postgres', 'SELECT count(*) FROM pgqrs.messages'), 0, "$name: its message is gone");
    is($node->safe_psql('postgres', 'SELECT * FROM pgqrs.verify()'), '', "$name: no fault");
    Waiter::close($node);
    $node->stop;
}
done_testing();
