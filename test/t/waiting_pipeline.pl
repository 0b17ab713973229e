# CALL pgqrs.wait ends its transaction, so it refuses to come behind other statements in a pipeline: they would be committed in silence.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pgqrs;
    SELECT pgqrs.create_queue('q');
    CREATE TABLE before (n int)});

# Runs statements in one pipeline of the extended protocol. Answers what went wrong.
sub pipeline
{
    my @statements = @_;
    my $script = PostgreSQL::Test::Utils::tempdir . '/script';
    append_to_file($script, join("\n", '\startpipeline', map({ "$_;" } @statements), '\endpipeline', ''));
    my $result = IPC::Run::run(
        [ 'pgbench', '-n', '-t', '1', '-M', 'extended', '-f', $script, $node->connstr('postgres') ],
        '>', \my $out, '2>', \my $error);
    unlink $script;
    return $error =~ /ERROR:/ ? $error : $result ? '' : "pgbench: $error";
}

my $wait = q{CALL pgqrs.wait('q', '0')};
my $insert = 'INSERT INTO before VALUES (1)';

my $refused = qr/cannot follow other statements in a pipeline|cannot run inside a transaction block/;
like(pipeline($insert, $wait), $refused, 'refused behind an INSERT');
is($node->safe_psql('postgres', 'SELECT count(*) FROM before'), '0', 'what came before it was not committed');
like(pipeline($wait, $wait), $refused, 'refused behind another wait');

is(pipeline($wait), '', 'alone in a pipeline it waits');
is(pipeline($wait, $insert), '', 'before others it waits');
is($node->safe_psql('postgres', 'SELECT count(*) FROM before'), '1', 'what comes behind it is done');

# The SQLSTATE.
my ($code, $out, $error) = $node->psql('postgres', qq{\\set VERBOSITY sqlstate\nBEGIN; $wait; COMMIT});
like($error, qr/25001/, 'in a transaction block: 25001');

done_testing();
