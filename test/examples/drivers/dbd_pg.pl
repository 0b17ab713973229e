# DBD::Pg. JSON is text both ways.
use strict;
use warnings;
use DBI;
use JSON::PP;

sub say_that { print "$_[0]: $_[1]\n" }

my $db = DBI->connect("dbi:Pg:$ENV{DATABASE_URL}", '', '', { RaiseError => 1, PrintError => 0, AutoCommit => 1 });
$db->{pg_server_prepare} = 0 if $ENV{UNPREPARED};
my $json = JSON::PP->new->allow_nonref;
sub value { return scalar $db->selectrow_array($_[0], undef, @_[1 .. $#_]) }

sub sqlstate {
    my ($sql) = @_;
    eval { $db->do($sql); 1 } and return 'none';
    return $db->state;
}

sub shown { defined $_[0] ? "'$_[0]'" : 'undef' }

say_that('version', $DBD::Pg::VERSION);
my $enqueue = q{SELECT pgqrs.enqueue('invoices', ?, headers => ?)};
value($enqueue, $json->encode({ n => 1, text => "\x{e4}'\\" }), $json->encode({ type => 't' }));
value($enqueue, $json->encode([1, 'two']), undef);
value($enqueue, $json->encode('text'), undef);
value(q{SELECT pgqrs.enqueue_batch('invoices', ?)}, [map { $json->encode({ n => $_ }) } 2, 3]);
$db->begin_work;
value($enqueue, '"rolled back"', undef);
$db->rollback;
$db->begin_work;
value($enqueue, '"committed"', undef);
$db->commit;

say_that('ready', shown(value(q{CALL pgqrs.wait('invoices', ?)}, '5 s')));
my ($id, $read_ct, $payload) = $db->selectrow_array(q{SELECT id, read_ct, payload FROM pgqrs.dequeue('invoices')});
say_that('id', "string $id");
say_that('payload', ref $payload || 'string');
say_that('true', shown(value(q{SELECT pgqrs.archive('invoices', ?, ?)}, $id, $read_ct)));
say_that('false', shown(value(q{SELECT pgqrs.archive('invoices', ?, ?)}, $id, $read_ct)));
my $rest = $db->selectall_arrayref(q{SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ?)}, undef, 10);
my ($ids, $counts) = ([map { $_->[0] } @$rest], [map { $_->[1] } @$rest]);
my $archive = q{SELECT id, done FROM pgqrs.archive_batch('invoices', ?, ?)};
say_that('batch', scalar grep { $_->[1] } @{ $db->selectall_arrayref($archive, undef, $ids, $counts) });
say_that('missing queue', sqlstate(q{SELECT pgqrs.enqueue('missing', '1')}));
$db->begin_work;
say_that('wait in a transaction', sqlstate(q{CALL pgqrs.wait('invoices', '1 s')}));
$db->rollback;
my $kept = $db->prepare(q{SELECT id FROM pgqrs.dequeue('invoices', vt => ?)});
for (1 .. 12) {
    $kept->execute('30 s');
    $kept->fetchall_arrayref;
}
