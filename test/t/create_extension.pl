# CREATE EXTENSION takes only an empty schema, makes it its own, and grants nothing when it fails.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
mkdir $node->backup_dir;
$node->safe_psql('postgres', 'CREATE ROLE owner; CREATE ROLE other; CREATE ROLE mallory; CREATE DATABASE owned OWNER owner');
$node->safe_psql('owned', 'GRANT CREATE ON DATABASE owned TO other');

# The SQLSTATE of a command's error, or none.
sub state_of
{
    my ($command) = @_;
    my (undef, undef, $stderr) = $node->psql('owned', "\\set VERBOSITY sqlstate\n$command");
    return $stderr =~ /ERROR:  (\w{5})/ ? $1 : $stderr;
}

my $create = 'SET ROLE owner; CREATE EXTENSION pgqrs;';
my $privileges = q{SELECT nspacl FROM pg_namespace WHERE nspname = 'pgqrs'};
my $empty = q{SELECT count(*) FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace('pgqrs') AND deptype = 'n'};

# Something is in the schema already: of every kind, and whoever asks.
my %in_the_way = (
    table => 'CREATE TABLE pgqrs.mine ()',
    function => q{CREATE FUNCTION pgqrs.enqueue(text, text) RETURNS int LANGUAGE sql AS 'SELECT 1'},
    type => 'CREATE TYPE pgqrs.mine AS ENUM ()',
    operator => 'CREATE OPERATOR pgqrs.= (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)');
for my $kind (sort keys %in_the_way)
{
    $node->safe_psql('owned', "SET ROLE owner; CREATE SCHEMA pgqrs; $in_the_way{$kind}");
    is(state_of($create), '42710', "a schema with a $kind in it is refused");
    is(state_of('CREATE EXTENSION pgqrs'), '42710', "a schema with a $kind in it is refused for a superuser too");
    is($node->safe_psql('owned', $privileges), '', "and nothing is granted on the schema with the $kind");
    is($node->safe_psql('owned', $empty), '1', "and only the $kind is in it");
    $node->safe_psql('owned', 'DROP SCHEMA pgqrs CASCADE');
}

# An empty schema of another ordinary role is taken over, and who was allowed to create in it is not any more.
for my $installer ('SET ROLE owner;', '')
{
    my $new_owner = $installer ? 'owner' : 'postgres';
    $node->safe_psql('owned', 'SET ROLE other; CREATE SCHEMA pgqrs; GRANT ALL ON SCHEMA pgqrs TO mallory WITH GRANT OPTION');
    $node->safe_psql('owned', "$installer CREATE EXTENSION pgqrs");
    is($node->safe_psql('owned', q{SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'pgqrs'}),
        $new_owner, "$new_owner takes the schema over");
    is(state_of("SET ROLE $_; CREATE TABLE pgqrs.mine ()"), '42501', "$_ has lost it") for 'other', 'mallory';
    $node->safe_psql('owned', 'DROP EXTENSION pgqrs; DROP SCHEMA pgqrs');
}

# A superuser restores the dump of a database whose ordinary owner installed the extension.
$node->safe_psql('owned', q{SET ROLE owner; CREATE EXTENSION pgqrs; SELECT pgqrs.create_queue('q'); SELECT pgqrs.enqueue('q', '1')});
$node->command_ok([ 'pg_dump', '-Fc', '-f', $node->backup_dir . '/owned', $node->connstr('owned') ], 'dumps');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $node->backup_dir . '/owned' ], 'a superuser restores it');
is($node->safe_psql('restored', q{SELECT payload FROM pgqrs.dequeue('q'); SELECT * FROM pgqrs.verify()}), '1', 'and all is there');
$node->safe_psql('owned', 'DROP EXTENSION pgqrs; DROP SCHEMA pgqrs');

# What is allowed: no schema, one's own, a superuser's.
sub works
{
    my ($how) = @_;
    is(state_of($create), '', "installs into $how");
    is($node->safe_psql('owned', q{
            SET ROLE owner;
            SELECT name FROM pgqrs.create_queue('q');
            SELECT pgqrs.enqueue('q', '"hello"');
            SELECT payload FROM pgqrs.dequeue('q');
            SELECT * FROM pgqrs.verify();
        }), "q\n1\n\"hello\"", "works in $how");
    is(state_of('SET ROLE owner; DROP EXTENSION pgqrs'), '', "goes from $how");
    is($node->safe_psql('owned', $empty), '0', "nothing stays in $how");
}
works('a schema of its own making');
is($node->safe_psql('owned', q{SELECT count(*) FROM pg_namespace WHERE nspname = 'pgqrs'}), '1', 'the schema stays');
works('the schema it left behind');
works('the schema it left behind twice');
$node->safe_psql('owned', 'DROP SCHEMA pgqrs; SET ROLE owner; CREATE SCHEMA pgqrs');
works('a schema of the same owner');
$node->safe_psql('owned', 'DROP SCHEMA pgqrs; CREATE SCHEMA pgqrs');
works('a schema of a superuser');

$node->stop;
done_testing();
