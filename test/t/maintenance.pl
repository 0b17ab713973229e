# Background workers maintain the queues of every database that has the extension, and disturb nobody: not where there is
# none, not DROP DATABASE, not the end of the server. Waiting consumers do it without preloading.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    pgqrs.maintenance_interval = 200ms
    log_min_messages = info
});
$node->start;

# A dead message of a queue that nobody dequeues any more.
my $die = q{
    SELECT pgqrs.create_queue('q', max_deliveries => 1, if_not_exists => true);
    SELECT pgqrs.enqueue('q', '1');
    SELECT count(*) FROM pgqrs.dequeue('q', '1 ms');
};
my $buried = q{SELECT count(*) FROM pgqrs.archive WHERE outcome = 'dead'};
sub becomes { my ($database, $query, $expected) = @_; return $node->poll_query_until($database, $query, $expected); }
sub workers { return $node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs maintenance'}); }

# Where the extension is missing, and where it is made later.
ok(becomes('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs launcher'}, '1'), 'a launcher runs');
ok(becomes('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs maintenance'}, '0'), 'no worker stays where there is nothing to do');
$node->safe_psql('postgres', "CREATE EXTENSION pgqrs; $die");
ok(becomes('postgres', $buried, '1'), 'a database with the extension is maintained');
like($node->safe_psql('postgres', q{SELECT last_done || ' ' || total_done FROM pgqrs.maintenance WHERE duty = 'leaving'}), qr/^1 1$/, 'the table says so');
like(slurp_file($node->logfile), qr/pgqrs maintenance took out dead, expired and cancelled messages: 1/, 'so does the log');

# A second database, and one that goes.
$node->safe_psql('postgres', 'CREATE DATABASE two');
$node->safe_psql('two', "CREATE EXTENSION pgqrs; $die");
ok(becomes('two', $buried, '1'), 'so is a second one');
$node->safe_psql('postgres', 'DROP DATABASE two');
$node->safe_psql('postgres', $die);
ok(becomes('postgres', $buried, '2'), 'a database that is dropped takes nothing along');

# After a restart, before anybody comes; after a crash of the launcher.
$node->stop;
$node->start;
ok(becomes('postgres', $buried, '2'), 'the server starts');
$node->safe_psql('postgres', q{UPDATE pgqrs.messages SET vt = now() - interval '1 s'});
my ($launcher) = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pgqrs launcher'});
$node->safe_psql('postgres', "SELECT pg_terminate_backend($launcher)");
ok($node->poll_query_until('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs launcher' AND pid <> $launcher", '1'), 'a launcher that ends is started again');
$node->safe_psql('postgres', $die);
ok(becomes('postgres', $buried, '3'), 'and goes on');

# Retention, in the background.
$node->safe_psql('postgres', q{SELECT pgqrs.set_retention('q', 'dead', max_count => 1)});
ok(becomes('postgres', $buried, '1'), 'the archive is kept within its rules');

# Somebody's trigger does not run as superuser.
$node->safe_psql('postgres', q{
    CREATE ROLE installer CREATEDB;
    CREATE DATABASE owned OWNER installer});
$node->safe_psql('owned', q{
    SET ROLE installer;
    CREATE EXTENSION pgqrs;
    CREATE TABLE who (name text);
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.who VALUES (current_user); RETURN NULL; END';
    CREATE TRIGGER tell AFTER INSERT ON pgqrs.archive FOR EACH ROW EXECUTE FUNCTION tell();}) if $node->pg_version >= 15;
$node->safe_psql('owned', "SET ROLE installer; $die");
ok(becomes('owned', 'SELECT name FROM who', 'installer'), 'triggers run as who installed the extension');

# A trigger that fails breaks nothing, and the message stays until it does not.
$node->safe_psql('postgres', q{
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON pgqrs.archive FOR EACH ROW EXECUTE FUNCTION fail()});
$node->safe_psql('postgres', $die);
$node->safe_psql('postgres', 'SELECT pg_sleep(0.5)');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pgqrs.messages'), '1', 'a message that cannot be taken out stays');
$node->safe_psql('postgres', 'DROP TRIGGER fail ON pgqrs.archive');
ok(becomes('postgres', 'SELECT count(*) FROM pgqrs.messages', '0'), 'and leaves when it can');

# Turned off.
$node->safe_psql('postgres', q{ALTER SYSTEM SET pgqrs.maintenance_interval = 0});
$node->reload;
$node->safe_psql('postgres', 'SELECT pg_sleep(0.5)');
$node->safe_psql('postgres', $die);
$node->safe_psql('postgres', 'SELECT pg_sleep(1)');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pgqrs.messages'), '1', '0 turns it off');
$node->safe_psql('postgres', q{DROP EXTENSION pgqrs CASCADE});
$node->safe_psql('postgres', q{ALTER SYSTEM RESET pgqrs.maintenance_interval});
$node->reload;
ok(becomes('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs maintenance'}, '0'), 'nothing runs without the extension');
$node->stop('fast');

# Without preloading: who waits.
$node->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION pgqrs; $die");
$node->safe_psql('postgres', q{SELECT pgqrs.create_queue('other')});
$node->safe_psql('postgres', q{CALL pgqrs.wait('other', '1 s')});
is($node->safe_psql('postgres', $buried), '1', 'without preloading a waiting consumer maintains the queues');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
$node->stop;
done_testing();
