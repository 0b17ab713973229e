"""The examples of all languages together, and the command among them, each in a shop of its own."""

import os
import random
import shlex
import subprocess
import time

import pytest

import shop as shops
from shop import TMP

# Not a language, but a program like the others.
COMMAND = shops.Language("pgqrs", "libpq", [], [str(shops.ROOT / "build" / "cli" / "pgqrs")], [])


@pytest.mark.parametrize("shop", ["direct", "plain", "pooler"], indirect=True)
def test_fleet(shop, languages):
    """Producers and workers of all languages at one queue, some killed: each order has one invoice all the same."""
    pooled = shop.place not in ("plain", "direct")
    wait = 0.2 if pooled else shops.WAIT
    # These take one message each and have it when they are killed.
    doomed = [shop.worker(language, WORK_SECONDS=60, LEASE_SECONDS=5, WAIT_SECONDS=wait) for language in languages]
    for language in languages:
        shop.produce(language, 1)
    first = [message_id for message_id, _ in shop.held(len(languages))]

    def start(language):
        return shop.worker(language, WORK_SECONDS=0.05, LEASE_SECONDS=5, WAIT_SECONDS=wait)

    workers = [start(language) for language in languages for _ in range(2)]
    names = {language.name for language in languages}
    end = time.monotonic() + 60
    orders = len(languages)
    for part in range(100):
        producers = [shop.producer(language, 10) for language in languages]
        if part == 1:
            for i in random.sample(range(len(workers)), len(languages)):
                workers[i].kill()
                workers[i] = start(languages[i // 2])
            for program in doomed:
                program.kill()
        for producer in producers:
            assert producer.status() == 0, f"a producer failed: {producer}"
        orders += 10 * len(languages)
        made_by = {name for name, in shop.rows("SELECT DISTINCT made_by FROM invoices")}
        if part >= 2 and made_by == names:
            break
        assert time.monotonic() < end, f"all languages work: {made_by}"
    shop.wait_for_invoices(orders)
    for worker in workers:
        assert not worker.ended(), f"a worker goes on: {worker}"
    for worker in workers:
        worker.stop()
    assert shop.value("SELECT count(*) FROM orders") == orders, "all orders are there"
    shop.check_ledger()
    counts = shop.rows("SELECT placed_by, count(*) FROM orders GROUP BY placed_by")
    assert {name for name, _ in counts} == names, f"all languages have produced: {counts}"
    again = shop.value("SELECT count(*) FROM pgqrs.archive WHERE id = ANY (%s) AND read_ct > 1", first)
    assert again == len(first), "the messages of the killed were delivered again"
    if pooled:
        connections = shop.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'app'", shop.name
        )
        assert connections <= 3, f"they shared the connections of the pool: {connections}"


@pytest.mark.parametrize("shop", ["pooler", "reset"], indirect=True)
def test_command_line(shop):
    """The command pgqrs: queues, single messages, a file, a wait, and a worker."""
    lines = shops.TMP / f"{shop.name}.ndjson"
    lines.write_text("".join(f'{{"n": {number}}}\n' for number in range(2500)))
    queue = "commands"

    def pgqrs(*arguments, **settings):
        return shop.start(COMMAND, [*COMMAND.producer, *map(str, arguments)], **settings)

    def succeeds(*arguments):
        program = pgqrs(*arguments)
        assert program.status() == 0, f"{program}"
        return program.said()

    succeeds("queue", "create", queue)
    succeeds("message", "send", queue, '{"n": "first"}', "--header", "a=b")
    assert '"first"' in succeeds("message", "dequeue", queue, "--wait", "5s"), "the message is delivered"
    waiting = pgqrs("message", "dequeue", queue, "--wait", "50s")
    shop.wait_for_statement("%dequeue(%")
    succeeds("message", "send", queue, '"second"')
    assert waiting.status() == 0 and '"second"' in waiting.said(), f"the wait ends: {waiting}"
    succeeds("message", "send", queue, "--file", lines)
    assert "2500" in succeeds(
        "work", queue, "--exec", "cat >&2", "--concurrency", 3, "--stop-when-empty"
    ), "all are done"
    assert shop.value("SELECT count(*) FROM pgqrs.list_archive(%s, qty => 10000)", queue) == 2500, "all are archived"
    worker = pgqrs("work", queue, "--exec", "true")
    shop.wait_for_statement("CALL pgqrs.wait%")
    worker.stop()


def test_reconnects(languages):
    """A server that restarts while they wait does not end the workers: they connect again and go on."""
    with shops.shop("restart_direct", "direct") as direct, shops.shop("restart_pooler", "pooler") as pooler:
        try:
            workers = {}
            for language in languages:
                queue = f"q_{language.name}"
                for shop in (direct, pooler):
                    shop.rows("SELECT name FROM pgqrs.create_queue(%s)", queue)
                workers[direct, language] = direct.worker(language, QUEUE=queue)
                # Waits of several workers share the few connections of the pool in turn.
                workers[pooler, language] = pooler.worker(language, QUEUE=queue, WAIT_SECONDS=0.3)
            for turn in (1, 2):
                producers = [
                    shop.start(language, [*language.producer, "1"], QUEUE=f"q_{language.name}")
                    for shop, language in workers
                ]
                for producer in producers:
                    assert producer.status() == 0, f"a producer: {producer}"
                for shop in (direct, pooler):
                    shop.wait_for_invoices(turn * len(languages))
                    made = shop.value("SELECT count(DISTINCT made_by) FROM invoices")
                    assert made == len(languages), "each worker makes them"
                direct.wait_for_waits(len(languages))
                if turn == 1:
                    restart_server("preload")
                    for shop in (direct, pooler):
                        shop.connect_admin()
                        shops.wait_until(shop.reachable, "the server is back")
            for (_, language), worker in workers.items():
                assert not worker.ended(), f"{language.name} goes on: {worker}"
            for shop in (direct, pooler):
                shop.check_ledger()
            for worker in workers.values():
                worker.stop()
        except BaseException:
            for shop in (direct, pooler):
                shop.show_programs()
            raise


def restart_server(name):
    subprocess.run(
        [
            *shlex.split(os.environ["PGQRS_AS_USER_COMMAND"]),
            f"{os.environ['PGQRS_BIN']}/pg_ctl",
            *("-D", TMP / name, "-l", TMP / f"{name}.log", "-m", "fast", "-w", "-s", "restart"),
        ],
        check=True,
        timeout=60,
    )
