# What was committed survives restart, crash and kill -9, leases included; what was not is as if it never happened.
use strict;
use warnings;
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 5\nrestart_after_crash = on\n");
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('q', '1 h');
    SELECT pgqrs.enqueue_batch('q', '{1,2,3}');
});

sub contents { return $node->safe_psql('postgres', q{SELECT payload, read_ct, vt IS NOT NULL FROM pgqrs.list_messages('q')}); }

is($node->safe_psql('postgres', q{SELECT payload FROM pgqrs.dequeue('q')}), '1', 'one message in flight');
$node->restart;
is(contents(), "1|1|t\n2|0|f\n3|0|f", 'a restart keeps messages and lease');

# Crash with one transaction open.
my $open = $node->background_psql('postgres');
$open->query_safe(q{BEGIN; SELECT pgqrs.enqueue('q', '"lost"'); SELECT pgqrs.dequeue('q'); SELECT pgqrs.archive('q', min(id)) FROM pgqrs.messages});
$node->stop('immediate');
eval { $open->quit };
$node->start;
is(contents(), "1|1|t\n2|0|f\n3|0|f", 'a crash keeps what was committed and nothing else');
is($node->safe_psql('postgres', q{SELECT payload, read_ct FROM pgqrs.dequeue('q')}), '2|1', 'the lease holds after the crash');
is($node->safe_psql('postgres', q{SET pgqrs.clock_offset = '2 h'; SELECT payload, read_ct FROM pgqrs.dequeue_batch('q', 10, '1 ms')}),
    "1|2\n2|2\n3|1", 'and runs out when it should');

# A prepared transaction outlives the restart; no backend that knows of it commits it.
$node->safe_psql('postgres', q{
    SELECT pgqrs.purge_queue('q');
    BEGIN;
    SELECT pgqrs.enqueue('q', '"prepared"');
    PREPARE TRANSACTION 'p';
});
is($node->safe_psql('postgres', q{SELECT pgqrs.enqueue('q', '"younger"') > 0; SELECT payload FROM pgqrs.dequeue_batch('q', 10)}),
    "t\n\"younger\"", 'a prepared message is not seen');
$node->restart;
is($node->safe_psql('postgres', q{COMMIT PREPARED 'p'; SELECT payload FROM pgqrs.dequeue_batch('q', 10)}), '"prepared"', 'it is delivered once committed');

# kill -9 of a backend: in the middle of a delivery, and after one that was committed.
$node->safe_psql('postgres', q{SELECT pgqrs.purge_queue('q'); SELECT pgqrs.enqueue('q', '1')});
my $victim = $node->background_psql('postgres');
is($victim->query_safe(q{BEGIN; SELECT payload, read_ct FROM pgqrs.dequeue('q')}), '1|1', 'delivered, not committed');
Crash::by_killing($node, $victim);
is(contents(), '1|0|f', 'kill -9 in the middle of a delivery gives the message back');
$victim = $node->background_psql('postgres');
is($victim->query_safe(q{SELECT payload, read_ct FROM pgqrs.dequeue('q')}), '1|1', 'delivered and committed');
Crash::by_killing($node, $victim);
is($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.dequeue('q')}), '0', 'the lease of a killed consumer holds');
is($node->safe_psql('postgres', q{SET pgqrs.clock_offset = '2 h'; SELECT payload, read_ct FROM pgqrs.dequeue('q')}), '1|2', 'then the message is delivered again');

# A terminated session gives back what it had not committed.
$node->safe_psql('postgres', q{SELECT pgqrs.purge_queue('q'); SELECT pgqrs.enqueue('q', '1')});
$victim = $node->background_psql('postgres');
$victim->query_safe(q{BEGIN; SELECT payload FROM pgqrs.dequeue('q')});
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE state = 'idle in transaction'});
eval { $victim->quit };
is($node->safe_psql('postgres', q{SELECT payload, read_ct FROM pgqrs.dequeue('q')}), '1|1', 'so does pg_terminate_backend');

$node->stop;
done_testing();
