"""The examples of one language, in a shop of its own. What a test claims is in its first line."""

import os

import pytest

import shop as shops
from shop import HERE, wait_until

places = pytest.mark.places


@places("direct", "pooler", "reset")
def test_makes_invoices(shop, language):
    """Each order gets one invoice and an archived message with its headers."""
    shop.produce(language, 8)
    assert shop.value("SELECT count(*) FROM pgqrs.messages") == 8, "each order has a message"
    shop.drain(language)
    shop.check_ledger()
    who = shop.rows("SELECT DISTINCT o.placed_by, i.made_by FROM orders AS o JOIN invoices AS i ON i.order_id = o.id")
    assert who == [(language.name, language.name)], f"it says who it is: {who}"


@places("direct", "pooler", "reset")
def test_enqueues_nothing_when_refused(shop, language):
    """When a later statement of the producer's transaction fails there is no message, although it called enqueue."""
    last_id = "SELECT last_value FROM pgqrs.messages_id_seq"
    before = shop.value(last_id)
    program = shop.producer(language, 1, 0)
    assert program.status() != 0, "the producer fails"
    assert "order_lines_quantity_check" in str(program), f"it says what was refused: {program}"
    assert shop.value(last_id) == before + 1, "enqueue was called"
    counts = shop.rows("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM pgqrs.messages)")
    assert counts == [(0, 0)], f"no order and no message: {counts}"


@places("direct", "pooler")
def test_hands_on_when_killed(shop, language):
    """The message of a worker that is killed goes to another one, and there is one invoice."""
    shop.produce(language, 1)
    killed = shop.worker(language, WORK_SECONDS=60, LEASE_SECONDS=2)
    shop.held()
    killed.kill()
    other = shop.worker(language)
    shop.wait_for_invoices(1)
    assert shop.value("SELECT read_ct FROM invoices") == 2, "it was the second delivery"
    shop.wait_for_waits(1)
    other.stop()
    shop.check_ledger()


@places("direct", "pooler")
def test_extends_the_lease(shop, language):
    """A job that takes longer than its lease is done by who has it, while another worker is waiting for it."""
    shop.produce(language, 1)
    slow = shop.worker(language, WORK_SECONDS=5, LEASE_SECONDS=2)
    shop.held()
    other = shop.worker(language)
    shop.wait_for_invoices(1)
    assert shop.value("SELECT read_ct FROM invoices") == 1, "it was the first delivery"
    assert shop.value("SELECT processing_duration > '4 s' FROM pgqrs.archive"), "it took longer than the lease"
    for program in (slow, other):
        program.stop()
    shop.check_ledger()


def take_over(shop):
    """Gives the only message to the test, whoever has it."""
    ((message_id, _),) = shop.held()
    with shop.db.transaction():
        shop.rows("SELECT pgqrs.release('invoices', %s)", message_id)
        ((taken, read_ct),) = shop.rows("SELECT id, read_ct FROM pgqrs.dequeue('invoices', vt => '1 hour')")
    assert taken == message_id, "the test has the message"
    return taken, read_ct


def gives_up_a_lost_job(shop, language, **settings):
    """A worker whose message went to another one makes no invoice and goes on."""
    shop.produce(language, 1)
    worker = shop.worker(language, **settings)
    shop.held()
    message_id, read_ct = take_over(shop)
    shop.wait_for_waits(1)
    assert shop.value("SELECT count(*) FROM invoices") == 0, "there is no invoice"
    assert shop.in_flight() == [(message_id, read_ct)], "the test still has the message"
    worker.stop()
    assert shop.value("SELECT pgqrs.release('invoices', %s, read_ct => %s)", message_id, read_ct), "released"
    shop.drain(language)
    shop.check_ledger()


@places("direct", "pooler")
def test_stops_working_on_a_lost_job(shop, language):
    """The extension notices that the message went to another worker, and the work ends early."""
    gives_up_a_lost_job(shop, language, WORK_SECONDS=60, LEASE_SECONDS=2)


@places("direct", "pooler")
def test_rolls_back_a_lost_job(shop, language):
    """When only the archive notices it, the invoice is rolled back."""
    gives_up_a_lost_job(shop, language, WORK_SECONDS=1.5)


@places("direct", "pooler")
def test_tries_again_later(shop, language):
    """A job that fails is tried again after the back-off, and the worker goes on; the next delivery succeeds."""
    shop.rows("SELECT pgqrs.alter_queue('invoices', backoff_base => '3 s')")
    enqueue = "SELECT pgqrs.enqueue('invoices', %s, headers => %s)"
    order = 1_000_000
    headers = f'{{"type": "order_placed", "source": "{language.name}"}}'
    shop.rows(enqueue, f'{{"order_id": {order}}}', headers)
    worker = shop.worker(language)
    wait_until(
        lambda: shop.rows("SELECT delayed FROM pgqrs.queue_metrics('invoices', exact => true)") == [(1,)],
        "the message is delayed",
    )
    assert shop.rows("SELECT read_ct, attempt FROM pgqrs.messages") == [(1, 1)], "it was delivered and failed once"
    failure = shop.value("SELECT f.error FROM pgqrs.messages AS m, pgqrs.list_failures('invoices', m.id) AS f")
    assert f"no order {order}" in failure, failure
    with shop.db.transaction():
        shop.db.execute("INSERT INTO orders (id, placed_by) VALUES (%s, %s)", [order, language.name])
        shop.db.execute("INSERT INTO order_lines VALUES (%s, 'ink', 1, 9.80)", [order])
    shop.wait_for_invoices(1)
    assert shop.value("SELECT read_ct FROM invoices") == 2, "it was the second delivery"
    worker.stop()
    shop.check_ledger()


@places("direct", "pooler")
def test_finishes_the_job_at_sigterm(shop, language):
    """SIGTERM in the middle of a job: it is finished, and no other one begun."""
    shop.produce(language, 2)
    worker = shop.worker(language, WORK_SECONDS=1.5)
    shop.held()
    worker.stop()
    assert shop.value("SELECT count(*) FROM invoices") == 1, "the job was finished"
    assert shop.rows("SELECT read_ct FROM pgqrs.messages") == [(0,)], "the other was not begun"
    shop.drain(language)
    shop.check_ledger()


@places("direct", "pooler", "reset")
def test_ends_the_wait_at_sigterm(shop, language):
    """SIGTERM while it waits: it ends soon, and so does the wait in the server."""
    worker = shop.worker(language)
    shop.wait_for_waits(1)
    worker.stop()
    wait_until(lambda: shop.waits() == 0, "the wait has ended in the server", shops.SOON)


@places("direct")
def test_keeps_trying_to_connect(shop, language):
    """A worker that loses its connection, and gets no other, says so and keeps trying; SIGTERM still ends it."""
    with shops.Way(shop.port) as way:
        worker = shop.worker(language, port=way.port)
        shop.wait_for_waits(1)
        before = len(worker.said())
    wait_until(lambda: "refused" in worker.said()[before:].lower() or worker.ended(), f"it says so: {worker}")
    assert not worker.ended(), f"it goes on: {worker}"
    worker.stop()


@places("direct", "pooler", "reset")
def test_wakes_up(shop, language):
    """A worker that waits makes the invoice as soon as there is an order, not at the end of its wait."""
    worker = shop.worker(language)
    shop.wait_for_waits(1)
    shop.produce(language, 1)
    shop.wait_for_invoices(1)
    assert shop.value("SELECT clock_timestamp() - placed_at < '20 s' FROM orders"), "at once"
    worker.stop()
    shop.check_ledger()


# --- prepared statements

# What switches a driver's prepared statements off in an example.
SWITCHED_OFF = {
    "python": (", prepare_threshold=None", ""),
    "java": ("db.unwrap(org.postgresql.PGConnection.class).setPrepareThreshold(0);", ""),
}


def follows_prepared_statements():
    return tuple(map(int, os.environ["EXAMPLES_PGBOUNCER"].split(".")[:2])) >= (1, 21)


@places("single", languages=SWITCHED_OFF)
def test_prepares_by_default(shop, language):
    """Without the line that switches it off, the driver prepares. PgBouncer before 1.21 mixes the statements of two
    clients up; the second gets an error, and no message is lost. A later one follows them."""
    changed = shops.changed_copy(language, *SWITCHED_OFF[language.name])
    for turn in ("first", "second"):
        shop.produce(language, 10)
        worker = shop.worker(changed, STOP_WHEN_EMPTY=1, LEASE_SECONDS=2)
        complains = turn == "second" and not follows_prepared_statements()
        wait_until(
            lambda: worker.ended() or (complains and "prepared statement" in worker.said()), f"{turn}: {worker}"
        )
        if complains:
            assert "already exists" in worker.said(), f"the second client gets the error: {worker}"
            worker.kill()
            helper = shop.worker(language, WAIT_SECONDS=1)
            shop.wait_for_invoices(20)
            helper.stop()
        else:
            assert worker.status() == 0 and "prepared" not in worker.said(), f"no error: {worker}"
    shop.check_ledger()


@places("pooler", languages=["perl"])
def test_keeps_a_statement(shop, language):
    """DBD::Pg prepares a handle that is kept and executed again. PgBouncer before 1.21 gives it a connection that does
    not know the statement; with pg_server_prepare => 0 it works with any."""
    for server_prepare, works in ((1, follows_prepared_statements()), (0, True)):
        program = shop.start(language, ["/usr/bin/perl", str(HERE / "kept_statement.pl"), str(server_prepare)])
        assert (program.status() == 0) == works, f"pg_server_prepare {server_prepare}: {program}"
        if not works:
            assert "26000" in str(program), f"invalid_sql_statement_name: {program}"
