"""The drivers of doc/clients.md: a program for each (drivers/list), and what the table there says of it."""

import json
import os
import re
import shlex
import threading

import psycopg
import pytest

import shop as shops
from shop import HERE, ROOT, TMP

DRIVERS = HERE / "drivers"
FIRST_ID = 2**53 + 1  # a double would be one less
PAYLOADS = [{"n": 1, "text": "ä'\\"}, [1, "two"], "text", {"n": 2}, {"n": 3}, "committed"]
# What the document warns of.
FURTHER = {
    "SQLAlchemy": {"parameters of :p::jsonb": "0"},
    "ActiveRecord": {
        "select_value in the query cache": "1 id, 1 message",
        "exec_query in the query cache": "2 ids",
    },
    "postgres.js": {"JSON text becomes a JSON": "string"},
    "JDBC": {"an object of the type json": "42883"},
}
COLUMNS = ["payload", "batch", "payload comes as", "id comes as", "booleans", "PgBouncer below 1.21", "tried"]


class Driver(shops.Language):
    """A line of drivers/list: the program is the worker."""

    def __init__(self, name, which, _packages, _npm, build, command):
        folder = re.sub(r"\W", "_", name)
        texts = [text.replace("$DRIVERS", str(DRIVERS)) for text in (build, command)]
        texts = [text.replace("$BUILD", str(TMP / "build" / folder)) for text in texts]
        kind = "jdbc" if name == "JDBC" else "libpq"
        super().__init__(folder, kind, shlex.split(texts[0]), [], shlex.split(texts[1]))
        self.title, self.which = name, which


def read_drivers():
    lines = [line for line in (DRIVERS / "list").read_text().splitlines() if line and not line.startswith("#")]
    return [Driver(*(field.strip() for field in line.split("|"))) for line in lines]


def read_table():
    """The table of doc/clients.md: driver -> column -> text."""
    text = (ROOT / "doc" / "clients.md").read_text()
    table = text[text.index("| driver | payload |") :].split("\n\n")[0].splitlines()
    names = [cell.strip() for cell in table[0].strip("|").split("|")]
    assert names == ["driver", *COLUMNS], f"the columns of the table: {names}"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
    return {row[0]: dict(zip(names, row)) for row in rows}


def pytest_generate_tests(metafunc):
    if "driver" in metafunc.fixturenames:
        wanted = os.environ.get("EXAMPLES_DRIVERS", "").splitlines()
        drivers = [
            one
            for one in read_drivers()
            if (one.which == "always" if not wanted else wanted == ["all"] or one.title in wanted)
        ]
        assert drivers, f"no such driver: {wanted}"
        metafunc.parametrize("driver", [pytest.param(one, id=one.title, marks=group(one)) for one in drivers])


def group(driver):
    return pytest.mark.xdist_group(f"driver_{driver.name}")


def run(shop, driver, **settings):
    """Runs the program, checks what it did, and returns what it printed."""
    before = shop.value("SELECT count(*) FROM pgqrs.archive")
    program = shop.start(driver, driver.worker, LC_ALL="C.UTF-8", **settings)
    status = program.status()
    assert status == 0, f"status {status}: {program}"
    assert shop.rows("SELECT payload FROM pgqrs.messages") == [], f"everything is archived: {program}"
    archived = shop.rows("SELECT id, payload, headers FROM pgqrs.archive ORDER BY id OFFSET %s", before)
    assert [payload for _, payload, _ in archived] == PAYLOADS, f"the payloads: {program}"
    assert [headers for _, _, headers in archived] == [{"type": "t"}] + [None] * 5, f"the headers: {program}"
    facts = dict(line.split(": ", 1) for line in program.said().splitlines() if ": " in line)
    print(f"\n{driver.title}: {json.dumps(facts, ensure_ascii=False)}")
    assert facts["id"].endswith(f" {archived[0][0]}"), f"ids are exact: {program}"
    assert facts["batch"] == "5", f"archived as a batch: {program}"
    return facts


@pytest.fixture
def built(driver):
    if not (TMP / "build" / driver.name).exists():
        shops.build(driver)
    return driver


@pytest.fixture
def at(request):
    """Opens a shop at a place, whose ids are beyond 2^53."""
    opened = []

    def open_shop(place):
        name = re.sub(r"\W", "_", f"{request.function.__name__}_{request.node.callspec.id}_{place}".lower())
        opened.append(shops.Shop(name[:60], place))
        opened[-1].rows("SELECT setval('pgqrs.messages_id_seq', %s, false)", FIRST_ID)
        return opened[-1]

    yield open_shop
    for one in opened:
        one.end()
        one.db.close()


def test_table(driver, built, at):
    """Directly: payloads, batches, ids beyond 2^53, transactions and waits work; the table says what comes back."""
    row = read_table()[driver.title]
    facts = run(at("direct"), built)
    assert facts["missing queue"] == "PQ002"
    assert facts["wait in a transaction"] == "25001"
    assert facts["ready"] == facts["true"]
    further = FURTHER.get(driver.title, {})
    assert {name: facts[name] for name in further} == further
    assert row["id comes as"] == f"`{facts['id'].split()[0]}`"
    assert row["payload comes as"].split(",")[0] == f"`{facts['payload']}`"
    assert row["booleans"].split(",")[0] == f"`{facts['true']}`/`{facts['false']}`"
    assert driver.which != "always" or row["tried"] == "in each run"


def by_hand():
    """Whether drivers.sh runs this: then nothing is saved."""
    return bool(os.environ.get("EXAMPLES_DRIVERS"))


class Others:
    """Other clients of the same pool, so that a program's transactions go to different server connections."""

    def __init__(self, shop):
        self.url, self.over = shop.url("libpq"), threading.Event()
        self.threads = [threading.Thread(target=self.work) for _ in range(4)]

    def work(self):
        with psycopg.connect(self.url, autocommit=True, prepare_threshold=None) as db:
            while not self.over.is_set():
                db.execute("SELECT pg_sleep(0.002)")

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_pooler(driver, built, at):
    """Through a PgBouncer, with the setting that the table names: one program after another."""
    setting = read_table()[driver.title]["PgBouncer below 1.21"]
    if setting == "does not work" and not follows_prepared_statements():
        pytest.skip("the table says so")
    settings = {"UNPREPARED": "1"} if setting != "nothing" else {}
    # One server connection for all: the second program meets what the first one left behind.
    shop = at("single")
    for _ in range(2):
        run(shop, built, **settings)
    if by_hand():
        shop = at("pooler")
        with Others(shop):
            run(shop, built, **settings)


@pytest.mark.skipif(not by_hand(), reason="drivers.sh tries what fails")
def test_pooler_without_settings(driver, built, at):
    """What fails without the setting fails by prepared statements; from PgBouncer 1.21 on, nothing does."""
    if read_table()[driver.title]["PgBouncer below 1.21"] == "nothing":
        pytest.skip("it has no setting")
    failed = []
    for place in ("single", "pooler"):
        shop = at(place)
        with Others(shop):
            for _ in range(2):
                program = shop.start(driver, driver.worker, LC_ALL="C.UTF-8")
                if program.status() != 0:
                    failed.append(program.said())
                shop.clear()
    print(f"\n{driver.title}: {len(failed)} of 4 fail: {failed[:1]}")
    assert bool(failed) != follows_prepared_statements(), failed
    assert all(re.search("prepared ?statement", one, re.IGNORECASE) for one in failed), failed


def follows_prepared_statements():
    return tuple(map(int, os.environ["EXAMPLES_PGBOUNCER"].split(".")[:2])) >= (1, 21)
