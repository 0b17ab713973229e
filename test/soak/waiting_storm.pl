# Consumers that wait, and producers and consumers that commit late, roll back, delay and give back: every message is delivered until it is finished, which happens once, and nobody sleeps while there are messages.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;

# Transactions of each of the four producers.
my $steps = Soak::steps(150);

my %scripts = (
    producer => q{
\set hold random(0, 5)
\set delay random(1, 40)
\set what random(1, 10)
BEGIN;
\if :what = 1
INSERT INTO sent VALUES (pgqrs.enqueue('q', '1', :delay * interval '3 ms'));
\elif :what = 2
INSERT INTO sent SELECT pgqrs.enqueue_batch('q', '{1,2,3,4,5}');
\else
INSERT INTO sent VALUES (pgqrs.enqueue('q', '1', priority => :what - 1));
\endif
\sleep :hold ms
\if :what = 3
ROLLBACK;
\else
COMMIT;
\endif
\sleep :delay ms
},
    dequeue => q{
\set hold random(0, 5)
\set what random(1, 10)
BEGIN;
SELECT coalesce(max(id), 0) AS id, coalesce(max(read_ct), 0) AS read_ct FROM pgqrs.dequeue('q', '1 h', '60 s') \gset
\sleep :hold ms
\if :what = 1
ROLLBACK;
\elif :what = 2
SELECT pgqrs.release('q', :id, :hold * interval '10 ms', :read_ct);
COMMIT;
\else
INSERT INTO done SELECT id, clock_timestamp() - available_at FROM pgqrs.get_message('q', :id);
SELECT pgqrs.delete('q', :id, :read_ct);
COMMIT;
\endif
},
    batch => q{
WITH taken AS MATERIALIZED (SELECT id, read_ct, available_at FROM pgqrs.dequeue_batch('q', 3, '1 h', '60 s')),
    noted AS (INSERT INTO done SELECT id, clock_timestamp() - available_at FROM taken)
SELECT pgqrs.archive('q', id, read_ct) FROM taken;
},
    wait => q{
CALL pgqrs.wait('q', '60 s');
WITH taken AS MATERIALIZED (SELECT id, read_ct, available_at FROM pgqrs.dequeue('q', '1 h')),
    noted AS (INSERT INTO done SELECT id, clock_timestamp() - available_at FROM taken)
SELECT pgqrs.delete('q', id, read_ct) FROM taken;
});
my %files;
for my $name (keys %scripts)
{
    $files{$name} = PostgreSQL::Test::Utils::tempdir() . "/$name.sql";
    append_to_file($files{$name}, $scripts{$name});
}

for my $mode ('plain', 'preload')
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off\nlog_statement = none\n");
    # Preloaded, only wake-ups can be in time.
    $node->append_conf('postgresql.conf', $mode eq 'preload'
        ? "shared_preload_libraries = 'pgqrs'\npgqrs.poll_interval = '1 min'\npgqrs.rescan_interval = '1 min'\n"
        : "pgqrs.poll_interval = '20 ms'\npgqrs.rescan_interval = '100 ms'\n");
    $node->start;
    $node->safe_psql('postgres', q{
        CREATE EXTENSION pgqrs;
        SELECT pgqrs.create_queue('q');
        CREATE TABLE sent (id bigint PRIMARY KEY);
        CREATE TABLE done (id bigint PRIMARY KEY, latency interval);
    });

    my $output = '';
    my $consumers = IPC::Run::start([ 'pgbench', '-n', '-c8', '-t', 1_000_000, (map { ('-f', "$files{$_}\@1") } qw(dequeue batch wait)), $node->connstr('postgres') . ' application_name=consumer' ],
        '<', \undef, '>', \$output, '2>&1');
    $node->command_ok([ 'pgbench', '-n', '-c4', '-t', $steps, '-f', $files{producer}, $node->connstr('postgres') ], "$mode: producers");

    ok($node->poll_query_until('postgres', q{SELECT (SELECT count(*) FROM sent) = (SELECT count(*) FROM done)})
            && $node->safe_psql('postgres', q{SELECT pgqrs.count_messages('q')}) eq '0', "$mode: nothing is left");
    $node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'consumer'});
    $consumers->finish;
    is(join('', grep { !/terminating connection|server closed|terminated abnormally|while processing|Run was aborted|^\s*$/ } $output =~ /^(.*(?:error|ERROR|FATAL|WARNING).*\n)/mg), '', "$mode: no consumer got an error");
    is($node->safe_psql('postgres', q{SELECT count(*) FROM sent FULL JOIN done USING (id) WHERE sent.id IS NULL OR done.id IS NULL}), '0', "$mode: each was finished");
    my ($messages, $median, $worst) = split /\|/, $node->safe_psql('postgres', q{SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY latency), max(latency) FROM done});
    cmp_ok($messages, '>', 2 * $steps, "$mode: $messages messages");
    is($node->safe_psql('postgres', q{SELECT max(latency) < interval '15 s' FROM done}), 't', "$mode: each in time: half of them within $median, all within $worst");
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP|WARNING/, "$mode: nothing crashed");
    $node->stop('fast');
}
done_testing();
