# Thousands of failing and of succeeding calls of every function neither crash the backend nor make it grow, and no error is an internal one.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Soak;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'log_min_error_statement = panic');
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('storm');
    SELECT pgqrs.register_worker('storm', 'w');
    SELECT pgqrs.enqueue_batch('storm', '{1,2,3}');

    -- Every function with good arguments but one, which is hostile, and with NULL everywhere.
    CREATE TABLE good (type text, value text);
    INSERT INTO good VALUES ('text', '''storm'''), ('jsonb', '''{}'''), ('interval', '''1 ms'''), ('integer', '1'), ('bigint', '1'), ('boolean', 'true'),
        ('timestamp with time zone', 'now() + ''1 h'''), ('jsonb[]', '''{}'''), ('bigint[]', '''{1}'''), ('integer[]', '''{1}'''),
        ('double precision', '0.5'), ('text[]', '''{e}''');
    CREATE TABLE hostile (type text, value text);
    INSERT INTO hostile SELECT type, value FROM good;
    INSERT INTO hostile SELECT type, 'NULL' FROM good;
    INSERT INTO hostile VALUES
        ('text', ''''''), ('text', '''none'''), ('text', 'repeat(''x'', 1000000)'), ('text', '''größe 🐘'''), ('text', 'E''a\nb''''"; --'''), ('text', '''%s%n{id}'''),
        ('jsonb', '''null'''), ('jsonb', '''[]'''), ('jsonb', 'to_jsonb(repeat(''x'', 2000000))'), ('jsonb', '''"\u0001"'''),
        ('interval', '''0'''), ('interval', '''-1 s'''), ('interval', '''178000000 years'''), ('interval', '''-178000000 years'''),
        ('integer', '0'), ('integer', '-1'), ('integer', '2147483647'), ('integer', '-2147483648'),
        ('bigint', '0'), ('bigint', '-1'), ('bigint', '9223372036854775807'), ('bigint', '-9223372036854775808'),
        ('timestamp with time zone', '''infinity'''), ('timestamp with time zone', '''-infinity'''), ('timestamp with time zone', '''2000-01-01'''), ('timestamp with time zone', '''294276-12-31'''),
        ('jsonb[]', '''{NULL}'''), ('jsonb[]', '''{{1},{2}}'''), ('jsonb[]', 'array_fill(''1''::jsonb, ARRAY[10001])'), ('jsonb[]', 'ARRAY[to_jsonb(repeat(''x'', 2000000))]'),
        ('bigint[]', '''{NULL}'''), ('bigint[]', '''{}'''), ('bigint[]', '''{{1},{2}}'''), ('bigint[]', 'array_fill(1::bigint, ARRAY[10001])'),
        ('double precision', '''NaN'''), ('double precision', '''-Infinity'''), ('double precision', '2'),
        ('text[]', '''{NULL}'''), ('text[]', '''{}'''), ('text[]', '''{{a},{b}}'''), ('text[]', 'ARRAY[repeat(''ä'', 600000)]'),
        ('integer[]', '''{NULL}'''), ('integer[]', '''{1,2}'''), ('integer[]', '''{{1}}''');
    CREATE TABLE calls AS
    SELECT format('%s pgqrs.%I(%s)', CASE prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, proname, string_agg(CASE WHEN a.place = bad.place THEN hostile.value ELSE good.value END, ', ' ORDER BY a.place)) AS call
    FROM pg_proc
    CROSS JOIN LATERAL unnest(proargtypes) WITH ORDINALITY AS bad (type, place)
    JOIN hostile ON hostile.type = format_type(bad.type, NULL)
    CROSS JOIN LATERAL unnest(proargtypes) WITH ORDINALITY AS a (type, place)
    JOIN good ON good.type = format_type(a.type, NULL)
    WHERE pronamespace = 'pgqrs'::regnamespace
    GROUP BY pg_proc.oid, proname, prokind, bad.place, hostile.value
    UNION ALL
    SELECT format('%s pgqrs.%I(%s)', CASE prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, proname, repeat('NULL, ', pronargs - 1) || 'NULL')
    FROM pg_proc
    WHERE pronamespace = 'pgqrs'::regnamespace AND pronargs > 0;

    -- All of them, each rolled back; how each ended.
    CREATE PROCEDURE storm(INOUT calls int, INOUT failed int, INOUT bad text) LANGUAGE plpgsql AS $$
    DECLARE
        c text;
    BEGIN
        FOR c IN SELECT call FROM public.calls LOOP
            calls := calls + 1;
            BEGIN
                EXECUTE c;
                RAISE EXCEPTION USING ERRCODE = 'ZZ000';
            EXCEPTION WHEN OTHERS THEN
                IF SQLSTATE <> 'ZZ000' THEN failed := failed + 1; END IF;
                IF SQLSTATE !~ '^(ZZ000|PQ0|0A|22|23)' AND NOT (c LIKE 'CALL %' AND SQLSTATE = '25001') THEN bad := coalesce(bad, '') || SQLSTATE || ' ' || left(SQLERRM, 100) || ': ' || left(c, 200) || E'\n'; END IF;
            END;
        END LOOP;
    END
    $$;
});

is($node->safe_psql('postgres', q{
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'pgqrs'::regnamespace AND pronargs > 0 AND NOT EXISTS (SELECT FROM calls WHERE call LIKE '%pgqrs.' || quote_ident(proname) || '(%')
    }), '', 'every function is called');

my $session = $node->background_psql('postgres', on_error_stop => 0);
my ($pid) = $session->query_safe('SELECT pg_backend_pid()') =~ /(\d+)/;

# Bytes PostgreSQL's memory contexts hold, and private memory of the process, which includes what C++ allocates.
sub memory
{
    my ($contexts) = $session->query_safe('SELECT sum(total_bytes) FROM pg_backend_memory_contexts') =~ /(\d+)/;
    my ($private) = slurp_file("/proc/$pid/status") =~ /RssAnon:\s+(\d+) kB/;
    return ($contexts, $private * 1024);
}

sub does_not_grow
{
    my ($what, $round) = @_;
    $round->() for 1 .. 2;
    my ($contexts, $private) = memory();
    $round->() for 1 .. Soak::steps(5);
    my ($contexts_after, $private_after) = memory();
    cmp_ok($contexts_after - $contexts, '<', 512 * 1024, "$what: memory contexts stay as they are");
    cmp_ok($private_after - $private, '<', 4 * 1024 * 1024, "$what: the process does not grow");
}

my $answer;
does_not_grow('errors caught', sub { $answer = $session->query_safe('CALL storm(0, 0, NULL)') });
my ($calls, $failed, $bad) = split /\|/, $answer, 3;
cmp_ok($calls, '>', 400, "$calls calls");
cmp_ok($failed, '>', 200, "$failed of them failed");
is($bad, '', 'no error is an internal one');

# The same without anybody catching the error.
my $script = $node->safe_psql('postgres', q{SELECT string_agg(call, ';' || E'\n' ORDER BY random()) FROM calls WHERE call LIKE 'SELECT %' AND call !~ 'repeat|fill|drop_queue'}) . ';';
$script =~ s/^/SELECT 1 FROM (/mg;
$script =~ s/;$/) AS s;/mg;
# A part at a time: psql reads no more while nobody takes what it says.
my @statements = split /\n/, $script;
my @parts;
push @parts, join("\n", splice(@statements, 0, 200)) while @statements;
does_not_grow('errors not caught', sub { for my $part (@parts) { $session->query($part); $session->{stderr} = '' } });

# And calls that succeed.
does_not_grow('success', sub {
    $session->query_safe(q{
        SELECT pgqrs.create_queue('success', if_not_exists => true);
        DO $$
        DECLARE
            m pgqrs.message;
        BEGIN
            FOR i IN 1..500 LOOP
                PERFORM pgqrs.enqueue('success', '{"some": "payload"}', headers => '{"h": 1}');
                PERFORM pgqrs.enqueue_batch('success', '{1,2,3}');
                SELECT * INTO m FROM pgqrs.dequeue('success');
                PERFORM pgqrs.archive('success', m.id, m.read_ct);
                PERFORM pgqrs.delete_batch('success', (SELECT array_agg(id) FROM pgqrs.dequeue_batch('success', 10)));
                PERFORM pgqrs.pop('success'), pgqrs.peek('success'), pgqrs.get_queue('success'), pgqrs.count_messages('success');
            END LOOP;
        END
        $$;
        SELECT pgqrs.drop_queue('success', true);
        SELECT 1 FROM pgqrs.queue_metrics('storm'), pgqrs.all_queues_metrics(), pgqrs.verify();
    });
});

is($session->query_safe(q{SELECT pgqrs.enqueue('storm', '1') > 0}), 't', 'the session still works');
$session->quit;
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
$node->stop;
done_testing();
