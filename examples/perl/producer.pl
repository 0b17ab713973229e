#!/usr/bin/perl
# Places orders, and enqueues a job for each in the same transaction.
#
#   DATABASE_URL=postgresql://... producer.pl [ORDERS [QUANTITY]]
#
# A quantity of 0 is refused by the table: then neither the order nor its job exists.
use v5.30;
use warnings;
use DBI;
use JSON::PP;

my $queue = $ENV{QUEUE} // 'invoices';
my ($orders, $quantity) = (shift // 1, shift // 3);

# The URI goes to libpq as it is.
my $db = DBI->connect('dbi:Pg:' . ($ENV{DATABASE_URL} // ''), undef, undef,
    { AutoCommit => 1, RaiseError => 1, PrintError => 0 });

sub place_order {
    $db->begin_work;
    my ($order_id) = $db->selectrow_array("INSERT INTO orders (placed_by) VALUES ('perl') RETURNING id");
    # 0 + makes it a number in JSON.
    $db->do('SELECT pgqrs.enqueue(?, ?, headers => ?)', undef,
        $queue, encode_json({ order_id => 0 + $order_id }), encode_json({ type => 'order_placed', source => 'perl' }));
    # If this fails the enqueue is undone with the rest.
    $db->do("INSERT INTO order_lines VALUES (?, 'pencil', ?, 1.20), (?, 'paper', ?, 4.50)", undef,
        $order_id, $quantity, $order_id, $quantity);
    $db->commit;
}

# What dies in the middle of a transaction takes the connection with it, and the server rolls back.
place_order() for 1 .. $orders;
$db->disconnect;
