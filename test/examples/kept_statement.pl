# A statement handle that is kept, through a pool of several connections: kept_statement.pl PG_SERVER_PREPARE
use v5.30;
use warnings;
use DBI;

sub connect_database {
    return DBI->connect("dbi:Pg:$ENV{DATABASE_URL}", undef, undef,
        { AutoCommit => 1, RaiseError => 1, PrintError => 0, pg_server_prepare => $ARGV[0] });
}

my ($db, $other) = (connect_database(), connect_database());
my $peek = $db->prepare('SELECT id FROM pgqrs.peek(?)');
my $run = sub { $db->selectall_arrayref($peek, undef, 'invoices') };
eval {
    $run->() for 1 .. 3;
    # The other one's transaction takes the connection that knows the statement.
    $other->begin_work;
    $other->selectall_arrayref('SELECT 1');
    $run->();
    1;
} or do { say $DBI::state, " $@"; exit 1 };
say 'works';
