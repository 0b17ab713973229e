"""The tools of the cases: databases, load, held transactions, and rows of results."""

import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import psycopg

HERE = pathlib.Path(__file__).parent
SQL = HERE / "sql"
TMP = pathlib.Path(os.environ["PGQRS_TMP"])
CLIENT = TMP / "client"

# What is longer than any measurement that goes well.
TIMEOUT = 1800  # seconds

SMALL = '{"user_id": 12345, "kind": "welcome", "lang": "en-GB"}'
# Not of one letter: a payload that compresses well would be stored otherwise.
LARGE = json.dumps(
    {"user_id": 12345, "kind": "welcome", "body": "".join(f"{i * 7919 % 9973:x}-" for i in range(220))[:970]}
)
PAYLOADS = {"60 B": SMALL, "1 KiB": LARGE}


@dataclasses.dataclass
class Settings:
    """What the command line chose."""

    mode: str
    rounds: int
    seconds: float
    scale: float

    def size(self, full, least=1):
        """A number of rows or seconds, shrunk."""
        return max(least, int(full * self.scale))


@dataclasses.dataclass
class Row:
    """One line of the results. The ratio is ours to theirs, median and range over the rounds."""

    case: str
    mode: str
    what: str
    unit: str
    ours: float | None = None
    theirs: float | None = None
    other_side: str = ""
    ratio: float | None = None
    least: float | None = None
    most: float | None = None
    goal: str = ""
    reached: bool | None = None
    note: str = ""


def meets(value, goal):
    """Whether the value meets a goal such as ">= 0.95"."""
    sign, limit = goal.split()
    limit = float(limit)
    return {">=": value >= limit, "<=": value <= limit, "<": value < limit}[sign]


def say(text):
    print(f"   {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# Comparisons


def compare(settings, what, unit, ours, theirs, goal="", other_side="by hand", note=""):
    """Runs the two sides in turn, each round beginning with the other one, and makes a row of their ratios.

    ours and theirs return a number.
    """
    pairs = []
    for number in range(settings.rounds):
        sides = [ours, theirs] if number % 2 == 0 else [theirs, ours]
        values = {side: side() for side in sides}
        pairs.append((values[ours], values[theirs]))
        say(f"{what}: {show(pairs[-1][0])} / {show(pairs[-1][1])}")
    return row_of_pairs(settings, what, unit, pairs, goal, other_side, note)


def row_of_pairs(settings, what, unit, pairs, goal="", other_side="by hand", note=""):
    ratios = [ours / theirs for ours, theirs in pairs if theirs]
    if not ratios:
        return Row("", settings.mode, what, unit, note="the other side did nothing", reached=False if goal else None)
    ratio = statistics.median(ratios)
    return Row(
        case="",
        mode=settings.mode,
        what=what,
        unit=unit,
        ours=statistics.median(pair[0] for pair in pairs),
        theirs=statistics.median(pair[1] for pair in pairs),
        other_side=other_side,
        ratio=ratio,
        least=min(ratios),
        most=max(ratios),
        goal=goal,
        reached=meets(ratio, goal) if goal else None,
        note=note,
    )


def plain_row(settings, what, unit, value, goal="", note=""):
    """A row without another side."""
    return Row("", settings.mode, what, unit, ours=value, goal=goal, note=note,
               reached=meets(value, goal) if goal else None)


def unavailable(settings, what):
    return Row("", settings.mode, what, "", note="not available")


def show(value):
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percentile(values, share):
    """The value below which the share lies, by nearest rank."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


# Databases


class Database:
    """A database of its own for a case, with pgqrs, the hand-written tables and the queue "bench"."""

    def __init__(self, name, tables=True):
        self.name = name
        admin("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
        admin("CREATE DATABASE " + name)
        self.connection = psycopg.connect(dbname=name, autocommit=True)
        self.connection.execute("SET statement_timeout = '20 min'")
        if tables:
            self.run("CREATE EXTENSION pgqrs")
            command(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", SQL / "tables.sql"], name)

    def run(self, statement, *values):
        self.connection.execute(statement, values or None)

    def value(self, statement, *values):
        return self.connection.execute(statement, values or None).fetchone()[0]

    def has(self, function, argument):
        """Whether pgqrs has a function or procedure with an argument of that name."""
        return self.value(
            "SELECT count(*) > 0 FROM pg_proc"
            " WHERE pronamespace = 'pgqrs'::regnamespace AND proname = %s AND %s = ANY (proargnames)",
            function,
            argument,
        )

    def drop(self):
        self.connection.close()
        admin("DROP DATABASE IF EXISTS " + self.name + " WITH (FORCE)")

    # Messages

    def enqueue(self, qty, payload=SMALL, queue="bench", priority=5, delay="0"):
        """That many messages, a thousand at once."""
        done = 0
        while done < qty:
            step = min(1000, qty - done)
            self.run(
                "SELECT count(*) FROM pgqrs.enqueue_batch(%s, array_fill(%s::jsonb, ARRAY[%s::int]),"
                " priority => %s, delay => %s::interval)",
                queue,
                payload,
                step,
                priority,
                delay,
            )
            done += step

    def insert_by_hand(self, qty, payload=SMALL):
        done = 0
        while done < qty:
            step = min(1000, qty - done)
            self.run(
                "INSERT INTO by_hand.messages (queue_id, payload) SELECT 1, %s::jsonb FROM generate_series(1, %s::int)",
                payload,
                step,
            )
            done += step

    def fill(self, side, qty, payload=SMALL):
        """Fills the side's table up to that many messages, with statistics: they decide the hand-written plans."""
        schema = "pgqrs" if side == "pgqrs" else "by_hand"
        missing = qty - self.value(f"SELECT count(*) FROM {schema}.messages")
        if missing <= 0:
            return
        if side == "pgqrs":
            self.enqueue(missing, payload)
        else:
            self.insert_by_hand(missing, payload)
        self.run(f"ANALYZE {schema}.messages")


@contextlib.contextmanager
def database(name, tables=True):
    made = Database(name, tables)
    try:
        yield made
    finally:
        made.drop()


def admin(statement):
    with psycopg.connect(dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)


# Load


def environment(database):
    return {**os.environ, "PGDATABASE": database}


def command(arguments, database):
    """Runs a program and returns what it printed. An error holds its last words."""
    result = subprocess.run(
        [str(a) for a in arguments], capture_output=True, text=True, timeout=TIMEOUT, env=environment(database)
    )
    if result.returncode != 0:
        raise RuntimeError(f"{pathlib.Path(str(arguments[0])).name}: {result.stderr.strip()[-500:]}")
    return result.stdout


def pgbench(db, script, clients, seconds=None, runs=None, **values):
    """Runs of the script a second; for so many seconds, or so many runs of each client. The values are its variables."""
    length = ["-T", max(1, round(seconds))] if seconds else ["-t", runs]
    values = {"payload": SMALL, **values}
    output = command(
        ["pgbench", "-n", "-M", "prepared", "-c", clients, "-j", min(2, clients), *length,
         *(f"-D{name}={value}" for name, value in values.items()), "-f", SQL / script],
        db.name,
    )
    for line in output.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    raise RuntimeError("pgbench printed no rate")


def client_arguments(script, clients, seconds, rows, pause_ms, log, values):
    arguments = [CLIENT, "-c", clients, "-t", seconds, "-r", rows, "-p", pause_ms]
    if log:
        arguments += ["-l", log]
    arguments += [SQL / script, *(f"{name}={value}" for name, value in values.items())]
    return [str(argument) for argument in arguments]


def client(db, script, clients=1, seconds=1.0, rows=0, pause_ms=0, log=None, **values):
    """Runs client.cpp: {statement: (runs, rows)} and "seconds"."""
    output = command(client_arguments(script, clients, seconds, rows, pause_ms, log, values), db.name)
    answer = {}
    for line in output.splitlines():
        name, *numbers = line.split()
        answer[name] = float(numbers[0]) if name == "seconds" else tuple(map(int, numbers))
    return answer


@contextlib.contextmanager
def background_client(db, script, clients, seconds=TIMEOUT, log=None, **values):
    """The same beside what is done meanwhile; ended afterwards together with its sessions.

    A session that waits inside the server does not notice that its client is gone, so the server ends it.
    """
    process = subprocess.Popen(
        client_arguments(script, clients, seconds, 0, 0, log, values),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(db.name),
    )
    try:
        # All have sent their first statement.
        wait_until(
            lambda: process.poll() is not None
            or db.value(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client' AND state = 'active'"
            )
            >= clients
        )
        yield process
        if process.poll():
            raise RuntimeError(process.stderr.read().strip())
    finally:
        process.kill()
        process.wait()
        db.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'client'")
        wait_until(lambda: not db.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client'"))


def wait_until(condition, timeout=60):
    """Returns the first answer that is true."""
    deadline = time.monotonic() + timeout
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError("waited in vain")
        time.sleep(0.02)
    return answer


@dataclasses.dataclass
class Run:
    """A line of client.cpp's log; times in seconds."""

    name: str
    begin: float
    end: float
    rows: int
    first: str


def read_log(path, name=None):
    """The runs of one statement in the order they ended, or those of all, connection by connection."""
    runs = []
    with open(path) as file:
        for line in file:
            kind, begin, end, rows, first = line.rstrip("\n").split(" ", 4)
            if name in (None, kind):
                runs.append(Run(kind, int(begin) / 1e9, int(end) / 1e9, int(rows), first))
    return sorted(runs, key=lambda run: run.end) if name else runs


# Held transactions


@contextlib.contextmanager
def held(db, kind):
    """A transaction that stays open: "snapshot", "write" (idle, with a transaction id) or "prepared"."""
    with psycopg.connect(dbname=db.name, autocommit=True, application_name="held") as connection:
        if kind == "snapshot":
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT count(*) FROM pg_class")
        else:
            connection.execute("BEGIN")
            connection.execute("SELECT pg_current_xact_id()")
            if kind == "prepared":
                connection.execute("PREPARE TRANSACTION 'held'")
        yield
        connection.execute("ROLLBACK PREPARED 'held'" if kind == "prepared" else "ROLLBACK")
