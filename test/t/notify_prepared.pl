# Messages of a prepared transaction are told when it is committed, by any role, also after a restart in between.
# Without preloading PostgreSQL refuses to prepare a transaction that has something to tell.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Listener;

my $node = PostgreSQL::Test::Cluster->new('preloaded');
$node->init;
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    fsync = off
    max_prepared_transactions = 5
});
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE d');
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('d', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue(name, notify => true) FROM unnest(ARRAY['loud', 'fence']) AS q (name);
    SELECT pgqrs.create_queue('quiet');
});
my @queues = qw(loud fence quiet new);
my $listener = Listener->start($node, 'd', @queues);

sub sql { my ($sql) = @_; return $node->safe_psql('d', $sql); }

sub sqlstate
{
    my ($cluster, $sql) = @_;
    my (undef, undef, $error) =
        $cluster->psql('postgres', $sql, extra_params => [ '-v', 'VERBOSITY=sqlstate', '-v', 'ON_ERROR_STOP=0' ]);
    return $error =~ /ERROR:  (\w{5})/ ? $1 : "none: $error";
}

# Waits until all that was committed before is told.
sub fence { sql(q{SELECT pgqrs.enqueue('fence', '1')}); return [ $listener->told('fence') ]; }

sql(q{BEGIN; SELECT pgqrs.enqueue('loud', '1'), pgqrs.enqueue('quiet', '1'); PREPARE TRANSACTION 'a'});
is_deeply(fence(), ['fence'], 'nothing is told of a transaction that is only prepared');
sql(q{COMMIT PREPARED 'a'});
ok((grep { $_ eq 'loud' } $listener->told('loud')), 'it is told of when it is committed');
is(sql(q{SELECT payload FROM pgqrs.dequeue('loud')}), '1', 'and can be delivered then');

sql(q{BEGIN; SELECT pgqrs.enqueue('loud', '2'); PREPARE TRANSACTION 'b'});
sql(q{
    BEGIN;
    SELECT pgqrs.create_queue('new', notify => true);
    SELECT pgqrs.enqueue('new', '1');
    PREPARE TRANSACTION 'c';
});
$listener->close;
$node->restart;
$listener = Listener->start($node, 'd', @queues);
sql(q{COMMIT PREPARED 'b'});
my %told = map { $_ => 1 } $listener->told('loud');
ok($told{loud} && !$told{quiet}, 'after a restart, too, but not of a queue that does not notify');
sql(q{COMMIT PREPARED 'c'});
ok((grep { $_ eq 'new' } $listener->told('new')), 'the transaction can be the one that created the queue');

fence() for 1, 2;
sql(q{BEGIN; SELECT pgqrs.enqueue('loud', '3'); PREPARE TRANSACTION 'd'});
sql(q{ROLLBACK PREPARED 'd'});
is_deeply(fence(), ['fence'], 'one that is rolled back is not told of');

sql(q{
    CREATE ROLE manager LOGIN;
    SET SESSION AUTHORIZATION manager;
    BEGIN;
    SELECT pg_current_xact_id();
    PREPARE TRANSACTION 'e';
});
sql(q{
    SET SESSION AUTHORIZATION manager;
    SET default_transaction_isolation = serializable;
    SET default_transaction_read_only = on;
    COMMIT PREPARED 'e';
});
ok((grep { $_ eq 'loud' } $listener->told('loud')), 'a role without rights on the queues can commit');
is(sqlstate($node, q{COMMIT PREPARED 'x'}), '42704', 'an error of the command stays what it is');

# The extension is not everywhere.
$node->safe_psql('other', q{BEGIN; CREATE TABLE t (); PREPARE TRANSACTION 'f'});
$node->safe_psql('other', q{COMMIT PREPARED 'f'});
my $workers = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pgqrs notifier' AND datname = 'other'};
is($node->safe_psql('other', $workers), '0', 'no worker where the extension is not');
$node->safe_psql('other', q{
    BEGIN;
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('born', notify => true);
    SELECT pgqrs.enqueue('born', '1');
    PREPARE TRANSACTION 'g';
});
my $born = Listener->start($node, 'other', 'born');
$node->safe_psql('other', q{COMMIT PREPARED 'g'});
is_deeply([ $born->told('born') ], ['born'], 'the transaction can be the one that created the extension');

$_->close for $listener, $born;
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
$node->stop;

# Where no worker can be started, PostgreSQL's own NOTIFY does it.
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->start;
$listener = Listener->start($node, 'd', @queues);
sql(q{BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'h'});
sql(q{COMMIT PREPARED 'h'});
is_deeply([ $listener->told('loud') ], [ 'fence', 'loud', 'new' ], 'without a worker, too');
$listener->close;
$node->stop;

my $plain = PostgreSQL::Test::Cluster->new('plain');
$plain->init;
$plain->append_conf('postgresql.conf', "fsync = off\nmax_prepared_transactions = 5\n");
$plain->start;
$plain->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('loud', notify => true), pgqrs.create_queue('quiet');
});
is(sqlstate($plain, q{BEGIN; SELECT pgqrs.enqueue('loud', '1'); PREPARE TRANSACTION 'a'}),
    '0A000', 'plain: a transaction that has something to tell cannot be prepared');
$plain->safe_psql('postgres', q{BEGIN; SELECT pgqrs.enqueue('quiet', '1'); PREPARE TRANSACTION 'b'});
$plain->safe_psql('postgres', q{COMMIT PREPARED 'b'});
is($plain->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.dequeue('quiet')}), '1', 'plain: another one can');
$plain->stop;
done_testing();
