# CREATE EXTENSION takes only a schema that is empty and whose owner can be trusted, and grants nothing when it fails.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE owner; CREATE ROLE other; CREATE DATABASE owned OWNER owner');
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

# The schema is empty, but another ordinary role could put things into it later.
$node->safe_psql('owned', 'SET ROLE other; CREATE SCHEMA pgqrs');
is(state_of($create), '42501', 'a schema of another role is refused');
is(state_of('CREATE EXTENSION pgqrs'), '42501', 'a schema of an ordinary role is refused for a superuser');
is($node->safe_psql('owned', $privileges), '', 'and nothing is granted on it');
$node->safe_psql('owned', 'DROP SCHEMA pgqrs');

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
