"""What doc/clients.md tells beside its drivers. Its SQL is run as it stands there."""

import os
import re
import subprocess

import psycopg
import pytest

import shop as shops
from shop import ROOT, TMP, wait_until


@pytest.fixture
def shop(request):
    with shops.shop(request.function.__name__, "direct") as one:
        yield one


def recipe(heading, number=0):
    """A block of SQL below a heading of the document."""
    section = (ROOT / "doc" / "clients.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sql\n(.*?)```", section, re.DOTALL)[number]


def test_enqueues_through_a_foreign_table(shop):
    """A message goes to a queue in another database, in the transaction of the caller: both, or neither."""
    shop.db.execute(recipe("Another database", 0))
    with shops.shop("test_foreign_caller", "direct") as caller:
        caller.db.execute("CREATE TABLE orders_here (id bigint)")
        where = f"host '{TMP / 's'}', port '{caller.server_port}', dbname '{shop.name}'"
        there = recipe("Another database", 1)
        there = there.replace("host 'queues.example', dbname 'queues'", where)
        there = there.replace("user 'app', password 'secret'", "user 'postgres'")
        assert where in there, "the server of the recipe is replaced"
        caller.db.execute(there)
        send = recipe("Another database", 2)
        with pytest.raises(InterruptedError), caller.db.transaction():
            caller.db.execute(send)
            raise InterruptedError
        assert shop.rows("SELECT payload FROM pgqrs.messages") == [], "rolled back there, too"
        with caller.db.transaction():
            (message_id,) = caller.db.execute(send).fetchone()
        assert shop.rows("SELECT id, payload FROM pgqrs.messages") == [(message_id, {"order_id": 42})]
        with pytest.raises(psycopg.Error) as caught:
            caller.db.execute(send.replace("'invoices'", "'missing'"))
        assert caught.value.sqlstate == "PQ002", "the error of the other database comes as it is"
    shop.rows("SELECT pgqrs.archive('invoices', id) FROM pgqrs.messages")


def test_finishes_and_takes_the_next_in_one_statement(shop):
    """The first answer has the next message; the second says that the first one is not there to finish any more."""
    step = recipe("One commit a message")
    shop.rows("SELECT pgqrs.enqueue_batch('invoices', '{1, 2}')")
    assert shop.rows("SELECT id, read_ct FROM pgqrs.next('invoices')") == [(1, 1)]
    assert shop.rows(step) == [(2, 2, 1, False)]
    assert shop.rows("SELECT id, payload FROM pgqrs.archive") == [(1, 1)]
    assert shop.rows(step) == [(1, None, None, True)]
    shop.rows("SELECT pgqrs.archive('invoices', 2, 1)")


def test_ends_the_wait_of_a_dead_client(shop):
    """With client_connection_check_interval a wait whose client is gone ends long before its time."""
    shop.db.execute(f"ALTER DATABASE {shop.name} SET client_connection_check_interval = '500ms'")
    client = ["psql", "-X", "-q", "-h", str(TMP / "s"), "-p", shop.server_port, "-U", "postgres", "-d", shop.name]
    with subprocess.Popen([*client, "-c", "CALL pgqrs.wait('invoices', '10 min')"], stdout=2, env=os.environ) as psql:
        shop.wait_for_waits(1)
        psql.kill()
    wait_until(lambda: shop.waits() == 0, "the wait has ended in the server")


def test_finds_what_an_encoding_cannot_show(shop):
    """A message that a client's encoding cannot show fails each dequeue there; the recipe finds it."""
    shop.rows("SELECT pgqrs.enqueue('invoices', %s)", '{"price": "9 €"}')
    (good,) = shop.rows("SELECT pgqrs.enqueue('invoices', %s)", '{"price": "9 £"}')[0]
    (bad_header,) = shop.rows("SELECT pgqrs.enqueue('invoices', '1', headers => %s)", '{"type": "€"}')[0]
    with shop.admin(shop.name) as latin:
        latin.execute("SET client_encoding = 'LATIN1'")
        for _ in range(3):
            with pytest.raises(psycopg.errors.UntranslatableCharacter):
                latin.execute("SELECT * FROM pgqrs.dequeue('invoices')")
    assert shop.value("SELECT max(read_ct) FROM pgqrs.messages") == 0, "no delivery: it stays the next one"
    shop.db.execute(recipe("Messages that a client cannot show", 0))
    found = shop.rows(recipe("Messages that a client cannot show", 1).rstrip(";\n"))
    assert [row[0] for row in found] == [good - 1, bad_header], "those, and not the other one"
    for (message_id, *_) in found:
        assert shop.value("SELECT pgqrs.delete('invoices', %s)", message_id)
    with shop.admin(shop.name) as latin:
        latin.execute("SET client_encoding = 'LATIN1'")
        assert latin.execute("SELECT id FROM pgqrs.dequeue('invoices')").fetchone() == (good,)


def test_exports_numbers(shop):
    """Times as numbers of seconds, for exporters."""
    shop.rows("SELECT pgqrs.enqueue('invoices', '1')")
    ((queue, age),) = shop.rows(recipe("Numbers for exporters").rstrip(";\n"))
    assert queue == "invoices" and isinstance(age, float) and 0 <= age < 3600
