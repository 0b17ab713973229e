# Shared memory has room for pgqrs.max_shared_queues queues; the others work without, and what is dropped makes room.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
    fsync = off
    autovacuum = off
    max_prepared_transactions = 5
    shared_preload_libraries = 'pgqrs'
    pgqrs.max_shared_queues = 2
    pgqrs.rescan_interval = '1 d'
});
$node->start;

sub run_sql { return $node->safe_psql(@_) }

# A queue with messages in flight, and a dequeue that has gone past them: where there is room, it is known to all.
sub make_queue
{
    my ($database, $queue) = @_;
    run_sql($database, qq{
        SELECT pgqrs.create_queue('$queue');
        SELECT count(pgqrs.enqueue('$queue', '0')) FROM generate_series(1, 200);
        SELECT count(*) FROM pgqrs.dequeue_batch('$queue', 200, '1 d');
    });
    visit($database, $queue);
}
sub visit { run_sql($_[0], "SELECT payload FROM pgqrs.dequeue('$_[1]', '1 d')") }

# Whether a new session knows where to start: one that does not reads the index entries of all messages in flight.
sub is_shared
{
    my ($database, $queue) = @_;
    my $read = q{SELECT pg_stat_force_next_flush(); SELECT idx_tup_read AS read FROM pg_stat_user_indexes WHERE indexrelname = 'messages_delivery_order' \gset};
    my $out = run_sql($database, "$read\n\\set before :read\nSELECT payload FROM pgqrs.dequeue('$queue', '1 d');\n$read\nSELECT :read - :before");
    my ($entries) = $out =~ /(\d+)$/;
    return $entries < 50 ? 1 : 0;
}

# It delivers what was committed late, soon.
sub works
{
    my ($database, $queue) = @_;
    my $late = $node->background_psql($database);
    my $consumer = $node->background_psql($database);
    $consumer->query_safe("SET pgqrs.rescan_interval = '100 ms'; SELECT payload FROM pgqrs.dequeue('$queue', '1 d')");
    $late->query_safe("BEGIN; SELECT pgqrs.enqueue('$queue', '1')");
    run_sql($database, "SELECT pgqrs.enqueue('$queue', '2')");
    my $got = '';
    for (my $deadline = time + 10; $got ne '21' && time < $deadline; sleep 0.02)
    {
        $got .= $consumer->query_safe("SELECT payload FROM pgqrs.dequeue('$queue', '1 d')");
        $late->query_safe('COMMIT') if $got eq '2' && $late->query_safe('SELECT pg_current_xact_id_if_assigned() IS NOT NULL') eq 't';
    }
    $_->quit for $late, $consumer;
    return $got eq '21';
}

sub are_shared
{
    my ($database, $expected, $when) = @_;
    my %shared = map { $_ => is_shared($database, $_) } keys %$expected;
    is_deeply(\%shared, $expected, $when);
}

run_sql('postgres', 'CREATE DATABASE one');
run_sql('postgres', 'CREATE DATABASE two');
run_sql($_, 'CREATE EXTENSION pgqrs') for 'one', 'two';

make_queue('one', $_) for 'a', 'b', 'c';
are_shared('one', { a => 1, b => 1, c => 0 }, 'two queues have room, the third has not');
ok(works('one', $_), "queue $_ works") for 'a', 'c';

run_sql('one', q{BEGIN; SELECT pgqrs.drop_queue('a', force => true); ROLLBACK});
run_sql('one', q{BEGIN; SAVEPOINT s; SELECT pgqrs.drop_queue('a', force => true); ROLLBACK TO s; COMMIT});
# The first dequeue after it looks at the messages that are there again.
visit('one', $_) for 'c', 'a';
are_shared('one', { a => 1, b => 1, c => 0 }, 'dropping a queue and rolling back makes no room');

run_sql('one', q{SELECT pgqrs.drop_queue('a', force => true)});
visit('one', 'c');
are_shared('one', { b => 1, c => 1 }, 'dropping a queue makes room');
ok(works('one', 'c'), 'and the one that took it works');

make_queue('two', 'd');
are_shared('two', { d => 0 }, 'there is none for another database');
run_sql('one', 'BEGIN; DROP EXTENSION pgqrs CASCADE; ROLLBACK');
visit('two', 'd');
are_shared('two', { d => 0 }, 'dropping the extension and rolling back makes none');
run_sql('one', 'DROP EXTENSION pgqrs CASCADE');
make_queue('two', 'e');
visit('two', 'd');
are_shared('two', { d => 1, e => 1 }, 'dropping the extension makes room for another database');

# The same numbers of queues in other tables: nothing is taken for what it was.
run_sql('two', 'DROP EXTENSION pgqrs CASCADE; CREATE EXTENSION pgqrs');
run_sql('two', q{SELECT pgqrs.create_queue('d'); INSERT INTO pgqrs.messages (queue_id, available_at, payload) SELECT id, '2020-01-01', '1' FROM pgqrs.queues});
is(run_sql('two', q{SELECT payload FROM pgqrs.dequeue('d')}), '1', 'an extension created again starts anew');
run_sql('two', q{SELECT pgqrs.drop_queue('d', force => true)});

make_queue('two', $_) for 'f', 'g';
run_sql('one', 'CREATE EXTENSION pgqrs');
make_queue('one', 'h');
are_shared('one', { h => 0 }, 'all room is taken again');
run_sql('postgres', 'DROP DATABASE two');
visit('one', 'h');
are_shared('one', { h => 1 }, 'dropping a database makes room');

# A session whose dequeue failed tells others again of what it finds later.
run_sql('one', q{
    CREATE FUNCTION fail(anyelement) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        RETURN 1 / (current_setting('test.fail')::int - 1) = 0;
    END
    $$;
    SET test.fail = 0;
    CREATE INDEX ON pgqrs.messages (fail(read_ct));
    ALTER DATABASE one SET test.fail = 0;
    SELECT pgqrs.enqueue('h', '1');
});
my $failing = $node->background_psql('one', on_error_stop => 0);
$failing->query_safe('SET test.fail = 1');
$failing->query(q{SELECT payload FROM pgqrs.dequeue('h')});
like($failing->query('\echo :LAST_ERROR_SQLSTATE'), qr/22012/, 'a dequeue fails');
$failing->{stderr} = '';
$failing->query_safe('SET test.fail = 0');
$failing->query_safe(q{
    SELECT count(pgqrs.enqueue('h', '0')) FROM generate_series(1, 200);
    SELECT count(*) FROM pgqrs.dequeue_batch('h', 300, '1 d');
    SELECT payload FROM pgqrs.dequeue('h', '1 d')});
are_shared('one', { h => 1 }, 'the session goes on telling others');
$failing->quit;

$node->append_conf('postgresql.conf', 'pgqrs.max_shared_queues = 0');
$node->restart;
visit('one', 'h');
are_shared('one', { h => 0 }, 'there can be no room at all');
ok(works('one', 'h'), 'and queues work');

unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
$node->stop;
done_testing();
