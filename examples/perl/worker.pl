#!/usr/bin/perl
# Makes the invoice for each order, exactly once. Runs until SIGTERM or SIGINT. See examples/README.md.
#
#   DATABASE_URL=postgresql://... worker.pl
use v5.30;
use warnings;
use DBD::Pg qw(:async);
use DBI;
use IO::Select;
use JSON::PP;
use List::Util qw(min);
use POSIX qw(WNOHANG _exit);
use Time::HiRes qw(sleep time);

my $queue = $ENV{QUEUE} // 'invoices';
my $lease = $ENV{LEASE_SECONDS} // 30;
my $wait = $ENV{WAIT_SECONDS} // 20;
my $work = $ENV{WORK_SECONDS} // 0;

my $stopping = 0;
$SIG{TERM} = $SIG{INT} = sub { $stopping = 1 };

sub say_error { print STDERR "perl: @_\n" }

# AutoCommit: a lease is committed before the work starts, and a wait must not be inside a transaction. The URI goes to
# libpq as it is. AutoInactiveDestroy: the end of a forked child does not close the parent's connection.
sub connect_database {
    return DBI->connect('dbi:Pg:' . ($ENV{DATABASE_URL} // ''), undef, undef,
        { AutoCommit => 1, RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 });
}

# A child extends the lease, with a connection of its own, made only for long jobs. It ends when the pipe is closed: at
# the end of the work, or by the death of this process, however it dies. Returns its process id and the pipe.
sub keep_lease {
    my ($id, $read_ct) = @_;
    pipe my $reader, my $writer or die "pipe: $!";
    my $child = fork // die "fork: $!";
    if ($child) {
        close $reader;
        return ($child, $writer);
    }
    close $writer;
    $SIG{TERM} = $SIG{INT} = 'IGNORE';    # a signal to the whole group: the job in hand is still finished
    my $done = IO::Select->new($reader);
    my $held = 1;
    while ($held && !$done->can_read($lease / 3)) {
        eval {
            my $extend = 'SELECT pgqrs.extend_visibility(?, ?, ?, ?)';
            ($held) = connect_database()->selectrow_array($extend, undef, $queue, $id, "$lease s", $read_ct);
            1;
        } or say_error("message $id not extended: $@");    # the next turn tries again
    }
    _exit($held ? 0 : 1);
}

sub invoice_total {
    my ($db, $order_id, $keeper) = @_;
    # The long part of a real job; it looks now and then whether to go on. The keeper ends when the lease is lost.
    my $ready = time + $work;
    while (time < $ready) {
        die "lease lost\n" if waitpid $keeper, WNOHANG;
        sleep min(0.1, $work);
    }
    my $sum = 'SELECT sum(quantity * price) FROM order_lines WHERE order_id = ?';
    my ($total) = $db->selectrow_array($sum, undef, $order_id);
    return $total // die "there is no order $order_id\n";
}

sub process {
    my ($db, $id, $payload, $read_ct) = @_;
    my ($keeper, $pipe) = keep_lease($id, $read_ct);
    my $done = eval {
        my $order_id = decode_json($payload)->{order_id};
        my $total = invoice_total($db, $order_id, $keeper);
        # The invoice and the end of the message are one transaction: both, or neither.
        $db->begin_work;
        $db->do("INSERT INTO invoices (order_id, message_id, read_ct, made_by, total) VALUES (?, ?, ?, 'perl', ?)",
            undef, $order_id, $id, $read_ct, $total);
        my $archive = 'SELECT pgqrs.archive(?, ?, ?)';
        my ($archived) = $db->selectrow_array($archive, undef, $queue, $id, $read_ct);
        $archived or die "lease lost\n";
        $db->commit;
        1;
    };
    my $error = $@;
    close $pipe;
    waitpid $keeper, 0;
    return if $done;
    $db->rollback if !$db->{AutoCommit};
    return say_error("message $id went to another worker") if $error eq "lease lost\n";
    say_error("message $id failed: $error");
    # Tried again after the queue's back-off, until its attempts are used up. Without a connection this dies, too: the lease
    # runs out, and somebody gets the message again.
    $db->do('SELECT pgqrs.fail(?, ?, error => ?, read_ct => ?)', undef, $queue, $id, $error =~ s/\s+\z//r, $read_ct);
}

# Asynchronous, since Perl handles signals between two calls only. Outside of a transaction.
sub wait_for_message {
    my ($db) = @_;
    my $call = $db->prepare('CALL pgqrs.wait(?, ?)', { pg_async => PG_ASYNC });
    $call->execute($queue, "$wait s");
    my $socket = IO::Select->new($db->{pg_socket});
    # A cancel that comes before the server has begun the call ends nothing, and pg_cancel waits for its end.
    my $begun = time + 0.5;
    until ($db->pg_ready) {
        return $db->pg_cancel if $stopping && time > $begun;
        $socket->can_read(0.5);
    }
    $db->pg_result;
}

sub work {
    my ($db) = @_;
    until ($stopping) {
        my $dequeue = 'SELECT id, payload, read_ct FROM pgqrs.dequeue(?, vt => ?)';
        my @message = $db->selectrow_array($dequeue, undef, $queue, "$lease s");
        if (@message) { process($db, @message) }
        elsif ($ENV{STOP_WHEN_EMPTY}) { $stopping = 1 }
        else { wait_for_message($db) }
    }
}

my $pause = 0.5;
until ($stopping) {
    my $db = eval { connect_database() };
    $pause = 0.5 if $db;
    next if $db && eval { work($db); 1 };
    # The connection, or the server ended it: try again, ever more slowly.
    say_error("$@; connecting again in $pause s");
    sleep $pause;
    $pause = min(2 * $pause, 30);
}
