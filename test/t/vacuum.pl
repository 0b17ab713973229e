# A background worker vacuums the tables that autovacuum is late for, and gives way to everybody: to DROP DATABASE, to whoever
# wants to lock the table, to the end of the server. A held snapshot does not make it vacuum in vain.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
    fsync = off
    shared_preload_libraries = 'pgqrs'
    pgqrs.maintenance_interval = 200ms
    autovacuum = off
    autovacuum_naptime = 1s
    autovacuum_vacuum_cost_delay = 0
});
$node->start;
sub becomes { my ($database, $query, $expected) = @_; return $node->poll_query_until($database, $query, $expected); }
my $vacuums = q{SELECT vacuum_count FROM pg_stat_all_tables WHERE schemaname = 'pgqrs' AND relname = 'messages'};
my $running = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs vacuum'};
# Leaves n dead rows that no HOT update prunes.
sub leave_dead
{
    my ($database, $n) = @_;
    $node->safe_psql($database, qq{
        SELECT pgqrs.create_queue('q', if_not_exists => true);
        SELECT count(*) FROM pgqrs.enqueue_batch('q', array_fill('1'::jsonb, ARRAY[$n]));
        DELETE FROM pgqrs.messages WHERE id % 10 > 0;
        SELECT pg_stat_force_next_flush();
    });
}

$node->safe_psql('postgres', 'CREATE EXTENSION pgqrs');
leave_dead('postgres', 10_000);
ok(becomes('postgres', $vacuums, '1'), 'a table with many dead rows is vacuumed');
ok(becomes('postgres', q{SELECT last_done > 8000 AND total_done = last_done FROM pgqrs.maintenance WHERE duty = 'vacuum messages'}, 't'), 'the table says so');
like(slurp_file($node->logfile), qr/pgqrs vacuum removed dead rows of pgqrs\.messages: \d{4}/, 'so does the log');
is($node->safe_psql('postgres', q{SELECT autovacuum_count, n_dead_tup < 100 FROM pg_stat_all_tables WHERE schemaname = 'pgqrs' AND relname = 'messages'}), '0|t', 'the rows are gone');

# A held snapshot: one vacuum, which removes nothing, and no other before the snapshot ends.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pgqrs.messages');
leave_dead('postgres', 10_000);
ok(becomes('postgres', $vacuums, '2'), 'a vacuum that a snapshot keeps from removing rows');
ok(becomes('postgres', q{SELECT last_done FROM pgqrs.maintenance WHERE duty = 'vacuum messages'}, '0'), 'removes nothing');
$node->safe_psql('postgres', 'SELECT pg_sleep(4)');
is($node->safe_psql('postgres', $vacuums), '2', 'and is not tried again');
$holder->quit;
ok(becomes('postgres', $vacuums, '3'), 'before the snapshot ends');
ok(becomes('postgres', q{SELECT last_done > 8000 FROM pgqrs.maintenance WHERE duty = 'vacuum messages'}, 't'), 'then the rows go');

# Who turned autovacuum off for a table wants no vacuum of it.
$node->safe_psql('postgres', 'ALTER TABLE pgqrs.messages SET (autovacuum_enabled = off)');
leave_dead('postgres', 10_000);
$node->safe_psql('postgres', 'SELECT pg_sleep(3)');
is($node->safe_psql('postgres', $vacuums), '3', 'autovacuum_enabled counts');

# A slow vacuum gives way to a lock on the table.
$node->safe_psql('postgres', 'ALTER TABLE pgqrs.messages SET (autovacuum_enabled = on, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)');
ok(becomes('postgres', $running, '1'), 'a slow one');
$node->safe_psql('postgres', q{SET lock_timeout = '60 s'; BEGIN; LOCK TABLE pgqrs.messages IN ACCESS EXCLUSIVE MODE; COMMIT});
like(slurp_file($node->logfile), qr/canceling statement due to user request/, 'gives way to a lock');

# To the end of the server, and to DROP DATABASE.
ok(becomes('postgres', $running, '1'), 'it is tried again');
$node->stop('fast');
$node->start;
$node->safe_psql('postgres', 'ALTER TABLE pgqrs.messages SET (autovacuum_enabled = off)');
$node->safe_psql('postgres', 'CREATE DATABASE two');
$node->safe_psql('two', 'CREATE EXTENSION pgqrs; ALTER TABLE pgqrs.messages SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)');
leave_dead('two', 10_000);
ok(becomes('postgres', $running . q{ AND datname = 'two'}, '1'), 'in another database, too');
$node->safe_psql('postgres', 'DROP DATABASE two');
ok(becomes('postgres', $running, '0'), 'it gives way to DROP DATABASE');

# The extension can go at any time.
$node->safe_psql('postgres', 'CREATE DATABASE three');
$node->safe_psql('three', 'CREATE EXTENSION pgqrs; ALTER TABLE pgqrs.messages SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)');
leave_dead('three', 10_000);
ok(becomes('postgres', $running . q{ AND datname = 'three'}, '1'), 'and once more');
$node->safe_psql('three', 'DROP EXTENSION pgqrs CASCADE');
ok(becomes('postgres', $running, '0'), 'it gives way to DROP EXTENSION');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
$node->stop;
done_testing();
