# Limits for producers across prepared transactions, killed backends and restarts; and the rate, which only shared memory knows.
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'pgqrs'
    fsync = off
    max_prepared_transactions = 5
    restart_after_crash = on
    pgqrs.maintenance_interval = 0
});
$node->start;

sub sql { my ($sql) = @_; return $node->safe_psql('postgres', $sql); }

# Everything that the call reports.
sub raised
{
    my ($sql) = @_;
    my (undef, undef, $error) = $node->psql('postgres', $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    return $error;
}

# Whether there is no room for another message; adds none.
sub full { return raised(q{BEGIN; SELECT pgqrs.enqueue('q', '1'); ROLLBACK}) =~ /ERROR:  PQ012/ ? 1 : 0; }

sql(q{CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q', max_messages => 3), pgqrs.enqueue('q', '1')});

# Prepared transactions.
sql(q{BEGIN; SELECT pgqrs.enqueue_batch('q', '{1,2}'); PREPARE TRANSACTION 'a'});
ok(full(), 'a prepared transaction keeps its room');
sql(q{ROLLBACK PREPARED 'a'});
ok(!full(), 'its rollback gives the room back');
sql(q{SELECT pgqrs.enqueue('q', '1')});
sql(q{BEGIN; SELECT pgqrs.enqueue('q', '1'); PREPARE TRANSACTION 'b'});
ok(full(), 'another one takes the last');
sql(q{COMMIT PREPARED 'b'});
ok(full(), 'and has it still when it is committed');
is(sql(q{SELECT count(*) FROM pgqrs.pop('q'); SELECT pgqrs.enqueue('q', '1') > 0}), "1\nt", 'no room has leaked');
sql(q{SELECT pgqrs.pop('q')});
sql(q{BEGIN; SELECT pgqrs.enqueue('q', '1'); PREPARE TRANSACTION 'c'});
$node->restart;
ok(full(), 'a prepared transaction keeps its room across a restart');
sql(q{COMMIT PREPARED 'c'; SELECT pgqrs.purge_queue('q')});
sql(q{SELECT pgqrs.enqueue_batch('q', '{1,2,3}')});
ok(full(), 'a prepared transaction of before the restart leaves nothing behind');

# A backend that is terminated, and one that is killed, leave no reservation.
sql(q{SELECT pgqrs.purge_queue('q')});
my $victim = $node->background_psql('postgres');
$victim->query_safe(q{BEGIN; SELECT pgqrs.enqueue_batch('q', '{1,2,3}')});
ok(full(), 'an open transaction has taken all room');
my $pid = $victim->query_safe('SELECT pg_backend_pid()');
sql("SELECT pg_terminate_backend($pid)");
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid") or die 'it stays';
eval { $victim->quit };
is(sql(q{SELECT count(*) FROM pgqrs.enqueue_batch('q', '{1,2,3}')}), '3', 'its end gives it back');
sql(q{SELECT pgqrs.purge_queue('q')});
$victim = $node->background_psql('postgres');
$victim->query_safe(q{BEGIN; SELECT pgqrs.enqueue_batch('q', '{1,2,3}')});
Crash::by_killing($node, $victim);
is(sql(q{SELECT count(*) FROM pgqrs.enqueue_batch('q', '{1,2,3}')}), '3', 'so does a crash');
ok(full(), 'and the limit holds');

# A producer who may not read is limited all the same, as soon as somebody has counted, and before.
sql(q{
    CREATE ROLE producer;
    SELECT pgqrs.create_queue('theirs', max_messages => 2), pgqrs.grant_queue('theirs', 'producer', 'produce');
});
my $as_producer = 'SET ROLE producer; ';
is(sql($as_producer . q{SELECT count(*) FROM pgqrs.enqueue_batch('theirs', '{1,2}')}), '2', 'two fit');
like(raised($as_producer . q{SELECT pgqrs.enqueue('theirs', '3')}), qr/PQ012/, 'the third is refused');
is(sql(q{CALL pgqrs.maintain(); SELECT last_done >= 1 FROM pgqrs.maintenance WHERE duty = 'counts'}) =~ /t$/ ? 1 : 0, 1, 'maintenance counts the queue');
like(raised($as_producer . q{SELECT pgqrs.enqueue('theirs', '3')}), qr/PQ012.*It holds 2 messages/s, 'and the third is refused');

# The rate.
sql(q{SELECT pgqrs.create_queue('slow', enqueue_rate => 0.001, enqueue_burst => 3)});
is(sql(q{SELECT count(*) FROM pgqrs.enqueue_batch('slow', '{1,2}')}), '2', 'two of a burst of three');
my $error = raised(q{SELECT pgqrs.enqueue_batch('slow', '{1,2}')});
like($error, qr/ERROR:  PQ006: queue "slow" takes no more messages now/, 'two more are too many');
my ($wait) = $error =~ /DETAIL:  Retry in (\d+) ms\./;
cmp_ok($wait // 0, '>', 900_000, 'and have to wait');
cmp_ok($wait // 0, '<=', 1_000_000, 'for as long as one takes');
sql(q{BEGIN; SELECT pgqrs.enqueue('slow', '1'); ROLLBACK});
like(raised(q{SELECT pgqrs.enqueue('slow', '1')}), qr/PQ006/, 'a rollback gives no token back');
sql(q{SELECT pgqrs.alter_queue('slow', enqueue_rate => 1000000)});
like(raised(q{SELECT pgqrs.enqueue('slow', '1')}), qr/DETAIL:  Retry in 1 ms\./, 'a higher rate counts from the next call on');
sql(q{SELECT pgqrs.enqueue('slow', '1')});
sql(q{SELECT pgqrs.alter_queue('slow', enqueue_rate => 0.001)});
is(sql(q{SELECT count(*) FROM pgqrs.enqueue_batch('slow', array_fill('1'::jsonb, ARRAY[5000]))}), '5000', 'a batch larger than the burst passes a full bucket');
like(raised(q{SELECT pgqrs.enqueue('slow', '1')}), qr/DETAIL:  Retry in \d{9,} ms\./, 'and others wait the longer');
$node->restart;
is(sql(q{SELECT pgqrs.enqueue('slow', '1') > 0}), 't', 'a restart begins with a full bucket');
sql(q{SELECT pgqrs.alter_queue('slow', enqueue_rate => 0)});
is(sql(q{SELECT count(*) FROM pgqrs.enqueue_batch('slow', '{1,2,3,4,5}')}), '5', 'without a rate there is no limit');
sql(q{SELECT pgqrs.alter_queue('slow', enqueue_rate => 0.001)});
is(sql(q{SELECT count(*) FROM pgqrs.verify()}), '0', 'verify finds nothing');

# Without shared memory.
$node->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
$node->restart;
like(raised(q{SELECT pgqrs.create_queue('other', enqueue_rate => 1)}), qr/ERROR:  0A000.*HINT:  Add pgqrs to shared_preload_libraries/s, 'a rate cannot be set');
like(raised(q{SELECT pgqrs.alter_queue('slow', enqueue_rate => 1)}), qr/0A000/, 'nor changed');
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query(q{SELECT pgqrs.enqueue('slow', '1')});
$session->query(q{SELECT pgqrs.enqueue('slow', '1')});
is(() = $session->{stderr} =~ /WARNING:  enqueue_rate of queue "slow" is not enforced/g, 1, 'one that was set is not enforced, as a warning says once');
$session->quit;
is(sql(q{SELECT kind, object, fault FROM pgqrs.verify()}), 'setting|pgqrs.queues|enqueue_rate of queue slow is not enforced without pgqrs in shared_preload_libraries', 'and verify()');
ok(full(), 'max_messages holds');
sql(q{BEGIN; SELECT pgqrs.pop('q'); SELECT pgqrs.enqueue('q', '1'); COMMIT});
ok(full(), 'also for what was exchanged');

$node->stop;
done_testing();
