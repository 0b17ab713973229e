# Whatever many sessions do at once, no message is stranded and none is delivered twice under one lease: when all have ended, dequeues get every
# message that by the tables is due.
#
# PGQRS_SEED=NUMBER repeats what sessions do, as far as their timing allows.
use strict;
use warnings;
use POSIX qw(:sys_wait_h);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $seed = $ENV{PGQRS_SEED} // int(time * 1000) % 1_000_000_000;
srand($seed);
note("PGQRS_SEED=$seed");

my $sessions = 12;
my $rounds = 4;
my $seconds = 2.5;

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

sub queue { return pick(q{'s1'}, q{'s2'}) }

my %actions = (
    enqueue => sub { 'SELECT pgqrs.enqueue(' . queue() . ", '1', delay => '" . pick(0, 0, up_to(300)) . " ms', priority => " . pick(0, 5, 5, 9) . ')' },
    enqueue_batch => sub { 'SELECT count(*) FROM pgqrs.enqueue_batch(' . queue() . ", '{1,2,3}', priority => " . pick(0, 5, 9) . ')' },
    enqueue_at => sub { 'SELECT pgqrs.enqueue_at(' . queue() . ", '1', now() + '" . up_to(100) . " ms')" },
    insert => sub { "INSERT INTO pgqrs.messages (queue_id, available_at, payload) SELECT id, clock_timestamp() - '" . up_to(2000) . " ms'::interval, '1' FROM pgqrs.queues WHERE name = " . queue() },
    dequeue => sub {
        my $lease = pick(1, 10, 100, 300, 300, 3600_000);
        return "INSERT INTO delivered SELECT id, read_ct, vt - '$lease ms'::interval, vt FROM pgqrs.dequeue_batch(" . queue() . ', ' . pick(1, 1, 2, 10) . ", '$lease ms')";
    },
    wait => sub { 'INSERT INTO delivered SELECT id, read_ct, NULL, NULL FROM pgqrs.dequeue(' . queue() . ", '100 ms', wait => '" . up_to(30) . " ms')" },
    pop => sub { 'SELECT count(*) FROM pgqrs.pop(' . queue() . ', ' . pick(1, 3) . ')' },
    archive => sub { 'SELECT pgqrs.' . pick('archive', 'delete') . '(' . queue() . ", ($any))" },
    archive_late => sub { 'SELECT pgqrs.archive(' . queue() . ", id, read_ct) FROM (SELECT * FROM delivered ORDER BY random() LIMIT 1) AS d" },
    archive_batch => sub { 'SELECT count(*) FROM pgqrs.archive_batch(' . queue() . ", ARRAY(SELECT id FROM pgqrs.messages ORDER BY random() LIMIT 5))" },
    release => sub { 'SELECT pgqrs.release(' . queue() . ", ($odd), '" . pick(0, up_to(200)) . " ms')" },
    release_batch => sub { 'SELECT count(*) FROM pgqrs.release_batch(' . queue() . ", ARRAY(SELECT id FROM pgqrs.messages WHERE id % 2 = 1 ORDER BY random() LIMIT 4), '" . pick(0, up_to(100)) . " ms')" },
    extend => sub { 'SELECT pgqrs.extend_visibility(' . queue() . ", ($odd), '" . pick(1, 50, 300) . " ms')" },
    update => sub {
        my $time = "clock_timestamp() + '" . (up_to(3000) - 2500) . " ms'::interval";
        return 'UPDATE pgqrs.messages SET ' . pick("available_at = $time", "vt = $time", 'vt = NULL', 'priority = ' . pick(0, 5, 9)) . " WHERE id = ($odd)";
    },
    delete => sub { "DELETE FROM pgqrs.messages WHERE id = ($any)" },
    lock => sub { "SELECT id FROM pgqrs.messages WHERE id = ($any) FOR UPDATE" },
    block => sub { 'DO $$ BEGIN BEGIN PERFORM pgqrs.dequeue(' . queue() . "); PERFORM pg_sleep(0.01); RAISE 'undo'; EXCEPTION WHEN raise_exception THEN NULL; END; END \$\$" },
    sleep => sub { 'SELECT pg_sleep(' . rand(0.04) . ')' },
    alter => sub { 'SELECT pgqrs.alter_queue(' . queue() . ", '" . (1 + up_to(300)) . " ms')" },
    pause => sub { my $queue = queue(); "SELECT pgqrs.pause_queue($queue), pg_sleep(0.005), pgqrs.resume_queue($queue)" },
    terminate => sub {
        "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = 'storm' AND (wait_event IN ('ClientRead', 'PgSleep')) AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS s";
    },
);
my %weights = (enqueue => 8, enqueue_batch => 3, insert => 2, dequeue => 22, sleep => 8, release => 3, archive => 4, archive_late => 4, terminate => 0.2, alter => 0.5, pause => 0.2);
my @wheel = map { ($_) x (10 * ($weights{$_} // 2)) } sort keys %actions;

sub action { return $actions{ pick(@wheel) }->() . ";\n" }

sub transaction
{
    my ($number) = @_;
    return action() if rand() < 0.4;
    my $sql = 'BEGIN' . (rand() < 0.12 ? ' ISOLATION LEVEL REPEATABLE READ' : '') . ";\n";
    for (1 .. 1 + up_to(4))
    {
        $sql .= rand() < 0.25 ? "SAVEPOINT s;\n" . action() . (rand() < 0.3 ? action() : '') . pick('ROLLBACK TO s', 'ROLLBACK TO s', 'RELEASE s') . ";\n" : action();
    }
    return $sql . "COMMIT;\n" if rand() < 0.65;
    return $sql . "ROLLBACK;\n" if rand() < 0.7;
    return $sql . "PREPARE TRANSACTION '$number';\n";
}

# Another session may have prepared it.
sub end_prepared { return "SELECT gid FROM pg_prepared_xacts ORDER BY random() LIMIT 1 \\gset\n\\if :{?gid}\n" . pick('COMMIT', 'ROLLBACK') . " PREPARED :'gid';\n\\unset gid\n\\endif\n" }

# More than a session can do in the time; it stops when that is over.
sub script
{
    my ($name, $deadline) = @_;
    my $sql = "\\set VERBOSITY verbose\nSET deadlock_timeout = '20 ms';\nSET lock_timeout = '200 ms';\n";
    for my $number (1 .. 400)
    {
        $sql .= transaction("$name-$number") . (rand() < 0.1 ? end_prepared() : '') . "SELECT extract(epoch FROM clock_timestamp()) > $deadline AS over \\gset\n\\if :over\n\\q\n\\endif\n";
    }
    return $sql;
}

my $scripts = 0;

# Starts a session that runs a script of its own; the process id.
sub start_session
{
    my ($node, $deadline) = @_;
    my $file = PostgreSQL::Test::Utils::tempdir() . '/' . ++$scripts . '.sql';
    append_to_file($file, script($scripts, $deadline));
    my $pid = fork // die "fork: $!";
    return $pid if $pid != 0;
    open STDOUT, '>', '/dev/null';
    open STDERR, '>>', $node->basedir . '/errors';
    exec 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=storm', '-f', $file;
    POSIX::_exit(1);
}

# Many sessions; those that were ended are replaced. Half-way a backend is killed, if wanted. Afterwards all have ended, prepared transactions too.
sub storm
{
    my ($node, $kill) = @_;
    my $end = time + $seconds;
    my %running = map { (start_session($node, $end) => 1) } 1 .. $sessions;
    while (%running)
    {
        while ((my $pid = waitpid -1, WNOHANG) > 0)
        {
            delete $running{$pid} or next;
            $running{ start_session($node, $end) } = 1 if time < $end - 0.1;
        }
        if ($kill && time > $end - $seconds / 2)
        {
            my ($state, $out) = $node->psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'storm' ORDER BY random() LIMIT 1});
            $kill = !($out && kill 'KILL', $out);
        }
        sleep 0.02;
        die "sessions do not end, PGQRS_SEED=$seed" if time > $end + $PostgreSQL::Test::Utils::timeout_default;
    }
    $node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'storm'}) or die 'sessions do not end';
    for my $prepared (split /\n/, $node->safe_psql('postgres', 'SELECT gid FROM pg_prepared_xacts'))
    {
        $node->safe_psql('postgres', pick('COMMIT', 'ROLLBACK') . " PREPARED '$prepared'");
    }
    $node->safe_psql('postgres', q{SELECT pgqrs.resume_queue(name) FROM pgqrs.list_queues()});
}

# The messages that were due when it began and that dequeues do not get: preloaded in one go, otherwise until ten seconds have passed. Those that
# it gets are archived.
sub stranded
{
    my ($node, $mode, $clock) = @_;
    my $session = $node->background_psql('postgres');
    $session->query_safe("SET pgqrs.clock_offset = '$clock'");
    my $now = "clock_timestamp() + '$clock'";
    my %due = map { $_ => 1 } split /\n/, $session->query_safe("SELECT id FROM pgqrs.messages WHERE available_at <= $now AND (vt IS NULL OR vt <= $now)");
    my $due = keys %due;
    my $deadline = time + 10;
    do
    {
        for my $queue ('s1', 's2')
        {
            while (my @got = split /\n/, $session->query_safe("SELECT id FROM pgqrs.dequeue_batch('$queue', 20, '1 d')"))
            {
                delete @due{@got};
                $session->query_safe("SELECT count(*) FROM pgqrs.archive_batch('$queue', '{" . join(',', @got) . "}')");
            }
        }
    } while (%due && $mode eq 'plain' && time < $deadline);
    $session->quit;
    note("$due messages were due");
    return join ' ', sort { $a <=> $b } keys %due;
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
    for my $round (1 .. $rounds)
    {
        storm($node, $round == 2);
        is(stranded($node, $mode, '0'), '', "$mode, round $round: nothing is stranded") or diag("PGQRS_SEED=$seed");
    }
    is(stranded($node, $mode, '2 h'), '', "$mode: nothing is when all leases have ended") or diag("PGQRS_SEED=$seed");
    is($node->safe_psql('postgres', q{SELECT count(*) FROM pgqrs.messages}), '0', "$mode: nothing is left");
    my $delivered = $node->safe_psql('postgres', 'SELECT count(*) FROM delivered');
    cmp_ok($delivered, '>', 300, "$mode: $delivered deliveries");
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
