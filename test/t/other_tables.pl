# The engine serves tables that are not those of pgqrs: with other names, without queues, priorities and most other columns,
# many of them in one session; with triggers of users on them, and with rows that are written by hand. In both modes.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Cwd qw(abs_path);

my $library = abs_path('test/engine/pgqrs_probe.so');

for my $mode ('plain', 'preloaded')
{
    my $node = PostgreSQL::Test::Cluster->new($mode);
    $node->init;
    $node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off");
    $node->append_conf('postgresql.conf', "shared_preload_libraries = '$library'") if $mode eq 'preloaded';
    $node->start;
    my $function = sub {
        my ($name, $arguments, $result) = @_;
        return "CREATE FUNCTION other.$name($arguments) RETURNS $result LANGUAGE c AS '$library', '$name';";
    };
    my $row = 'SETOF record';
    $node->safe_psql('postgres', join("\n", q{
        CREATE SCHEMA other;
        CREATE TABLE other.jobs (body jsonb, job bigserial PRIMARY KEY, tries int NOT NULL, due timestamptz NOT NULL, locked_until timestamptz);
        CREATE INDEX ON other.jobs (due, job);
        CREATE TABLE other.letters (number bigserial PRIMARY KEY, box int NOT NULL, due timestamptz NOT NULL, tries int NOT NULL,
            locked_until timestamptz, taken_at timestamptz, body jsonb);
        CREATE INDEX ON other.letters (box, due, number);
        },
        $function->('probe_append', "relation text, queue bigint, bodies jsonb[], delay interval DEFAULT '0'", 'bigint'),
        $function->('probe_lease', "relation text, queue bigint, qty bigint, lease interval DEFAULT '1 h'", $row),
        $function->('probe_pop', "relation text, queue bigint, qty bigint, lease interval DEFAULT '0'", $row),
        $function->('probe_show', "relation text, queue bigint, qty bigint, lease interval DEFAULT '0'", $row),
        $function->('probe_finish', 'relation text, queue bigint, id bigint, read_ct bigint DEFAULT NULL', 'boolean'),
        $function->('probe_release', 'relation text, queue bigint, id bigint, read_ct bigint DEFAULT NULL', 'boolean'),
        $function->('probe_jobs_changed', '', 'trigger'),
        $function->('probe_letters_changed', '', 'trigger'),
        q{CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON other.jobs FOR EACH ROW EXECUTE FUNCTION other.probe_jobs_changed();},
        q{CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON other.letters FOR EACH ROW EXECUTE FUNCTION other.probe_letters_changed();}));

    # What a function answers: rows as "id body tries".
    my $rows = sub {
        my ($call) = @_;
        return "SELECT coalesce(string_agg(concat_ws(' ', id, body, tries), ', '), 'none') "
            . "FROM other.$call AS r (id bigint, body jsonb, tries int);";
    };
    my $answers = sub {
        my ($sql, $expected, $what) = @_;
        is($node->safe_psql('postgres', $sql), $expected, "$mode: $what");
    };

    # All of it in one session, so that it meets what the backend keeps of each table.
    $answers->(join("\n",
            q{SELECT other.probe_append('jobs', 0, '{1,2,3}'), other.probe_append('letters', 7, '{4}'), other.probe_append('letters', 8, '{5}');},
            $rows->(q{probe_show('jobs', 0, 10)}),
            $rows->(q{probe_lease('jobs', 0, 2)}),
            $rows->(q{probe_lease('jobs', 0, 2)}),
            $rows->(q{probe_lease('jobs', 0, 2)}),
            $rows->(q{probe_lease('letters', 7, 2)}),
            $rows->(q{probe_lease('letters', 7, 2)}),
            $rows->(q{probe_pop('letters', 8, 2)}),
            q{SELECT other.probe_finish('jobs', 0, 1, 7), other.probe_finish('jobs', 0, 1, 1), other.probe_finish('jobs', 0, 1);},
            q{SELECT other.probe_release('jobs', 0, 2, 1), other.probe_finish('letters', 8, 1), other.probe_finish('letters', 7, 1);},
            $rows->(q{probe_lease('jobs', 0, 2)})),
        join("\n", '3|1|2', '1 1 0, 2 2 0, 3 3 0', '1 1 1, 2 2 1', '3 3 1', 'none', '1 4 1', 'none', '2 5 1', 'f|t|f', 't|f|t', '2 2 2'),
        'messages are appended, shown, leased, popped, released and finished in their order');

    $answers->(join("\n",
            q{SELECT other.probe_append('jobs', 0, '{6}', '1 h');},
            $rows->(q{probe_lease('jobs', 0, 2)}),
            q{UPDATE other.jobs SET due = now() WHERE body = '6';},
            $rows->(q{probe_lease('jobs', 0, 2)}),
            q{INSERT INTO other.jobs VALUES ('7', -7, 0, now() - interval '1 y', NULL);},
            $rows->(q{probe_lease('jobs', 0, 2)}),
            q{BEGIN;}, $rows->(q{probe_lease('letters', 7, 2)}),
            q{SELECT other.probe_append('letters', 7, '{8}');}, $rows->(q{probe_lease('letters', 7, 2)}), q{ROLLBACK;},
            $rows->(q{probe_lease('letters', 7, 2)})),
        join("\n", '4', 'none', '4 6 1', '-7 7 1', 'none', '3', '3 8 1', 'none'),
        'a delay, rows written by hand, and a rollback');

    $answers->(join("\n",
            q{CREATE TABLE seen (what text);},
            q{CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (TG_OP); RETURN NEW; END';},
            q{CREATE TRIGGER see BEFORE INSERT OR UPDATE ON other.letters FOR EACH ROW EXECUTE FUNCTION see();},
            q{ALTER TABLE other.letters ADD half numeric GENERATED ALWAYS AS (tries / 2.0) STORED, ADD note text DEFAULT 'x', ADD CHECK (box < 100);},
            q{SELECT other.probe_append('letters', 9, '{9}');},
            $rows->(q{probe_lease('letters', 9, 2)}),
            q{SELECT round(half, 1), note FROM other.letters WHERE box = 9;},
            q{SELECT string_agg(what, ' ') FROM seen;}),
        join("\n", '4', '4 9 1', '0.5|x', 'INSERT UPDATE'), 'what users put on a table happens');

    my (undef, undef, $error) = $node->psql('postgres', q{
        \set VERBOSITY sqlstate
        SELECT other.probe_append('letters', 100, '{1}');
        DROP INDEX other.jobs_due_job_idx;
        SELECT * FROM other.probe_lease('jobs', 0, 1) AS r (id bigint, body jsonb, tries int);
        ALTER TABLE other.jobs RENAME due TO at;
        SELECT other.probe_append('jobs', 0, '{1}');
        DROP TABLE other.letters;
        SELECT other.probe_append('letters', 7, '{1}');}, on_error_stop => 0);
    is_deeply([ $error =~ /ERROR:  (\w+)/g ], [ '23514', '55000', '42703', '42P01' ], "$mode: errors say what is wrong");
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, "$mode: nothing crashed");
    $node->stop;
}
done_testing();
