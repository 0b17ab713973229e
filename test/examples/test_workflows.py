"""The workflows of the examples, with workers that are killed at random moments. What a test claims is in its first
line."""

import datetime
import random
import time

import pytest

import shop as shops
from shop import wait_until

PYTHON = shops.ROOT / "examples" / "python"
CPP = shops.TMP / "build" / "cpp"
KILLS = 12
# What one that is killed had comes back soon.
SETTINGS = {"LEASE_SECONDS": 2, "WORK_SECONDS": 0.03}


def program(shop, name, *arguments, written_in="python", **settings):
    either = {"python": ["/usr/bin/python3", "-B", str(PYTHON / f"{name}.py")], "cpp": [str(CPP / name)]}
    command = [*either[written_in], *map(str, arguments)]
    # Waits of several workers share the few connections of a pool in turn.
    wait = shops.WAIT if shop.place == "direct" else 0.3
    one = shops.Language(written_in, "libpq", [], [], [])
    return shop.start(one, command, **{"WAIT_SECONDS": wait, **settings})


def places(*pairs):
    """Where to run a test, and with which language's program. Each has a database of its own."""

    def mark(function):
        both = [
            pytest.param((place, f"{function.__name__}_{language}"), language, id=f"{place}-{language}")
            for place, language in pairs
        ]
        return pytest.mark.parametrize("shop, written_in", both, indirect=["shop"])(function)

    return mark


@pytest.fixture(autouse=True)
def only_chosen(request):
    chosen = request.config.getoption("language")
    params = request.node.callspec.params
    if chosen and params.get("written_in", "python") not in chosen:
        pytest.skip("other languages were chosen")


class Workers:
    """Workers of one program, of which some are killed."""

    def __init__(self, shop, name, number, written_in="python"):
        self.start = lambda: program(shop, name, "work", written_in=written_in, **SETTINGS)
        self.running = [self.start() for _ in range(number)]

    def kill_some(self, number=KILLS):
        for _ in range(number):
            time.sleep(random.uniform(0.1, 0.6))
            place = random.randrange(len(self.running))
            assert not self.running[place].ended(), f"a worker goes on: {self.running[place]}"
            self.running[place].kill()
            self.running[place] = self.start()

    def stop(self):
        for worker in self.running:
            worker.stop()


def started(shop, name, *arguments, written_in="python"):
    one = program(shop, name, "start", *arguments, written_in=written_in)
    assert one.status() == 0, f"the start: {one}"
    return one.said().split()


def wait_for_end(shop, number):
    unfinished = "SELECT count(*) FILTER (WHERE final IS NOT NULL) FROM pgqrs.runs"
    wait_until(lambda: shop.value(unfinished) == number, f"{number} runs have ended", 2 * shops.DEADLINE)
    assert shop.value("SELECT count(*) FROM pgqrs.messages") == 0, "no message is left"


# A line for each order: what it is of, whether it is approved, when it has to be paid, and what comes of it.
ORDERS = {
    "shipped": ("book", True, 3600, {"shipped": True}),
    "not approved": ("lamp", False, 3600, {"shipped": False, "because": "approval"}),
    "not paid": ("lamp", True, 0.5, {"shipped": False, "because": "payment"}),
    "not carried": ("piano", True, 3600, None),
}


@places(("direct", "python"), ("pooler", "python"), ("direct", "cpp"))
def test_orders(shop, written_in):
    """Each effect of an order happens once, also that of undoing it, while workers are killed."""
    shop.run_script("workflows_schema.sql")
    each = 8
    workers = Workers(shop, "order_workflow", 4, written_in)
    runs = {
        kind: [int(*started(shop, "order_workflow", item, 7, to_pay, written_in=written_in))]
        for kind, (item, _, to_pay, _) in ORDERS.items()
    }
    for kind, (item, _, to_pay, _) in ORDERS.items():
        given = f'{{"item": "{item}", "amount": 7, "seconds_to_pay": {to_pay}}}'
        for _ in range(each - 1):
            runs[kind].append(shop.value("SELECT run FROM pgqrs.start_workflow('order', %s)", given))
    workers.kill_some(KILLS // 3)
    for kind, (_, approved, _, _) in ORDERS.items():
        for run in runs[kind]:
            assert shop.value("SELECT pgqrs.signal_run(%s, 'approved', %s)", run, f'{{"ok": {str(approved).lower()}}}')
    workers.kill_some(KILLS // 3)
    for kind in ("shipped", "not carried"):
        for run in runs[kind]:
            assert shop.value("SELECT pgqrs.signal_run(%s, 'paid')", run), "it has not ended"
    workers.kill_some(KILLS - 2 * (KILLS // 3))
    wait_for_end(shop, each * len(ORDERS))
    workers.stop()
    for kind, (_, _, _, output) in ORDERS.items():
        ended = shop.rows("SELECT final::text, output FROM pgqrs.runs WHERE id = ANY (%s)", runs[kind])
        if output is None:
            assert {(final, given["shipped"]) for final, given in ended} == {("succeeded", False)}, f"{kind}: {ended}"
            assert all("shipments_carrier_check" in given["because"] for _, given in ended), f"{kind}: {ended}"
        else:
            assert ended == [("succeeded", output)] * each, f"{kind}: {ended}"
    check_effects(shop, runs["shipped"], ["reserve", "ship"])
    for kind in ("not approved", "not paid", "not carried"):
        check_effects(shop, runs[kind], ["release", "reserve"])
    assert shop.rows("SELECT item, 1000 - remaining FROM shelf ORDER BY item") == [
        ("book", each),
        ("lamp", 0),
        ("piano", 0),
    ], "what was not shipped is on the shelf again"
    assert shop.rows("SELECT run FROM reservations ORDER BY 1") == [(run,) for run in sorted(runs["shipped"])]
    assert shop.rows("SELECT run FROM shipments ORDER BY 1") == [(run,) for run in sorted(runs["shipped"])]
    charged = runs["shipped"] + runs["not paid"] + runs["not carried"]
    check_keys(shop, "SELECT key FROM charges", charged, "charge")
    check_keys(shop, "SELECT key FROM refunds", runs["not paid"] + runs["not carried"], "refund")


def check_effects(shop, runs, effects):
    wrong = shop.rows(
        """SELECT r.run, array_agg(e.effect ORDER BY e.effect)
           FROM unnest(%s::bigint[]) AS r (run) LEFT JOIN effects AS e ON e.run = r.run
           GROUP BY r.run HAVING array_agg(e.effect ORDER BY e.effect) IS DISTINCT FROM %s""",
        runs,
        effects,
    )
    assert wrong == [], f"each has {effects} once: {wrong[:5]}"


def check_keys(shop, select, runs, step):
    keys = sorted(key for key, in shop.rows(select))
    assert keys == sorted(f"{run}:{step}:0" for run in runs), f"one {step} for each run: {keys}"


@places(("direct", "python"), ("direct", "cpp"))
def test_order_of_nothing(shop, written_in):
    """An order of what is not there fails at once and leaves nothing behind."""
    shop.run_script("workflows_schema.sql")
    shop.db.execute("UPDATE shelf SET remaining = 0")
    (run,) = map(int, started(shop, "order_workflow", "book", 7, written_in=written_in))
    workers = Workers(shop, "order_workflow", 1, written_in)
    wait_for_end(shop, 1)
    workers.stop()
    ((final, error),) = shop.rows("SELECT final::text, error FROM pgqrs.runs WHERE id = %s", run)
    assert final == "failed" and "shelf_remaining_check" in error, f"{final}: {error}"
    assert shop.rows("SELECT * FROM reservations") == [] and shop.rows("SELECT * FROM effects") == []


@places(("direct", "python"), ("direct", "cpp"))
def test_stops_between_steps(shop, written_in):
    """SIGTERM in the middle of a step: it is recorded, the next is not begun, and the run comes back at once."""
    shop.run_script("workflows_schema.sql")
    (run,) = map(int, started(shop, "order_workflow", "book", 7, written_in=written_in))
    shop.rows("SELECT pgqrs.signal_run(%s, 'approved', '{\"ok\": true}'), pgqrs.signal_run(%s, 'paid')", run, run)
    worker = program(shop, "order_workflow", "work", written_in=written_in, WORK_SECONDS=2)
    shop.wait_for_open_transaction()
    worker.stop()
    assert shop.rows("SELECT name FROM pgqrs.steps WHERE kind = 'step'") == [("reserve",)], f"{worker}"
    assert shop.rows("SELECT state::text, attempt FROM pgqrs.get_run(%s)", run) == [("queued", 0)], "it was given back"
    workers = Workers(shop, "order_workflow", 1, written_in)
    wait_for_end(shop, 1)
    workers.stop()
    check_effects(shop, [run], ["reserve", "ship"])


@places(("direct", "python"), ("direct", "cpp"))
def test_keeps_a_long_step(shop, written_in):
    """A step that takes longer than its lease is executed by who has it, while another worker is waiting."""
    shop.run_script("workflows_schema.sql")
    (run,) = map(int, started(shop, "order_workflow", "book", 7, written_in=written_in))
    shop.rows("SELECT pgqrs.signal_run(%s, 'approved', '{\"ok\": true}'), pgqrs.signal_run(%s, 'paid')", run, run)
    slow = program(shop, "order_workflow", "work", written_in=written_in, WORK_SECONDS=3, LEASE_SECONDS=1.5)
    shop.held()
    other = program(shop, "order_workflow", "work", written_in=written_in)
    wait_for_end(shop, 1)
    assert shop.rows("SELECT DISTINCT read_ct FROM pgqrs.steps") == [(1,)], "there was one delivery"
    slow.stop()
    other.stop()
    check_effects(shop, [run], ["reserve", "ship"])


@pytest.mark.parametrize("shop", ["direct", "pooler"], indirect=True)
def test_fan_out(shop):
    """1,000 children are started once and executed once, and the sum is right, while workers are killed."""
    shop.run_script("workflows_schema.sql")
    children = 1000
    parent = program(shop, "fan_out", "start", children)
    workers = Workers(shop, "fan_out", 4)
    workers.kill_some()
    assert parent.status(2 * shops.DEADLINE) == 0, f"the parent: {parent}"
    total = sum(number**2 for number in range(1, children + 1))
    assert parent.said().split() == ["succeeded", str(total)], f"{parent}"
    workers.stop()
    wait_for_end(shop, children + 1)
    counts = shop.rows("SELECT count(*), count(DISTINCT run) FROM effects WHERE effect = 'square'")
    assert counts == [(children, children)], f"each child has its effect once: {counts}"


# Whether the next report is due after some days from now. The first one is at the end of the first sleep.
ALL_REPORTED = """
    SELECT coalesce(
        min(until AT TIME ZONE %s) + make_interval(days => (SELECT count(*) FROM reports)::integer)
            > (clock_timestamp() AT TIME ZONE %s) + make_interval(days => %s),
        false)
    FROM pgqrs.steps
    WHERE kind = 'sleep'"""


@pytest.mark.parametrize("shop", ["direct"], indirect=True)
def test_nightly_report(shop):
    """Each night at 03:00 of the zone has one report, while workers are killed; the clock is moved, not waited for."""
    shop.run_script("workflows_schema.sql")
    zone = "America/New_York"
    first = started(shop, "nightly_report", zone)
    for day in range(1, 8):
        # Connections from now on see the time of that day.
        with shop.admin("postgres") as db:
            db.execute(f"ALTER DATABASE {shop.name} SET pgqrs.clock_offset = '{day} d'")
        workers = Workers(shop, "nightly_report", 2)
        workers.kill_some(2)
        wait_until(lambda: shop.value(ALL_REPORTED, zone, zone, day), f"each night is reported on day {day}")
        for worker in workers.running:
            worker.kill()
    reports = [night for night, in shop.rows("SELECT night FROM reports ORDER BY night")]
    assert len(reports) >= 6, f"time has passed: {reports}"
    consecutive = [reports[0] + datetime.timedelta(days=number) for number in range(len(reports))]
    assert reports == consecutive, f"a report for each night, and only one: {reports}"
    assert shop.value("SELECT count(*) FROM effects") == len(reports), "each was written once"
    assert shop.value("SELECT count(DISTINCT run) FROM reports") == len(reports), "by a run of its own"
    assert started(shop, "nightly_report", zone) != first, "a start answers the run that goes on"
    assert shop.value("SELECT count(*) FROM pgqrs.runs WHERE final IS NULL") == 1, "there is one chain"
    local = shop.rows("SELECT DISTINCT (until AT TIME ZONE %s)::time FROM pgqrs.steps WHERE kind = 'sleep'", zone)
    assert local == [(datetime.time(3),)], f"at 03:00: {local}"
