# Whatever many sessions do at once, no message is stranded and none is delivered twice under one lease: whenever all pause, dequeues get every message
# that by the tables is due.
#
# PGQRS_SEED=NUMBER repeats what sessions do, as far as their timing allows.
use strict;
use warnings;
use POSIX qw(:sys_wait_h);
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;
use Time::HiRes qw(sleep time);

my $seed = $ENV{PGQRS_SEED} // int(time * 1000) % 1_000_000_000;
srand($seed);
note("PGQRS_SEED=$seed");

# So many sessions at once, and so many scripts of so many transactions for all of them together. A session that was ended
# does not finish its script.
my $sessions = 12;
my %scripts = (plain => Soak::steps(24), preloaded => Soak::steps(60));
my $transactions_of_a_script = 40;

# What sessions do, by weight, how long they lease, and for how long they do it between two looks at what they have left. Commands that make all look
# again from the beginning, and leases that end, would put right what went wrong before: in the first storm there are none.
my %often = (enqueue => 8, enqueue_batch => 2, enqueue_at => 1, dequeue => 20, next => 4, sleep => 8, release => 3, release_batch => 1, archive => 3, archive_late => 4,
    archive_batch => 1, lock => 2, block => 2, pop => 1, wait => 1, delete => 1);
my %storms = (
    'long leases' => { weights => {%often}, leases => [3600_000], interval => 0.1 },
    'short leases' => { weights => { %often, extend => 2, update => 2, insert => 1 }, leases => [ 1, 10, 30, 100, 3600_000 ], interval => 0.1 },
    everything => {
        weights => { %often, extend => 2, update => 2, insert => 1, prepare => 2, end_prepared => 4, alter => 1, pause => 1, terminate => 0.2 },
        leases => [ 1, 10, 100, 300, 3600_000 ], interval => 0.4, crash => 1 });

# Preloaded, no rescan may come to the rescue.
my %settings = (
    plain => "pgqrs.rescan_interval = '200 ms'",
    preloaded => "shared_preload_libraries = 'pgqrs'\npgqrs.rescan_interval = '1 d'");

# What can come of sessions in each other's way, terminated and crashed ones: deadlock, lock timeout, serialization failure, aborted transaction, no
# such savepoint in it, shutdown, crash, starting up, lost connection; of prepared transactions that another one ends: undefined, busy; of REPEATABLE
# READ.
my $expected_errors = qr/(?:40P01|55P03|40001|25P02|3B001|57P0[123]|08\w{3}|42704|55000):|PQ010: cannot wait/;

sub pick { return $_[ rand @_ ] }
sub up_to { return int(rand($_[0] + 1)) }

# One of the messages; by hand, and as releases and extensions, only those with odd ids are changed: leases of the others stay as they are given.
my $any = q{SELECT coalesce((SELECT id FROM pgqrs.messages ORDER BY random() LIMIT 1), -1)};
my $odd = q{SELECT coalesce((SELECT id FROM pgqrs.messages WHERE id % 2 = 1 ORDER BY random() LIMIT 1), -1)};
my $storm;

sub queue { return pick(q{'s1'}, q{'s2'}) }
sub lease { return pick(@{ $storm->{leases} }) }

my %actions = (
    enqueue => sub { 'SELECT pgqrs.enqueue(' . queue() . ", '1', delay => '" . pick(0, 0, up_to(100)) . " ms', priority => " . pick(0, 5, 5, 9) . ')' },
    enqueue_batch => sub { 'SELECT count(*) FROM pgqrs.enqueue_batch(' . queue() . ", '{1,2,3}', priority => " . pick(0, 5, 9) . ')' },
    enqueue_at => sub { 'SELECT pgqrs.enqueue_at(' . queue() . ", '1', now() + '" . up_to(50) . " ms')" },
    insert => sub { "INSERT INTO pgqrs.messages (queue_id, available_at, payload) SELECT id, clock_timestamp() - '" . up_to(500) . " ms'::interval, '1' FROM pgqrs.queues WHERE name = " . queue() },
    dequeue => sub {
        my $lease = lease();
        return "INSERT INTO delivered SELECT id, read_ct, vt - '$lease ms'::interval, vt FROM pgqrs.dequeue_batch(" . queue() . ', ' . pick(1, 1, 2, 10) . ", '$lease ms')";
    },
    next => sub {
        my $lease = lease();
        return "INSERT INTO delivered SELECT n.id, n.read_ct, n.vt - '$lease ms'::interval, n.vt"
            . ' FROM (SELECT * FROM delivered ORDER BY random() LIMIT 1) AS d,'
            . ' pgqrs.next(' . queue() . ', ARRAY[d.id], ARRAY[d.read_ct::bigint], ' . pick(1, 1, 5) . ", '$lease ms') AS n WHERE NOT lost";
    },
    wait => sub { 'INSERT INTO delivered SELECT id, read_ct, NULL, NULL FROM pgqrs.dequeue(' . queue() . ", '" . lease() . " ms', wait => '" . up_to(30) . " ms')" },
    pop => sub { 'SELECT count(*) FROM pgqrs.pop(' . queue() . ', ' . pick(1, 3) . ')' },
    archive => sub { 'SELECT pgqrs.' . pick('archive', 'delete') . '(' . queue() . ", ($any))" },
    archive_late => sub { 'SELECT pgqrs.archive(' . queue() . ", id, read_ct) FROM (SELECT * FROM delivered ORDER BY random() LIMIT 1) AS d" },
    archive_batch => sub { 'SELECT count(*) FROM pgqrs.archive_batch(' . queue() . ", ARRAY(SELECT id FROM pgqrs.messages ORDER BY random() LIMIT 5))" },
    release => sub { 'SELECT pgqrs.release(' . queue() . ", ($odd), '" . pick(0, up_to(100)) . " ms')" },
    release_batch => sub { 'SELECT count(*) FROM pgqrs.release_batch(' . queue() . ", ARRAY(SELECT id FROM pgqrs.messages WHERE id % 2 = 1 ORDER BY random() LIMIT 4), '" . pick(0, up_to(50)) . " ms')" },
    extend => sub { 'SELECT pgqrs.extend_visibility(' . queue() . ", ($odd), '" . lease() . " ms')" },
    update => sub {
        my $time = "clock_timestamp() + '" . (up_to(300) - 250) . " ms'::interval";
        return 'UPDATE pgqrs.messages SET ' . pick("available_at = $time", "vt = $time", 'vt = NULL', 'priority = ' . pick(0, 5, 9)) . " WHERE id = ($odd)";
    },
    delete => sub { "DELETE FROM pgqrs.messages WHERE id = ($any)" },
    lock => sub { "SELECT id FROM pgqrs.messages WHERE id = ($any) FOR UPDATE" },
    block => sub { 'DO $$ BEGIN BEGIN PERFORM pgqrs.dequeue(' . queue() . "); PERFORM pg_sleep(0.01); RAISE 'undo'; EXCEPTION WHEN raise_exception THEN NULL; END; END \$\$" },
    sleep => sub { 'SELECT pg_sleep(' . rand(0.03) . ')' },
    alter => sub { 'SELECT pgqrs.alter_queue(' . queue() . ", '" . (1 + up_to(300)) . " ms')" },
    pause => sub { my $queue = queue(); "SELECT pgqrs.pause_queue($queue), pg_sleep(0.005), pgqrs.resume_queue($queue)" },
    terminate => sub {
        "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = 'storm' AND (wait_event IN ('ClientRead', 'PgSleep')) AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS s";
    },
    # By whomever; outside of a transaction only.
    end_prepared => sub { "SELECT gid FROM pg_prepared_xacts ORDER BY random() LIMIT 1 \\gset\n\\if :{?gid}\n" . pick('COMMIT', 'ROLLBACK') . " PREPARED :'gid';\n\\unset gid\n\\endif\nSELECT" },
);

# Names, each as often as its weight says.
sub wheel { return map { ($_) x (5 * $storm->{weights}{$_}) } grep { $storm->{weights}{$_} } @_ }
sub action { return $actions{ pick(wheel(grep { $_ ne 'end_prepared' } sort keys %actions)) }->() . ";\n" }

my $transactions = 0;

sub transaction
{
    my $kind = pick(('action') x 40, ('block') x 60, wheel('prepare', 'end_prepared'));
    return action() if $kind eq 'action';
    return $actions{$kind}->() . ";\n" if $kind eq 'end_prepared';
    my $sql = 'BEGIN' . (rand() < 0.12 ? ' ISOLATION LEVEL REPEATABLE READ' : '') . ";\n";
    for (1 .. 1 + up_to(4))
    {
        $sql .= rand() < 0.25 ? "SAVEPOINT s;\n" . action() . (rand() < 0.3 ? action() : '') . pick('ROLLBACK TO s', 'ROLLBACK TO s', 'RELEASE s') . ";\n" : action();
    }
    return $sql . ($kind eq 'prepare' ? "PREPARE TRANSACTION '" . ++$transactions . "';\n" : rand() < 0.7 ? "COMMIT;\n" : "ROLLBACK;\n");
}

# All transactions pause when somebody wants lock 42 for himself.
sub script
{
    my $sql = "\\set VERBOSITY verbose\nSET deadlock_timeout = '20 ms';\n";
    for (1 .. $transactions_of_a_script)
    {
        $sql .= "SET lock_timeout = 0; SELECT FROM pg_advisory_lock_shared(42);\n"
            . "SET lock_timeout = '200 ms';\n" . transaction() . "SELECT FROM pg_advisory_unlock_shared(42);\n";
    }
    return $sql;
}

my $scripts = 0;

# Starts a session that runs a script of its own; the process id.
sub start_session
{
    my ($node) = @_;
    my $file = PostgreSQL::Test::Utils::tempdir() . '/' . ++$scripts . '.sql';
    append_to_file($file, script());
    my $pid = fork // die "fork: $!";
    return $pid if $pid != 0;
    open STDOUT, '>', '/dev/null';
    open STDERR, '>>', $node->basedir . '/errors';
    exec 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=storm', '-f', $file or POSIX::_exit(1);
}

# Many sessions, each of which the next follows until all scripts are used up. Again and again all pause and it is looked at
# what they left; the ids of messages found stranded. Half-way the server crashes, if wanted.
sub storm
{
    my ($node, $mode) = @_;
    my $left = $scripts{$mode};
    my $crash_at = $storm->{crash} ? $left / 2 : -1;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default * Soak::steps(1);
    my %running;
    my $looker = $node->background_psql('postgres');
    my ($looks, @stranded) = (0);
    while ($left || %running)
    {
        delete @running{ grep { waitpid($_, WNOHANG) != 0 } keys %running };
        $running{ start_session($node) } = $left-- while $left && keys %running < $sessions;
        sleep $storm->{interval};
        if ($left <= $crash_at)
        {
            $crash_at = -1;
            crash($node);
            eval { $looker->quit };
            $looker = $node->background_psql('postgres');
        }
        push @stranded, look($looker, $mode, '0');
        ++$looks;
        die "sessions do not end, PGQRS_SEED=$seed" if time > $deadline;
    }
    push @stranded, look($looker, $mode, '0');
    $looker->quit;
    note("$looks looks");
    return "@stranded";
}

# The server's, by the end of a session that had dequeued.
sub crash
{
    my ($node) = @_;
    my $victim = $node->background_psql('postgres');
    $victim->query_safe(q{BEGIN; SELECT id FROM pgqrs.dequeue('s1')});
    Crash::by_killing($node, $victim);
}

# The messages that are due while all pause and that dequeues do not get: preloaded in one go, otherwise in time. What is
# dequeued is archived.
sub look
{
    my ($session, $mode, $clock) = @_;
    my $now = "clock_timestamp() + '$clock'";
    my @prepared = grep { $_ ne '' } split /\n/, $session->query_safe("SET pgqrs.clock_offset = '$clock'; SELECT FROM pg_advisory_lock(42); SELECT gid FROM pg_prepared_xacts");
    $session->query_safe(pick('COMMIT', 'ROLLBACK') . " PREPARED '$_'") for @prepared;
    my %due = map { $_ => 1 } split /\n/, $session->query_safe("SELECT id FROM pgqrs.messages WHERE available_at <= $now AND (vt IS NULL OR vt <= $now)");
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    do
    {
        for my $queue ('s1', 's2')
        {
            while (my @got = split /\n/, $session->query_safe("SELECT id FROM pgqrs.dequeue_batch('$queue', 50, '1 d')"))
            {
                delete @due{@got};
                $session->query_safe("SELECT count(*) FROM pgqrs.archive_batch('$queue', '{" . join(',', @got) . "}')");
            }
        }
    } while (%due && $mode eq 'plain' && time < $deadline);
    $session->query_safe('SELECT FROM pg_advisory_unlock(42)');
    return sort { $a <=> $b } keys %due;
}

for my $mode (sort keys %settings)
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf',
        "fsync = off\nlog_statement = none\nlog_line_prefix = '%e '\nlog_min_messages = log\nmax_prepared_transactions = 100\nmax_connections = 60\nrestart_after_crash = on\n$settings{$mode}\n");
    $node->start;
    $node->safe_psql('postgres', q{
        CREATE EXTENSION pgqrs;
        SELECT pgqrs.create_queue('s1', '100 ms'), pgqrs.create_queue('s2', '100 ms');
        CREATE TABLE delivered (id bigint, read_ct int, at timestamptz, vt timestamptz);
    });
    for my $name ('long leases', 'short leases', 'everything')
    {
        $storm = $storms{$name};
        is(storm($node, $mode), '', "$mode, $name: nothing is stranded") or diag("PGQRS_SEED=$seed");
    }
    my $looker = $node->background_psql('postgres');
    is(join(' ', look($looker, $mode, '2 h')), '', "$mode: nothing is when all leases have ended") or diag("PGQRS_SEED=$seed");
    $looker->quit;
    is($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.messages}), '0', "$mode: nothing is left");
    my $delivered = $node->safe_psql('postgres', 'SELECT count(*) FROM delivered');
    cmp_ok($delivered, '>', $scripts{$mode} * $transactions_of_a_script / 4, "$mode: $delivered deliveries");
    is($node->safe_psql('postgres', 'SELECT id, read_ct, count(*) FROM delivered GROUP BY 1, 2 HAVING count(*) > 1'), '', "$mode: no delivery was made twice")
        or diag("PGQRS_SEED=$seed");
    is($node->safe_psql('postgres', q{
            SELECT one.id, one.read_ct, one.vt, other.at
            FROM delivered AS one JOIN delivered AS other ON other.id = one.id AND other.read_ct > one.read_ct AND other.at < one.vt
            WHERE one.id % 2 = 0
        }), '', "$mode: none under a lease that had not ended") or diag("PGQRS_SEED=$seed");
    my @errors = grep { /(ERROR|FATAL|PANIC):  \w{5}:/ && !/:  $expected_errors/ } split /\n/, slurp_file($node->basedir . '/errors');
    is(join("\n", @errors), '', "$mode: no error but those that must be expected") or diag("PGQRS_SEED=$seed");
    # But for the one that was killed.
    unlike(slurp_file($node->logfile), qr/signal 11|signal 6|PANIC|TRAP/, "$mode: nothing crashed");
    $node->stop;
}

done_testing();
