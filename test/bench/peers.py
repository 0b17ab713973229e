"""Other queues for PostgreSQL that Debian or npm ship, each used as its documentation says.

Each has a database of its own on the same server. Enqueue: single jobs, eight at a time. Consume: in the peer's own
way; pgqrs is measured with single messages and with a hundred at a time, and compared with the way that is like it.
Then all of it once more while a transaction holds a snapshot.
"""

import contextlib
import os
import subprocess

from measure import (
    HERE,
    SMALL,
    TMP,
    Database,
    Row,
    client,
    command,
    held,
    pgbench,
    read_log,
    row_of_pairs,
    say,
    show,
    wait_until,
)
from throughput import consume_batch_rate, consume_one_rate

# More than a peer consumes in a second: its queue is filled up to that.
MOST = {"PgQ": 60_000, "graphile-worker": 6_000, "pg-boss": 15_000}


class NotHere(Exception):
    """A peer that cannot run on this machine, and why."""


class Pgqrs:
    name = "pgqrs"

    def __init__(self, settings):
        self.settings = settings
        self.db = Database("peer_pgqrs")

    def enqueue(self):
        return pgbench(self.db, "enqueue_pgqrs.sql", 8, self.settings.seconds)

    def consume_one(self):
        return consume_one_rate(self.settings, self.db, "pgqrs", 8)

    def consume_batch(self):
        return consume_batch_rate(self.settings, self.db, "pgqrs", 4)

    def close(self):
        self.db.drop()


class PgQ:
    """Its daemon pgqd makes a batch of what came in since the last tick; a consumer takes whole batches."""

    name = "PgQ"
    like = "consume_batch"
    how = "insert_event; pgqd; one consumer: next_batch, get_batch_events, finish_batch; no archive"

    def __init__(self, settings):
        self.settings = settings
        if not os.environ.get("PGQRS_PGQD"):
            raise NotHere("the Debian packages postgresql-15-pgq3 and pgqd could not be fetched")
        self.db = Database("peer_pgq", tables=False)
        self.db.run("CREATE EXTENSION pgq")
        self.db.run("SELECT pgq.create_queue('bench')")
        self.db.run("SELECT pgq.register_consumer('bench', 'consumer')")
        ini = TMP / "pgqd.ini"
        ini.write_text(
            f"[pgqd]\nlogfile = {TMP}/pgqd.log\npidfile = {TMP}/pgqd.pid\n"
            f"base_connstr = host={os.environ['PGHOST']} port={os.environ['PGPORT']} user={os.environ['PGUSER']}\n"
            "initial_database = postgres\ndatabase_list = peer_pgq\n"
        )
        self.ticker = subprocess.Popen(
            [os.environ["PGQRS_PGQD"], "-q", str(ini)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LD_LIBRARY_PATH": os.environ["PGQRS_PGQD_LIBRARIES"]},
        )

    def enqueue(self):
        return pgbench(self.db, "pgq_enqueue.sql", 8, self.settings.seconds)

    def consume(self):
        self.drain()
        for _ in range(max(1, int(MOST[self.name] * self.settings.seconds / 5000))):
            self.db.run("SELECT count(pgq.insert_event('bench', 'job', %s)) FROM generate_series(1, 5000)", SMALL)
        return self.drain()

    def drain(self):
        """Takes all there is; events a second of the consumer's time."""
        wait_until(lambda: self.db.value("SELECT ev_new FROM pgq.get_queue_info('bench')") == 0)
        rows, busy = 0, 0
        for _ in range(100):
            if self.db.value("SELECT pending_events FROM pgq.get_consumer_info('bench', 'consumer')") == 0:
                break
            client(self.db, "pgq_consume.sql", 1, 0.5, log=TMP / "log")
            for name in ("next", "events", "finish"):
                runs = [run for run in read_log(TMP / "log", name) if run.first != "-"]
                rows += sum(run.rows for run in runs) if name == "events" else 0
                busy += sum(run.end - run.begin for run in runs)
        return rows / busy if busy else 0

    def close(self):
        self.ticker.terminate()
        self.ticker.wait()
        self.db.drop()


class FromNpm:
    """What the peers that run in node have in common."""

    database = program = ""

    def __init__(self, settings):
        self.settings = settings
        if os.environ.get("PGQRS_NPM_PROBLEM"):
            raise NotHere(os.environ["PGQRS_NPM_PROBLEM"])
        self.db = Database(self.database, tables=False)
        self.prepare()

    def node(self, *arguments):
        """What the program printed: a rate, or nothing."""
        output = command(["node", HERE / "peers" / self.program, *arguments], self.database)
        return float(output) if output.strip() else None

    def close(self):
        self.db.drop()


class GraphileWorker(FromNpm):
    name = "graphile-worker"
    like = "consume_one"
    how = "add_job in SQL; its runner with concurrency 10 and a task that does nothing; no archive"
    database, program = "peer_graphile", "graphile.mjs"

    def prepare(self):
        self.node("migrate")

    def enqueue(self):
        return pgbench(self.db, "graphile_enqueue.sql", 8, self.settings.seconds)

    def consume(self):
        wanted = int(MOST[self.name] * self.settings.seconds)
        missing = wanted - self.db.value("SELECT count(*) FROM graphile_worker.jobs")
        if missing > 0:
            self.db.run(
                "SELECT count(*) FROM graphile_worker.add_jobs(array_fill("
                "('noop', %s, NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec, ARRAY[%s::int]))",
                SMALL,
                missing,
            )
        return self.node("consume", self.settings.seconds)


class PgBoss(FromNpm):
    name = "pg-boss"
    like = "consume_batch"
    how = "eight concurrent send(); fetch() of 100 and complete() in four loops; keeps finished jobs"
    database, program = "peer_pgboss", "pgboss.mjs"

    def prepare(self):
        self.node("prepare")

    def enqueue(self):
        return self.node("send", self.settings.seconds, SMALL)

    def consume(self):
        wanted = int(MOST[self.name] * self.settings.seconds)
        missing = wanted - self.db.value("SELECT count(*) FROM pgboss.job WHERE name = 'bench' AND state = 'created'")
        if missing > 0:
            self.node("fill", missing, SMALL)
        return self.node("consume", self.settings.seconds)


def peers(settings):
    """Jobs a second of pgqrs and of the peers in turn, then once more while a snapshot is held."""
    with contextlib.ExitStack() as stack:
        ours = Pgqrs(settings)
        stack.callback(ours.close)
        others = []
        for kind in (PgQ, GraphileWorker, PgBoss):
            try:
                other = kind(settings)
            except (NotHere, OSError, RuntimeError) as problem:
                yield Row("", settings.mode, kind.name, "", note=f"did not run: {problem}")
                continue
            stack.callback(other.close)
            others.append(other)
        yield from measure_all(settings, ours, others, "")
        with contextlib.ExitStack() as snapshots:
            for side in (ours, *others):
                snapshots.enter_context(held(side.db, "snapshot"))
            yield from measure_all(settings, ours, others, ", snapshot held")


def measure_all(settings, ours, others, condition):
    enqueue_pairs = {other: [] for other in others}
    consume_pairs = {other: [] for other in others}
    for _ in range(settings.rounds):
        rates = {way: getattr(ours, way)() for way in ("enqueue", "consume_one", "consume_batch")}
        say(f"pgqrs{condition}: {', '.join(f'{way} {show(rate)}' for way, rate in rates.items())}")
        for other in others:
            enqueued, consumed = other.enqueue(), other.consume()
            say(f"{other.name}{condition}: enqueue {show(enqueued)}, consume {show(consumed)}")
            enqueue_pairs[other].append((rates["enqueue"], enqueued))
            consume_pairs[other].append((rates[other.like], consumed))
    for other in others:
        way = {"consume_one": "consume one, 8 clients", "consume_batch": "consume 100, 4 clients"}[other.like]
        for what, pairs in (("enqueue one, 8 clients", enqueue_pairs), (way, consume_pairs)):
            yield row_of_pairs(
                settings, f"{what}{condition}", "jobs/s", pairs[other], other_side=other.name, note=other.how
            )
