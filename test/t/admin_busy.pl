# drop_queue and alter_queue come to an end on a queue that is never free for a moment: they get it between short
# transactions, and fail with 55P03 when long ones follow each other without a gap. purge_queue gets all messages also
# then. Sleeping consumers hold nothing up, and of two drops one succeeds.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Steps;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmax_prepared_transactions = 2");

sub gives
{
    my ($sql, $expected, $name) = @_;
    is($node->safe_psql('postgres', $sql), $expected, $name);
}

sub error_of
{
    my ($call) = @_;
    return $node->safe_psql('postgres', "SELECT error_of(\$\$$call\$\$)");
}

for my $mode ('plain', 'preloaded')
{
    $node->append_conf('postgresql.conf', q{shared_preload_libraries = 'pgqrs'}) if $mode eq 'preloaded';
    $node->start;
    $node->safe_psql('postgres', q{
        CREATE EXTENSION pgqrs;
        CREATE FUNCTION error_of(call text) RETURNS text LANGUAGE plpgsql AS $$
            BEGIN EXECUTE call; RETURN 'none'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$;
        SELECT pgqrs.create_queue(name) FROM unnest('{busy,overlapping,consumed,asleep,twice,prepared}'::text[]) AS name;
    });

    # Four producers whose transactions overlap all the time.
    my $script = $node->basedir . '/produce.sql';
    append_to_file($script, "BEGIN;\nSELECT pgqrs.enqueue('busy', '1');\n\\sleep 20 ms\nCOMMIT;\n") unless -e $script;
    my @pgbench = ('pgbench', '-n', '-c4', '-t', '100000', '-f', $script, $node->connstr('postgres'));
    my $producers = IPC::Run::start(\@pgbench, '>', '/dev/null', '2>', '/dev/null');
    $node->poll_query_until('postgres', q{SELECT pgqrs.count_messages('busy') > 20});
    gives(q{SELECT max_deliveries FROM pgqrs.alter_queue('busy', max_deliveries => 4)},
        '4', "$mode: a busy queue is altered");
    gives(q{SELECT pgqrs.drop_queue('busy', true) > 0}, 't', "$mode: and dropped");
    $producers->finish;

    # Two sessions hold the queue in turns, and one of them always does.
    my @holders = map { $node->background_psql('postgres') } 0 .. 1;
    $holders[0]->query_safe(q{BEGIN; SELECT pgqrs.enqueue('overlapping', '1')});
    my $admin = $node->background_psql('postgres', on_error_stop => 0);
    Steps::block($node, $admin, q{CREATE TABLE outcome AS
        SELECT error_of($$SELECT pgqrs.alter_queue('overlapping', max_deliveries => 4)$$) AS code});
    my $turns = 0;
    until ($node->safe_psql('postgres', q{SELECT to_regclass('outcome') IS NOT NULL}) eq 't' || $turns == 200)
    {
        my $next = ++$turns % 2;
        $holders[$next]->query_safe(q{BEGIN; SELECT pgqrs.enqueue('overlapping', '1')});
        $holders[1 - $next]->query_safe('COMMIT');
    }
    gives('TABLE outcome', '55P03', "$mode: the call gives up a queue that is held without a gap");
    gives(q{SELECT max_deliveries IS NULL FROM pgqrs.get_queue('overlapping')},
        't', "$mode: and has changed nothing");
    $holders[ $turns % 2 ]->query_safe('COMMIT');
    $node->safe_psql('postgres', 'DROP TABLE outcome');
    $_->quit for $admin, @holders;

    # Two sessions that each have a message in a transaction in turns, and one of them always has one.
    $node->safe_psql('postgres', q{
        SELECT count(*) FROM pgqrs.enqueue_batch('consumed', array_fill('1'::jsonb, ARRAY[500]))});
    my @consumers = map { $node->background_psql('postgres') } 0 .. 1;
    $consumers[0]->query_safe(q{BEGIN; SELECT id FROM pgqrs.dequeue('consumed')});
    my $purge = $node->background_psql('postgres', on_error_stop => 0);
    Steps::block($node, $purge, q{CREATE TABLE outcome AS SELECT error_of($$SELECT pgqrs.purge_queue('consumed')$$) AS code});
    $turns = 0;
    until ($node->safe_psql('postgres', q{SELECT to_regclass('outcome') IS NOT NULL}) eq 't' || $turns == 200)
    {
        my $next = ++$turns % 2;
        $consumers[$next]->query_safe(q{BEGIN; SELECT pgqrs.enqueue('consumed', '2'), id FROM pgqrs.dequeue('consumed')});
        $consumers[ 1 - $next ]->query_safe('COMMIT');
    }
    gives('TABLE outcome', 'none', "$mode: a queue is purged under consumers without a gap");
    gives(q{SELECT count(*) FROM pgqrs.messages JOIN pgqrs.get_queue('consumed') AS q ON queue_id = q.id
        WHERE payload = '1'}, '0', "$mode: and nothing is left");
    $consumers[ $turns % 2 ]->query_safe('COMMIT');
    $node->safe_psql('postgres', 'DROP TABLE outcome');
    $_->quit for $purge, @consumers;

    # Consumers that sleep.
    my @sleepers = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 3;
    $_->query_until(qr/begun/, q{\echo begun
        SELECT pgqrs.dequeue('asleep', wait => '50 s');
    }) for @sleepers;
    $node->poll_query_until('postgres', q{
        SELECT count(*) = 3 FROM pg_stat_activity
        WHERE query LIKE '%dequeue(''asleep''%' AND pid <> pg_backend_pid()});
    gives(q{SELECT pgqrs.drop_queue('asleep')}, '0', "$mode: a queue is dropped under sleeping consumers");
    eval { $_->quit } for @sleepers;

    # Two drops behind the same transaction.
    my $holder = $node->background_psql('postgres');
    $holder->query_safe(q{BEGIN; SELECT pgqrs.enqueue('twice', '1')});
    $node->safe_psql('postgres', 'CREATE TABLE outcomes (code text)');
    my @drops = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 2;
    Steps::block($node, $_, q{INSERT INTO outcomes SELECT error_of($$SELECT pgqrs.drop_queue('twice', true)$$)})
        for @drops;
    $holder->query_safe('COMMIT');
    $_->quit for @drops;
    gives('SELECT * FROM outcomes ORDER BY 1', "PQ002\nnone", "$mode: one of two drops succeeds");
    $node->safe_psql('postgres', 'DROP TABLE outcomes');
    $holder->quit;

    # A prepared transaction holds the queue until it ends.
    $node->safe_psql('postgres', q{BEGIN; SELECT pgqrs.enqueue('prepared', '1'); PREPARE TRANSACTION 'p'});
    is(error_of(q{SET LOCAL lock_timeout = '50ms'; SELECT pgqrs.drop_queue('prepared', true)}),
        '55P03', "$mode: a prepared transaction is waited for");
    my $drop = $node->background_psql('postgres');
    Steps::block($node, $drop, q{SELECT pgqrs.drop_queue('prepared', true)});
    gives(q{SELECT pgqrs.enqueue('prepared', '2') > 0}, 't', "$mode: meanwhile the queue goes on");
    $node->safe_psql('postgres', q{COMMIT PREPARED 'p'});
    $drop->quit;
    is(error_of(q{SELECT pgqrs.drop_queue('prepared')}), 'PQ002', "$mode: the drop ends with it");

    $node->safe_psql('postgres', 'DROP EXTENSION pgqrs; DROP FUNCTION error_of(text)');
    $node->stop;
}

done_testing();
