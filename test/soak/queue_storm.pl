# Queues created, changed, used and dropped by many at once: nobody gets an error but that the queue is or is not there, nothing crashes, no row is left without a queue.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_line_prefix = '%e '\nfsync = off");
$node->start;

# What is done, each in a subtransaction, with what it raised.
$node->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    CREATE TABLE raised (call text, state text, message text);
    CREATE PROCEDURE try(call text) LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE call;
    EXCEPTION WHEN OTHERS THEN
        INSERT INTO raised VALUES (call, SQLSTATE, SQLERRM);
    END
    $$;
});
my %scripts = (
    create => q{SELECT pgqrs.create_queue('s', if_not_exists => true)},
    drop => q{SELECT pgqrs.drop_queue('s', force => true)},
    alter => q{SELECT pgqrs.alter_queue('s', '9 s'), pgqrs.pause_queue('s'), pgqrs.resume_queue('s'), pgqrs.get_queue('s')},
    use => q{SELECT pgqrs.enqueue('s', '1'), pgqrs.dequeue('s'), pgqrs.register_worker('s', 'w'), pgqrs.queue_metrics('s')});
my @arguments;
for my $name (sort keys %scripts)
{
    my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.sql";
    append_to_file($file, "CALL try(\$\$$scripts{$name}\$\$);\n");
    push @arguments, '-f', $file;
}
$node->command_ok([ 'pgbench', '-n', '-c8', '-j2', '-t', Soak::steps(250), @arguments, $node->connstr('postgres') ], 'nothing breaks off');

is($node->safe_psql('postgres', q{SELECT DISTINCT state, message, call FROM raised WHERE state NOT IN ('PQ002', 'PQ003', 'PQ011')}), '', 'no error but that there is such a queue or none');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM raised WHERE state = 'PQ002'}), '>', 0, 'they met');
is($node->safe_psql('postgres', q{
        SELECT count(*)
        FROM (SELECT queue_id FROM pgqrs.messages UNION ALL SELECT queue_id FROM pgqrs.workers
            UNION ALL SELECT queue_id FROM pgqrs.archive UNION ALL SELECT queue_id FROM pgqrs.departures) AS rows
        WHERE queue_id NOT IN (SELECT id FROM pgqrs.queues)
    }), '0', 'no row is without its queue');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP|^XX/m, 'nothing crashed');

$node->stop;
done_testing();
