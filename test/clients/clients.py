"""Tests of the examples in every language: clients.py [LANGUAGE...]

Prints `ok TEST` or `not ok TEST`, at the end `N passed, N failed`. Called by run.sh, which starts the servers. A place is
where the programs connect to: direct (a preloaded server), plain (one without preloading), and through PgBouncer in
transaction mode pooler, reset (DISCARD ALL after each transaction) and single (one server connection for all).
"""

import concurrent.futures
import os
import random
import shlex
import subprocess
import sys
import threading
import time
import traceback

import psycopg
import shop as shops
from shop import HERE, TMP, check, wait_until

passed = failed = 0
lock = threading.Lock()


def run(name, test, *arguments):
    global passed, failed
    begin = time.monotonic()
    try:
        test(*arguments)
        result = True
    except Exception:
        result = False
        with lock:
            print(f"{name}:\n{traceback.format_exc()}", file=sys.stderr)
    with lock:
        passed, failed = passed + result, failed + (not result)
        print(f"{'ok' if result else 'not ok'} {name} ({time.monotonic() - begin:.1f} s)", flush=True)
    return result


# --- one language in a shop of its own. The first line of each says what is claimed.


def makes_invoices(shop, language):
    """Each order gets one invoice and an archived message with its headers."""
    shop.produce(language, 8)
    check(shop.value("SELECT count(*) FROM pgqrs.messages") == 8, "each order has a message")
    shop.drain(language)
    shop.check_ledger()
    who = shop.rows("SELECT DISTINCT o.placed_by, i.made_by FROM orders AS o JOIN invoices AS i ON i.order_id = o.id")
    check(who == [(language.name, language.name)], f"it says who it is: {who}")


def enqueues_nothing_when_refused(shop, language):
    """When a later statement of the producer's transaction fails there is no message, although it called enqueue."""
    last_id = "SELECT last_value FROM pgqrs.messages_id_seq"
    before = shop.value(last_id)
    program = shop.producer(language, 1, 0)
    check(program.status() != 0, "the producer fails")
    check("order_lines_quantity_check" in str(program), f"it says what was refused: {program}")
    check(shop.value(last_id) == before + 1, "enqueue was called")
    counts = shop.rows("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM pgqrs.messages)")
    check(counts == [(0, 0)], f"no order and no message: {counts}")


def hands_on_when_killed(shop, language):
    """The message of a worker that is killed goes to another one, and there is one invoice."""
    shop.produce(language, 1)
    killed = shop.worker(language, WORK_SECONDS=60, LEASE_SECONDS=2)
    shop.held()
    killed.kill()
    other = shop.worker(language)
    shop.wait_for_invoices(1)
    check(shop.value("SELECT read_ct FROM invoices") == 2, "it was the second delivery")
    shop.wait_for_waits(1)
    other.stop(5)
    shop.check_ledger()


def extends_the_lease(shop, language):
    """A job that takes longer than its lease is done by who has it, while another worker is waiting for it."""
    shop.produce(language, 1)
    slow = shop.worker(language, WORK_SECONDS=5, LEASE_SECONDS=2)
    shop.held()
    other = shop.worker(language)
    shop.wait_for_invoices(1)
    check(shop.value("SELECT read_ct FROM invoices") == 1, "it was the first delivery")
    check(shop.value("SELECT processing_duration > '4 s' FROM pgqrs.archive"), "it took longer than the lease")
    for program in (slow, other):
        program.stop(5)
    shop.check_ledger()


def take_over(shop):
    """Gives the only message to the test, whoever has it."""
    ((message_id, _),) = shop.held()
    with shop.db.transaction():
        shop.rows("SELECT pgqrs.release('invoices', %s)", message_id)
        ((taken, read_ct),) = shop.rows("SELECT id, read_ct FROM pgqrs.dequeue('invoices', vt => '1 hour')")
    check(taken == message_id, "the test has the message")
    return taken, read_ct


def gives_up_a_lost_job(shop, language, **settings):
    """A worker whose message went to another one makes no invoice and goes on."""
    shop.produce(language, 1)
    worker = shop.worker(language, **settings)
    shop.held()
    message_id, read_ct = take_over(shop)
    shop.wait_for_waits(1)
    check(shop.value("SELECT count(*) FROM invoices") == 0, "there is no invoice")
    check(shop.in_flight() == [(message_id, read_ct)], "the test still has the message")
    worker.stop(5)
    check(shop.value("SELECT pgqrs.release('invoices', %s, read_ct => %s)", message_id, read_ct), "released")
    shop.drain(language)
    shop.check_ledger()


def stops_working_on_a_lost_job(shop, language):
    """The extension notices that the message went to another worker, and the work ends early."""
    gives_up_a_lost_job(shop, language, WORK_SECONDS=60, LEASE_SECONDS=2)


def rolls_back_a_lost_job(shop, language):
    """When only the archive notices it, the invoice is rolled back."""
    gives_up_a_lost_job(shop, language, WORK_SECONDS=1.5)


def tries_again_later(shop, language):
    """A job that fails is released with a delay, and the worker goes on; the next delivery succeeds."""
    enqueue = "SELECT pgqrs.enqueue('invoices', %s, headers => %s)"
    order = 1_000_000
    headers = f'{{"type": "order_placed", "source": "{language.name}"}}'
    shop.rows(enqueue, f'{{"order_id": {order}}}', headers)
    worker = shop.worker(language)
    wait_until(
        lambda: shop.rows("SELECT delayed FROM pgqrs.queue_metrics('invoices', exact => true)") == [(1,)],
        "the message is delayed",
    )
    check(shop.rows("SELECT read_ct FROM pgqrs.messages") == [(1,)], "it was delivered once")
    with shop.db.transaction():
        shop.db.execute("INSERT INTO orders (id, placed_by) VALUES (%s, %s)", [order, language.name])
        shop.db.execute("INSERT INTO order_lines VALUES (%s, 'ink', 1, 9.80)", [order])
    shop.wait_for_invoices(1)
    check(shop.value("SELECT read_ct FROM invoices") == 2, "it was the second delivery")
    worker.stop(5)
    shop.check_ledger()


def finishes_the_job_at_sigterm(shop, language):
    """SIGTERM in the middle of a job: it is finished, and no other one begun."""
    shop.produce(language, 2)
    worker = shop.worker(language, WORK_SECONDS=1.5)
    shop.held()
    worker.stop(6)
    check(shop.value("SELECT count(*) FROM invoices") == 1, "the job was finished")
    check(shop.rows("SELECT read_ct FROM pgqrs.messages") == [(0,)], "the other was not begun")
    shop.drain(language)
    shop.check_ledger()


def ends_the_wait_at_sigterm(shop, language):
    """SIGTERM while it waits: it ends soon, and so does the wait in the server."""
    worker = shop.worker(language, WAIT_SECONDS=25)
    shop.wait_for_waits(1)
    worker.stop(5)
    wait_until(lambda: shop.waits() == 0, "the wait has ended in the server", 5)


def keeps_trying_to_connect(shop, language):
    """A worker that loses its connection, and gets no other, says so and goes on trying; SIGTERM ends it all the same."""
    with shops.Way(shop.port) as way:
        worker = shop.worker(language, port=way.port)
        shop.wait_for_waits(1)
        before = len(worker.said())
    wait_until(lambda: "refused" in worker.said()[before:].lower() or worker.ended(), f"it says so: {worker}")
    check(not worker.ended(), f"it goes on: {worker}")
    worker.stop(5)


def wakes_up(shop, language):
    """A worker that waits makes the invoice as soon as there is an order, not at the end of its wait."""
    worker = shop.worker(language, WAIT_SECONDS=25)
    shop.wait_for_waits(1)
    shop.produce(language, 1)
    shop.wait_for_invoices(1)
    check(shop.value("SELECT clock_timestamp() - placed_at < '10 s' FROM orders"), "at once")
    worker.stop(5)
    shop.check_ledger()


EVERYTHING = [
    makes_invoices,
    enqueues_nothing_when_refused,
    wakes_up,
    hands_on_when_killed,
    extends_the_lease,
    stops_working_on_a_lost_job,
    rolls_back_a_lost_job,
    tries_again_later,
    finishes_the_job_at_sigterm,
    ends_the_wait_at_sigterm,
    keeps_trying_to_connect,
]


def test_language(name, place, language, tests):
    with shops.shop(f"{name}_{language.name}", place) as shop:
        for test in tests:
            shop.clear()
            run(f"{place} {language.name} {test.__name__}", in_shop, test, shop, language)


def in_shop(test, shop, *arguments):
    """Ends what the test started; shows what it said when the test fails."""
    try:
        test(shop, *arguments)
    except BaseException:
        shop.show_programs()
        raise
    finally:
        shop.end()


# --- all languages together


def reconnects(languages):
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
                    shop.start(language, [*language.producer, "1"], QUEUE=f"q_{language.name}") for shop, language in workers
                ]
                for producer in producers:
                    check(producer.status() == 0, f"a producer: {producer}")
                for shop in (direct, pooler):
                    shop.wait_for_invoices(turn * len(languages))
                    made = shop.value("SELECT count(DISTINCT made_by) FROM invoices")
                    check(made == len(languages), "each worker makes them")
                direct.wait_for_waits(len(languages))
                if turn == 1:
                    restart_server("preload")
                    for shop in (direct, pooler):
                        shop.connect_admin()
                        shops.wait_until(shop.reachable, "the server is back")
            for (_, language), worker in workers.items():
                check(not worker.ended(), f"{language.name} goes on: {worker}")
            for shop in (direct, pooler):
                shop.check_ledger()
            for worker in workers.values():
                worker.stop(5)
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


def fleet(shop, languages):
    """Producers and workers of all languages at one queue, some killed: each order has one invoice all the same."""
    pooled = shop.place not in ("plain", "direct")
    wait = 0.2 if pooled else 20
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
            check(producer.status() == 0, f"a producer failed: {producer}")
        orders += 10 * len(languages)
        made_by = {name for name, in shop.rows("SELECT DISTINCT made_by FROM invoices")}
        if part >= 2 and made_by == names:
            break
        check(time.monotonic() < end, f"all languages work: {made_by}")
    shop.wait_for_invoices(orders)
    for worker in workers:
        check(not worker.ended(), f"a worker goes on: {worker}")
    for worker in workers:
        worker.stop(8)
    check(shop.value("SELECT count(*) FROM orders") == orders, "all orders are there")
    shop.check_ledger()
    counts = shop.rows("SELECT placed_by, count(*) FROM orders GROUP BY placed_by")
    check({name for name, _ in counts} == names, f"all languages have produced: {counts}")
    again = shop.value("SELECT count(*) FROM pgqrs.archive WHERE id = ANY (%s) AND read_ct > 1", first)
    check(again == len(first), "the messages of the killed were delivered again")
    if pooled:
        connections = shop.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'app'", shop.name)
        check(connections <= 3, f"they shared the connections of the pool: {connections}")


# --- prepared statements

# What switches a driver's prepared statements off in an example.
# Not a language, but a program like the others.
COMMAND = shops.Language("pgqrs", "libpq", [], [str(shops.ROOT / "build" / "cli" / "pgqrs")], [])

SWITCHED_OFF = {
    "python": (", prepare_threshold=None", ""),
    "java": ("db.unwrap(org.postgresql.PGConnection.class).setPrepareThreshold(0);", ""),
}


def follows_prepared_statements():
    return tuple(map(int, os.environ["CLIENTS_PGBOUNCER"].split(".")[:2])) >= (1, 21)


def prepares_by_default(shop, language):
    """Without the line that switches it off, the driver prepares. PgBouncer before 1.21 mixes the statements of two
    clients up; the second gets an error, and no message is lost. A later one follows them."""
    changed = shops.changed_copy(language, *SWITCHED_OFF[language.name])
    for turn in ("first", "second"):
        shop.produce(language, 10)
        worker = shop.worker(changed, STOP_WHEN_EMPTY=1, LEASE_SECONDS=2)
        complains = turn == "second" and not follows_prepared_statements()
        wait_until(lambda: worker.ended() or (complains and "prepared statement" in worker.said()), f"{turn}: {worker}")
        if complains:
            check("already exists" in worker.said(), f"the second client gets the error: {worker}")
            worker.kill()
            helper = shop.worker(language, WAIT_SECONDS=1)
            shop.wait_for_invoices(20)
            helper.stop(5)
        else:
            check(worker.status() == 0 and "prepared" not in worker.said(), f"no error: {worker}")
    shop.check_ledger()


def keeps_a_statement(shop, language):
    """DBD::Pg prepares a handle that is kept and executed again. PgBouncer before 1.21 gives it a connection that does
    not know the statement; with pg_server_prepare => 0 it works with any."""
    for server_prepare, works in ((1, follows_prepared_statements()), (0, True)):
        program = shop.start(language, ["/usr/bin/perl", str(HERE / "kept_statement.pl"), str(server_prepare)])
        check((program.status() == 0) == works, f"pg_server_prepare {server_prepare}: {program}")
        if not works:
            check("26000" in str(program), f"invalid_sql_statement_name: {program}")


def command_line(shop):
    """The command pgqrs: queues, single messages, a file, a wait, and a worker."""
    lines = shops.TMP / f"{shop.name}.ndjson"
    lines.write_text("".join(f'{{"n": {number}}}\n' for number in range(2500)))
    queue = "commands"

    def pgqrs(*arguments, **settings):
        return shop.start(COMMAND, [*COMMAND.producer, *map(str, arguments)], **settings)

    def succeeds(*arguments):
        program = pgqrs(*arguments)
        check(program.status() == 0, f"{program}")
        return program.said()

    succeeds("queue", "create", queue)
    succeeds("message", "send", queue, '{"n": "first"}', "--header", "a=b")
    check('"first"' in succeeds("message", "dequeue", queue, "--wait", "5s"), "the message is delivered")
    waiting = pgqrs("message", "dequeue", queue, "--wait", "50s")
    shop.wait_for_statement("%dequeue(%")
    succeeds("message", "send", queue, '"second"')
    check(waiting.status() == 0 and '"second"' in waiting.said(), f"the wait ends: {waiting}")
    succeeds("message", "send", queue, "--file", lines)
    check("2500" in succeeds("work", queue, "--exec", "cat >&2", "--concurrency", 3, "--stop-when-empty"), "all are done")
    check(shop.value("SELECT count(*) FROM pgqrs.list_archive(%s, qty => 10000)", queue) == 2500, "all are archived")
    worker = pgqrs("work", queue, "--exec", "true")
    shop.wait_for_statement("CALL pgqrs.wait%")
    worker.stop(5)


def main():
    languages = shops.read_languages(sys.argv[1:])
    languages = [language for language in languages if run(f"build {language.name}", shops.build, language)]
    through_reset = [makes_invoices, enqueues_nothing_when_refused, wakes_up, ends_the_wait_at_sigterm]
    with concurrent.futures.ThreadPoolExecutor(max_workers=6) as threads:
        jobs = [
            threads.submit(test_language, place, place, language, tests)
            for place, tests in (("direct", EVERYTHING), ("pooler", EVERYTHING[:-1]), ("reset", through_reset))
            for language in languages
        ]
        for language in languages:
            if language.name in SWITCHED_OFF:
                jobs.append(threads.submit(test_language, "single", "single", language, [prepares_by_default]))
            if language.name == "perl":
                jobs.append(threads.submit(test_language, "kept", "pooler", language, [keeps_a_statement]))
        for job in jobs:
            if job.exception():
                run("a language's tests", job.result)
    for place in ("direct", "plain", "pooler"):
        with shops.shop(f"fleet_{place}", place) as shop:
            run(f"{place} fleet", in_shop, fleet, shop, languages)
    for place in ("pooler", "reset"):
        with shops.shop(f"commands_{place}", place) as shop:
            run(f"{place} command line", in_shop, command_line, shop)
    run("restart", reconnects, languages)
    print(f"{passed} passed, {failed} failed")
    return failed == 0


sys.exit(0 if main() else 1)
