"""Other queues for PostgreSQL that Debian or npm ship, each used as its documentation says.

Each has a database of its own on the same server. Enqueue: single jobs, eight at a time. Consume: in the peer's own
way; pgqrs is measured with single messages and with a hundred at a time, and compared with the way that is like it.
Then all of it once more while a transaction holds a snapshot. There each passes the same number of jobs under each
snapshot: what is finished stays behind as dead rows, and the faster would leave more of them in the same time.
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
        # One way of consuming must not leave its dead rows to the other.
        self.one, self.batch = Database("peer_pgqrs_one"), Database("peer_pgqrs_batch")
        self.databases = [self.one, self.batch]

    def enqueue(self):
        return pgbench(self.one, "enqueue_pgqrs.sql", 8, self.settings.seconds)

    def consume_one(self, jobs):
        return consume_one_rate(self.settings, self.one, "pgqrs", 8, jobs=jobs)

    def consume_batch(self, jobs):
        return consume_batch_rate(self.settings, self.batch, "pgqrs", 4, jobs=jobs)

    def close(self):
        for db in self.databases:
            db.drop()


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
        self.databases = [self.db]
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

    def consume(self, jobs):
        self.drain()
        left = jobs or int(MOST[self.name] * self.settings.seconds)
        while left > 0:
            step = min(left, 5000)
            self.db.run(
                "SELECT count(pgq.insert_event('bench', 'job', %s)) FROM generate_series(1, %s::int)", SMALL, step
            )
            left -= step
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
        self.databases = [self.db]
        self.prepare()

    def consume(self, jobs):
        wanted = jobs or int(MOST[self.name] * self.settings.seconds)
        missing = wanted - self.waiting()
        if missing > 0:
            self.fill(missing)
        # With a number of jobs the time is only a bound.
        return self.node("consume", 60 if jobs else self.settings.seconds, jobs or 0)

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

    def waiting(self):
        return self.db.value("SELECT count(*) FROM graphile_worker.jobs")

    def fill(self, qty):
        self.db.run(
            "SELECT count(*) FROM graphile_worker.add_jobs(array_fill("
            "('noop', %s, NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec, ARRAY[%s::int]))",
            SMALL,
            qty,
        )


class PgBoss(FromNpm):
    name = "pg-boss"
    like = "consume_batch"
    how = "eight concurrent send(); fetch() of 100 and complete() in four loops; keeps finished jobs"
    database, program = "peer_pgboss", "pgboss.mjs"

    def prepare(self):
        self.node("prepare")

    def enqueue(self):
        return self.node("send", self.settings.seconds, SMALL)

    def waiting(self):
        return self.db.value("SELECT count(*) FROM pgboss.job WHERE name = 'bench' AND state = 'created'")

    def fill(self, qty):
        self.node("fill", qty, SMALL)


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
        yield from measure_all(settings, ours, others, None)
        yield from measure_all(settings, ours, others, settings.size(20_000, 400))


def measure_all(settings, ours, others, jobs_under_snapshot):
    condition = f", snapshot held, {jobs_under_snapshot:,} jobs" if jobs_under_snapshot else ""
    enqueue_pairs = {other: [] for other in others}
    consume_pairs = {other: [] for other in others}
    for _ in range(settings.rounds):
        with snapshots_of(ours, jobs_under_snapshot):
            rates = {
                "enqueue": ours.enqueue(),
                "consume_one": ours.consume_one(jobs_under_snapshot),
                "consume_batch": ours.consume_batch(jobs_under_snapshot),
            }
        say(f"pgqrs{condition}: {', '.join(f'{way} {show(rate)}' for way, rate in rates.items())}")
        for other in others:
            with snapshots_of(other, jobs_under_snapshot):
                enqueued, consumed = other.enqueue(), other.consume(jobs_under_snapshot)
            say(f"{other.name}{condition}: enqueue {show(enqueued)}, consume {show(consumed)}")
            enqueue_pairs[other].append((rates["enqueue"], enqueued))
            consume_pairs[other].append((rates[other.like], consumed))
    for other in others:
        way = {"consume_one": "consume one, 8 clients", "consume_batch": "consume 100, 4 clients"}[other.like]
        for what, pairs in (("enqueue one, 8 clients", enqueue_pairs), (way, consume_pairs)):
            yield row_of_pairs(
                settings, f"{what}{condition}", "jobs/s", pairs[other], other_side=other.name, note=other.how
            )


@contextlib.contextmanager
def snapshots_of(side, wanted):
    """Holds a snapshot in the databases of the side, if wanted, and clears away afterwards what it kept alive."""
    with contextlib.ExitStack() as stack:
        for db in side.databases if wanted else ():
            stack.enter_context(held(db, "snapshot"))
        yield
    for db in side.databases if wanted else ():
        db.run("VACUUM")
