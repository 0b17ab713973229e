# Producers and consumers of a small queue, with savepoints, rollbacks and killed backends: it never holds more than max_messages, and no room is lost.
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    fsync = off
    restart_after_crash = on
    pgqrs.maintenance_interval = 0
});
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('s', max_messages => 20);
    SELECT pgqrs.queue_metrics('s');
    CREATE TABLE seen (messages bigint);
    CREATE TABLE raised (state text, message text);
    -- Half of what it adds is rolled back.
    CREATE PROCEDURE produce() LANGUAGE plpgsql AS $$
    BEGIN
        FOR i IN 1..4 LOOP
            BEGIN
                PERFORM pgqrs.enqueue_batch('s', array_fill('1'::jsonb, ARRAY[1 + (random() * 3)::int]));
                IF random() < 0.5 THEN
                    RAISE division_by_zero;
                END IF;
            EXCEPTION WHEN division_by_zero THEN
            WHEN OTHERS THEN
                IF SQLSTATE <> 'PQ012' THEN
                    INSERT INTO raised VALUES (SQLSTATE, SQLERRM);
                END IF;
            END;
        END LOOP;
        IF random() < 0.3 THEN
            PERFORM 1 / 0;
        END IF;
    EXCEPTION WHEN division_by_zero THEN
    END
    $$;
    -- What it takes out and puts in again is one transaction.
    CREATE PROCEDURE exchange() LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM pgqrs.pop('s')) AND random() < 0.5 THEN
            PERFORM pgqrs.enqueue('s', '1');
        END IF;
        IF random() < 0.3 THEN
            RAISE division_by_zero;
        END IF;
    EXCEPTION WHEN division_by_zero THEN
    WHEN OTHERS THEN
        INSERT INTO raised VALUES (SQLSTATE, SQLERRM);
    END
    $$;
});
my %scripts = (
    produce => 'CALL produce();',
    exchange => 'CALL exchange();',
    consume => q{SELECT pgqrs.pop('s');},
    look => q{INSERT INTO seen SELECT count(*) FROM pgqrs.messages;});
my @arguments;
for my $name (sort keys %scripts)
{
    my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.sql";
    append_to_file($file, "$scripts{$name}\n");
    push @arguments, '-f', $file;
}

sub storm
{
    my ($name) = @_;
    $node->command_ok([ 'pgbench', '-n', '-c8', '-j2', '-t', Soak::steps(150), @arguments, $node->connstr('postgres') ], $name);
    is($node->safe_psql('postgres', 'SELECT DISTINCT state, message FROM raised'), '', 'no error but that the queue is full');
    cmp_ok($node->safe_psql('postgres', 'SELECT max(messages) FROM seen'), '<=', 20, 'nobody saw more than the limit');
    is($node->safe_psql('postgres', q{
            SELECT count(*) FROM pgqrs.enqueue_batch('s', (
                SELECT array_fill('1'::jsonb, ARRAY[20 - messages::int]) FROM pgqrs.queue_metrics('s')));
            SELECT messages FROM pgqrs.queue_metrics('s');
        }) =~ /^20$/m ? 1 : 0, 1, 'all room can be used');
    $node->safe_psql('postgres', q{SELECT pgqrs.purge_queue('s')});
}

storm('a storm');
for my $round (1 .. Soak::steps(2))
{
    my @open = map { $node->background_psql('postgres') } 1 .. 3;
    $_->query_safe(q{BEGIN; SELECT pgqrs.enqueue_batch('s', '{1,2,3}'); SAVEPOINT s; SELECT pgqrs.enqueue('s', '1')}) for @open;
    Crash::by_killing($node, $open[0]);
    eval { $_->quit } for @open[1, 2];
    storm("a storm after kill -9, round $round");
}

$node->stop;
done_testing();
