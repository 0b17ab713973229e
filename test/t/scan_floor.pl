# A message that became available behind the place where dequeues start is delivered: by the next dequeue when pgqrs is preloaded and has been
# told of it, within pgqrs.rescan_interval otherwise.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Steps;
use Test::More;

my %settings = (
    plain => "pgqrs.rescan_interval = '200 ms'",
    'preloaded, rescans' => "shared_preload_libraries = 'pgqrs'\npgqrs.rescan_interval = '200 ms'",
    preloaded => "shared_preload_libraries = 'pgqrs'\npgqrs.rescan_interval = '1 d'");

# Each case is a list of steps (test/lib/Steps.pm) in a queue of its own, which the statements call 'q'.
my $two = q{SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.enqueue('q', '2')};
my $three = "$two; SELECT pgqrs.enqueue('q', '3')";
my $begin_take = q{BEGIN; SELECT payload FROM pgqrs.dequeue('q', '1 h')};
# It cannot be taken out of the queue then.
my $lock_one = q{BEGIN; SELECT payload FROM pgqrs.messages WHERE payload = '1' FOR UPDATE};
my $message = q{pgqrs.messages WHERE queue_id = (SELECT id FROM pgqrs.queues WHERE name = 'q')};
my %told = (
    'enqueued before, committed after younger ones were consumed' => [
        a => q{BEGIN; SELECT pgqrs.enqueue('q', '1')}, b => q{SELECT pgqrs.enqueue('q', '2')}, take => '2', a => 'COMMIT', take => '1' ],
    'enqueued in a savepoint' => [
        a => q{BEGIN; SAVEPOINT s; SELECT pgqrs.enqueue('q', '1'); RELEASE s; SAVEPOINT s; SELECT pgqrs.enqueue('q', '2'); ROLLBACK TO s; SELECT pgqrs.enqueue('q', '3')},
        b => q{SELECT pgqrs.enqueue('q', '4')}, take => '4', a => 'COMMIT', take => '1 3' ],
    'enqueued in several priorities' => [
        a => q{BEGIN; SELECT pgqrs.enqueue('q', to_jsonb(p), priority => p) FROM generate_series(9, 0, -1) AS p}, b => $two, take => '1 2', a => 'COMMIT',
        take => '0 1 2 3 4 5 6 7 8 9' ],
    'delayed' => [
        b => q{SELECT pgqrs.enqueue('q', '1', delay => '1 h')}, take => '', clock => '59 min', take => '', b => q{SELECT pgqrs.enqueue('q', '2', delay => '30 min')},
        take => '2', clock => '61 min', take => '1' ],
    'delayed, and committed when it is due' => [
        a => q{BEGIN; SELECT pgqrs.enqueue('q', '1', delay => '1 h')}, clock => '2 h', take => '', a => 'COMMIT', take => '1' ],
    'rollback of a dequeue' => [ b => $two, a => $begin_take, take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of many dequeues' => [
        b => $three, a => "$begin_take; SELECT payload FROM pgqrs.dequeue('q')", take => '3', a => 'ROLLBACK', take => '1 2' ],
    'rollback of a savepoint with a dequeue' => [
        b => $three, a => "$begin_take; SAVEPOINT s; SELECT payload FROM pgqrs.dequeue('q')", take => '3', a => 'ROLLBACK TO s', take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback after a savepoint was released' => [
        b => $two, a => "BEGIN; SAVEPOINT s; SELECT payload FROM pgqrs.dequeue('q'); RELEASE s", take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of a PL/pgSQL block' => [
        b => "$two; SELECT pg_advisory_lock(1)",
        a_waits => q{DO $$ BEGIN
                BEGIN
                    PERFORM pgqrs.dequeue('q');
                    PERFORM pg_advisory_xact_lock(1);
                    RAISE 'undo';
                EXCEPTION WHEN raise_exception THEN NULL;
                END;
            END $$},
        take => '2', b => 'SELECT pg_advisory_unlock(1)', a_done => '', take => '1' ],
    'an error after a dequeue' => [
        b => "$two; SELECT pg_advisory_lock(2)", a_waits => q{SELECT pg_advisory_xact_lock(2), 1 / (m.id - m.id) FROM pgqrs.dequeue('q') AS m},
        take => '2', b => 'SELECT pg_advisory_unlock(2)', a_fails => '22012', take => '1' ],
    'termination of a session that has one' => [ b => $two, a => $begin_take, take => '2', terminate => 'a', take => '1' ],
    'rollback of pop' => [ b => $two, a => q{BEGIN; SELECT payload FROM pgqrs.pop('q')}, take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of archive' => [ b => $two, a => q{BEGIN; SELECT pgqrs.archive('q', min(id)) FROM } . $message, take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of delete' => [ b => $two, a => q{BEGIN; SELECT pgqrs.delete('q', min(id)) FROM } . $message, take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of release with delay' => [
        b => $two, a => q{BEGIN; SELECT pgqrs.release('q', min(id), '1 h') FROM } . $message, take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of a DELETE by hand' => [ b => $two, a => "BEGIN; DELETE FROM $message AND payload = '1'", take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of an UPDATE by hand' => [ b => $two, a => "BEGIN; UPDATE $message AND payload = '1'" =~ s/(pgqrs.messages) WHERE/$1 SET available_at = now() + '1 h' WHERE/r,
        take => '2', a => 'ROLLBACK', take => '1' ],
    'rollback of purge_queue' => [ b => $two, a => q{BEGIN; SELECT pgqrs.purge_queue('q')}, take => '', a => 'ROLLBACK', take => '1 2' ],
    'purge_queue cancelled when it has deleted a part' => [
        b => $three, a => "BEGIN; SELECT pgqrs.release('q', id) FROM $message AND payload = '2'", b_waits => q{SELECT pgqrs.purge_queue('q')}, take => '',
        cancel => 'b', b_fails => '57014', take => '1 3', a => 'COMMIT', take => '2' ],
    'locked by hand' => [ b => $two, a => "BEGIN; SELECT payload FROM $message AND payload = '1' FOR UPDATE", take => '2', a => 'COMMIT', soon => '1' ],
    'locked by hand below a savepoint with a dequeue' => [
        b => $two, a => "BEGIN; SELECT payload FROM $message AND payload = '1' FOR NO KEY UPDATE; SAVEPOINT s; SELECT payload FROM pgqrs.dequeue('q'); ROLLBACK TO s",
        take => '2', a => 'COMMIT', soon => '1' ],
    'locked by a finish that came too late' => [
        b => "$two; SELECT payload FROM pgqrs.dequeue('q', '1 ms'); SELECT pg_sleep(0.002)", b => $begin_take,
        a_waits => q{BEGIN; SELECT pgqrs.archive('q', min(id), 1) FROM } . $message, b => 'COMMIT', a_done => '',
        clock => '2 h', take => '2', a => 'COMMIT', take => '1' ],
    'locked by an UPDATE by hand that came too late' => [
        b => "$two; SELECT payload FROM pgqrs.dequeue('q', '1 ms'); SELECT pg_sleep(0.002)", b => $begin_take,
        a_waits => q{BEGIN; UPDATE pgqrs.messages SET read_ct = read_ct WHERE read_ct = 1 AND queue_id = (SELECT id FROM pgqrs.queues WHERE name = 'q')}, b => 'COMMIT', a_done => '',
        clock => '2 h', take => '2', a => 'COMMIT', soon => '1' ],
    'leases that end in order' => [
        b => "$three; " . join('; ', map { "SELECT payload FROM pgqrs.dequeue('q', '$_ h')" } 1 .. 3),
        take => '', clock => '59 min', take => '', clock => '61 min', take => '1', clock => '121 min', take => '2', clock => '181 min', take => '3' ],
    'leases that end in another order' => [
        b => "$three; " . join('; ', map { "SELECT payload FROM pgqrs.dequeue('q', '$_ h')" } 3, 1, 2),
        take => '', clock => '61 min', take => '2', clock => '121 min', take => '3', clock => '181 min', take => '1' ],
    'leases that end among messages in several priorities' => [
        b => q{SELECT pgqrs.enqueue('q', to_jsonb(p), priority => p) FROM generate_series(7, 9) AS p; } . join('; ', map { "SELECT payload FROM pgqrs.dequeue('q', '$_ h')" } 2, 3, 1),
        b => q{SELECT pgqrs.enqueue('q', '0')}, take => '0', clock => '61 min', take => '9', clock => '121 min', take => '7', clock => '181 min', take => '8' ],
    'a lease that ends behind a message taken before it' => [
        b => "$three; SELECT payload FROM pgqrs.dequeue('q', '1 h'); SELECT payload FROM pgqrs.dequeue('q', '2 h')", take => '3', clock => '61 min', take => '1',
        b => q{SELECT pgqrs.enqueue('q', '4')}, take => '4', clock => '121 min', take => '2' ],
    'a lease that was made longer' => [
        b => $two, a => $begin_take, a => 'COMMIT', take => '2', a => q{SELECT pgqrs.extend_visibility('q', min(id), '3 h') FROM } . $message, clock => '2 h', take => '', clock => '181 min', take => '1' ],
    'a lease that was made shorter' => [
        b => $two, a => $begin_take, a => 'COMMIT', take => '2', a => q{SELECT pgqrs.extend_visibility('q', min(id), '1 min') FROM } . $message, clock => '2 min', take => '1' ],
    'a lease that was made shorter, rolled back' => [
        b => $two, a => $begin_take, a => q{COMMIT; BEGIN; SELECT pgqrs.extend_visibility('q', min(id), '3 h') FROM } . $message, take => '2', a => 'ROLLBACK', clock => '61 min', take => '1' ],
    'release' => [ b => $two, a => $begin_take, a => 'COMMIT', take => '2', a => q{SELECT pgqrs.release('q', min(id)) FROM } . $message, take => '1' ],
    'release with delay' => [
        b => $two, a => $begin_take, a => 'COMMIT', take => '2', a => q{SELECT pgqrs.release('q', min(id), '30 min') FROM } . $message, take => '', clock => '31 min', take => '1' ],
    'release_batch' => [
        b => $three, a => q{SELECT count(*) FROM pgqrs.dequeue_batch('q', 2)}, take => '3', a => q{SELECT pgqrs.release_batch('q', array_agg(id)) FROM } . "$message AND payload <> '3'", take => '1 2' ],
    'release in the transaction of the dequeue' => [
        b => $two, a => $begin_take, take => '2', a => q{SELECT pgqrs.release('q', min(id)) FROM } . "$message; COMMIT", take => '1' ],
    'release in a savepoint that is rolled back, then commit' => [
        b => $two, a => "$begin_take; SAVEPOINT s; SELECT pgqrs.release('q', min(id)) FROM $message; ROLLBACK TO s", take => '2', a => 'COMMIT', take => '', clock => '61 min', take => '1' ],
    'UPDATE of available_at by hand' => [
        b => q{SELECT pgqrs.enqueue('q', '1', delay => '1 h')}, take => '', b => "UPDATE $message" =~ s/ WHERE/ SET available_at = '2020-01-01' WHERE/r, take => '1' ],
    'UPDATE of vt by hand' => [
        b => $two, take => '1 2', b => "UPDATE $message AND payload = '1'" =~ s/ WHERE/ SET vt = NULL WHERE/r, take => '1',
        b => "UPDATE $message AND payload = '1'" =~ s/ WHERE/ SET vt = now() + '1 h' WHERE/r, take => '', clock => '61 min', take => '1' ],
    'UPDATE of priority by hand' => [
        b => q{SELECT pgqrs.enqueue('q', '1', delay => '1 h', priority => 9)}, b => $two, take => '1 2',
        b => "UPDATE $message AND priority = 9" =~ s/ WHERE/ SET priority = 0, available_at = '2020-01-01' WHERE/r, take => '1' ],
    'UPDATE of queue_id by hand' => [
        b => q{SELECT pgqrs.create_queue('other'); SELECT pgqrs.enqueue('other', '0')}, other => '0', b => $two, take => '1 2',
        b => "UPDATE $message AND payload = '2'" =~ s/ WHERE/ SET vt = NULL, queue_id = (SELECT id FROM pgqrs.queues WHERE name = 'other') WHERE/r, other => '2', take => '' ],
    'INSERT by hand' => [
        b => $two, take => '1 2', b => q{INSERT INTO pgqrs.messages (queue_id, available_at, priority, payload) SELECT id, '2020-01-01', 3, '3' FROM pgqrs.queues WHERE name = 'q'}, take => '3' ],
    'INSERT by hand of a leased message' => [
        b => $two, take => '1 2', b => q{INSERT INTO pgqrs.messages (queue_id, available_at, vt, payload) SELECT id, '2020-01-01', now() + '1 h', '3' FROM pgqrs.queues WHERE name = 'q'},
        take => '', clock => '61 min', take => '3' ],
    'COPY' => [
        b => $two, take => '1 2',
        b => q{SELECT format('echo "%s,2020-01-01,3"', id) AS rows FROM pgqrs.queues WHERE name = 'q' \gset} . "\n" . q{COPY pgqrs.messages (queue_id, available_at, payload) FROM PROGRAM :'rows' (FORMAT csv)}, take => '3' ],
    'max_deliveries raised' => [
        b => qq{SELECT pgqrs.alter_queue('q', max_deliveries => 1); $two; SELECT payload FROM pgqrs.dequeue('q', '1 ms'); SELECT pg_sleep(0.002)}, a => $lock_one, take => '2',
        a => q{ROLLBACK}, b => q{SELECT pgqrs.alter_queue('q', max_deliveries => 2)}, take => '1' ],
    'max_deliveries raised by hand' => [
        b => qq{SELECT pgqrs.alter_queue('q', max_deliveries => 1); $two; SELECT payload FROM pgqrs.dequeue('q', '1 ms'); SELECT pg_sleep(0.002)}, a => $lock_one, take => '2',
        a => q{ROLLBACK}, b => q{UPDATE pgqrs.queues SET max_deliveries = NULL WHERE name = 'q'}, take => '1' ],
    'paused meanwhile' => [ b => q{SELECT pgqrs.enqueue('q', '1')}, take => '1', b => qq{SELECT pgqrs.pause_queue('q'); $two}, take => '', b => q{SELECT pgqrs.resume_queue('q')}, take => '1 2' ],
    'dropped and created again' => [
        b => $two, take => '1 2', b => q{SELECT pgqrs.drop_queue('q', force => true)}, b => qq{SELECT pgqrs.create_queue('q'); $two}, take => '1 2' ],
    'dropped, rolled back' => [
        b => $two, a => $begin_take, take => '2', a => q{ROLLBACK; BEGIN; SELECT pgqrs.drop_queue('q', force => true); ROLLBACK}, take => '1' ],
    'PREPARE of an enqueue, COMMIT PREPARED' => [
        a => q{BEGIN; SELECT pgqrs.enqueue('q', '1'); PREPARE TRANSACTION 'one'}, b => q{SELECT pgqrs.enqueue('q', '2')}, take => '2', b => q{COMMIT PREPARED 'one'}, take => '1' ],
    'PREPARE of a dequeue, ROLLBACK PREPARED' => [
        b => $two, a => "$begin_take; PREPARE TRANSACTION 'two'", take => '2', b => q{ROLLBACK PREPARED 'two'}, take => '1' ],
    'PREPARE of a dequeue, COMMIT PREPARED, and its lease ends' => [
        b => $two, a => "$begin_take; PREPARE TRANSACTION 'three'", take => '2', b => q{COMMIT PREPARED 'three'}, take => '', clock => '61 min', take => '1' ],
    'PREPARE of a dequeue, COMMIT PREPARED after its lease has ended' => [
        b => $two, a => "$begin_take; PREPARE TRANSACTION 'four'", clock => '61 min', take => '2', b => q{COMMIT PREPARED 'four'}, take => '1' ],
    'PREPARE of a release, COMMIT PREPARED' => [
        b => $two, take => '1 2', a => qq{BEGIN; SELECT pgqrs.release('q', min(id)) FROM $message; PREPARE TRANSACTION 'five'}, take => '', a => q{COMMIT PREPARED 'five'}, take => '1' ],
    'not in the snapshot of a dequeue in REPEATABLE READ' => [
        a => 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pgqrs.messages', b => $two, a => q{SELECT payload FROM pgqrs.dequeue_batch('q', 9)}, take => '1 2', a => 'COMMIT' ],
    'not in the snapshot of a dequeue in SERIALIZABLE' => [
        a => 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM pgqrs.messages', b => $two, a => q{SELECT payload FROM pgqrs.dequeue_batch('q', 9); COMMIT}, take => '1 2' ],
    'rollback of a dequeue in REPEATABLE READ' => [
        b => $two, a => q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT payload FROM pgqrs.dequeue('q')}, take => '2', a => 'ROLLBACK', take => '1' ],
    'seen by its own transaction only' => [
        b => $two, take => '1 2', a => q{BEGIN; SELECT pgqrs.enqueue('q', '3'); SAVEPOINT s; SELECT pgqrs.enqueue('q', '4'); RELEASE s}, take => '', a_takes => '3 4',
        a => q{ROLLBACK}, take => '' ],
    'released in a transaction that takes it again' => [
        b => $two, take => '1 2', a => qq{BEGIN; SELECT pgqrs.release('q', min(id)) FROM $message}, take => '', a_takes => '1', a => 'COMMIT', clock => '600 min', take => '1 2' ],
    'leased for a moment in a transaction that takes it again' => [
        b => $two, take => '1 2', a => qq{BEGIN; SELECT pgqrs.enqueue('q', '3'); SELECT payload FROM pgqrs.dequeue('q', '1 ms'); SELECT pg_sleep(0.002)}, take => '', a_takes => '3', a => 'COMMIT',
        take => '', clock => '600 min', take => '1 2 3' ],
    'seen by its own transaction only, then by all' => [
        a => q{BEGIN; SELECT pgqrs.enqueue('q', '1'); SELECT pgqrs.enqueue('q', '2')}, b => q{SELECT pgqrs.enqueue('q', '3')}, take => '3',
        a => q{SELECT payload FROM pgqrs.dequeue('q', '1 h'); COMMIT}, take => '2', clock => '61 min', take => '1' ],
    'enqueued and dequeued in a savepoint that is rolled back' => [
        a => qq{BEGIN; $two; SAVEPOINT s; SELECT payload FROM pgqrs.dequeue_batch('q', 9); ROLLBACK TO s; COMMIT}, take => '1 2' ],
    # A scan stops in the middle, where it writes the index that calls slow().
    'enqueued in the past while a dequeue is under way' => [
        b => $two, b => 'SELECT pg_advisory_lock(3)', a_waits => q{SET test.slow = 'on'; SELECT payload FROM pgqrs.dequeue('q', '1 h')},
        b => q{INSERT INTO pgqrs.messages (queue_id, available_at, payload) SELECT id, '2020-01-01', '3' FROM pgqrs.queues WHERE name = 'q'},
        b => 'SELECT pg_advisory_unlock(3)', a_done => '', take => '3 2' ],
    'leased by another one while a dequeue is under way that saw all leases' => [
        b => "$three; $begin_take", b => q{SELECT pg_advisory_lock(3)}, a_waits => q{SELECT pgqrs.alter_queue('q', description => 'x'); SET test.slow = 'on'; SELECT payload FROM pgqrs.dequeue('q', '5 h')},
        b => 'COMMIT', b => 'SELECT pg_advisory_unlock(3)', a_done => '', take => '3', clock => '61 min', take => '1', clock => '301 min', take => '2' ],
);

# Those that nobody is told of.
my %untold = (
    'an UPDATE by hand cancelled when it has changed a part' => [
        b => $three, a => "BEGIN; SELECT pgqrs.release('q', id) FROM $message AND payload = '2'", b_waits => "UPDATE $message" =~ s/ WHERE/ SET headers = '{}' WHERE/r,
        take => '3', cancel => 'b', b_fails => '57014', take => '1', a => 'COMMIT', take => '2' ],
    'triggers disabled' => [
        b => q{SELECT pgqrs.enqueue('q', '1', delay => '1 h')}, take => '',
        b => "ALTER TABLE pgqrs.messages DISABLE TRIGGER messages_changed; UPDATE $message" =~ s/ WHERE/ SET available_at = '2020-01-01' WHERE/r,
        b => 'ALTER TABLE pgqrs.messages ENABLE ALWAYS TRIGGER messages_changed', take => '1' ],
);

my %cases_of = (plain => { %told, %untold }, preloaded => \%told, 'preloaded, rescans' => \%untold);
for my $mode (sort keys %settings)
{
    my $node = PostgreSQL::Test::Cluster->new($mode =~ s/\W+/_/r);
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off\nmax_prepared_transactions = 5\nlog_min_error_statement = panic\n$settings{$mode}\n");
    $node->start;
    $node->safe_psql('postgres', q{
        CREATE EXTENSION pgqrs;
        CREATE FUNCTION slow(anyelement) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN
            IF current_setting('test.slow', true) = 'on' THEN
                PERFORM pg_advisory_xact_lock_shared(3);
            END IF;
            RETURN true;
        END
        $$;
        CREATE INDEX ON pgqrs.messages (slow(read_ct));
    });
    my $number = 0;
    for my $name (sort keys %{ $cases_of{$mode} })
    {
        # When no rescan may come to the rescue, the first call must get all.
        my $wrong = Steps::run($node, 'q' . ++$number, $mode eq 'preloaded', @{ $cases_of{$mode}{$name} });
        is($wrong, '', "$mode: $name");
    }
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, "$mode: nothing crashed");
    $node->stop;
}

done_testing();
