"""Workflows beside hand-written checkpoints: steps, whole runs, claims beside a long history, a fan-in."""

import contextlib
import os
import time

from measure import SQL, command, compare, database, pgbench, plain_row, row_of_pairs, wait_until
from throughput import count_of
from waiting import stat_fields, wal_position

# A name of 30 bytes and an output of 200, of letters that do not repeat.
STEP = "reserve_the_items_of_the_order"
OUTPUT = '{"receipt": "%s"}' % "".join(f"{i * 7919 % 9973:x}" for i in range(60))[:185]
ROUND_TRIPS = 12  # of a run of ten steps

MOST_STEPS = 20_000  # of one measurement; beyond that the runs get more than ten
HISTORY = 1_000_000
CHILDREN = 10_000
FINISHERS = 16


def step(settings):
    """Recording a step, beside a PL/pgSQL function that inserts into a table of checkpoints without a fence."""
    for clients in (1, 8):
        with bench_database("step") as db:

            def rate(side):
                return record_steps(db, side, steps_of_new_runs(db, clients, MOST_STEPS), seconds=settings.seconds)

            yield compare(
                settings,
                count_of(clients, "client"),
                "steps/s",
                lambda: rate("pgqrs"),
                lambda: rate("by_hand"),
                other_side="checkpoints",
            )
            if clients == 1:
                yield from price_of_step(settings, db)


def steps_of_new_runs(db, clients, steps):
    """What the scripts need for so many steps in all, ten for each run. Each measurement has runs of its own, so that
    all steps are new, and come in the order of the index as they do in life."""
    each = -(-steps // (10 * clients))
    first = claimed_runs(db, each * clients)
    return {"clients": clients, "first": first, "each": each, "n": 0, "step": STEP, "output": OUTPUT}


def record_steps(db, side, values, **length):
    return pgbench(db, f"step_{side}.sql", **values, **length)


def price_of_step(settings, db):
    """WAL and processor time of a step, when the pages that a checkpoint makes whole have been written."""
    steps = settings.size(20_000, 500)

    def price(side):
        warm_up, measured = (steps_of_new_runs(db, 1, steps) for _ in range(2))
        record_steps(db, side, warm_up, runs=steps)
        before = wal_position(db)
        record_steps(db, side, measured, runs=steps)
        return (wal_position(db) - before) / steps

    db.run("CHECKPOINT")
    ours, theirs = price("pgqrs"), price("by_hand")
    yield row_of_pairs(settings, "WAL, a step", "bytes", [(ours, theirs)], other_side="checkpoints")
    yield plain_row(settings, "WAL, a step, itself", "bytes", ours, "<= 600")
    calls = {
        "pgqrs": "SELECT pgqrs.complete_step(%s::bigint, 1, %s, %s::jsonb, %s::bigint)",
        "by_hand": "SELECT by_hand.complete_step(%s::bigint, %s, %s::jsonb, %s::bigint)",
    }
    pairs = []
    for _ in range(settings.rounds):
        number = max(1000, steps // 20)
        first = claimed_runs(db, number // 10)
        values = [(first + n // 10, STEP, OUTPUT, n % 10) for n in range(number)]
        pairs.append(tuple(1e6 * cpu_of(db, call, values) / len(values) for call in calls.values()))
    row = row_of_pairs(settings, "processor, a step", "us", pairs, other_side="checkpoints")
    yield row
    yield plain_row(settings, "processor, a step, itself", "us", row.ours, "<= 40")


def run_10_steps(settings):
    """A run of ten steps from its claim to its end, beside the same by hand: a round trip for each call."""
    for side in ("pgqrs", "by_hand"):
        statements = len((SQL / f"run_10_steps_{side}.sql").read_text().splitlines())
        if statements != ROUND_TRIPS:
            raise ValueError(f"{statements} round trips in the script of {side}")
    for clients in (1, 8):
        with bench_database("run_10_steps") as db:

            def rate(side):
                # More than the machine executes in that time.
                missing = int(2000 * settings.seconds) - waiting_runs(db, side)
                add_runs(db, side, max(0, missing))
                return pgbench(db, f"run_10_steps_{side}.sql", clients, settings.seconds, step=STEP, output=OUTPUT)

            yield compare(
                settings,
                count_of(clients, "client"),
                "runs/s",
                lambda: rate("pgqrs"),
                lambda: rate("by_hand"),
                note=f"{ROUND_TRIPS} round trips",
            )


def claim_with_history(settings):
    """Claims and empty polls beside a million runs that have ended and a million that sleep, and beside none."""
    history = settings.size(HISTORY, 1000)
    claims = settings.size(3000, 1000)
    with bench_database("history") as long, bench_database("no_history") as none:
        have_ended(long, history)
        have_sleep(long, history)
        for db in (long, none):
            db.run("VACUUM ANALYZE")
        note = f"{history:,} ended, {history:,} sleep"

        def polls(db):
            return pgbench(db, "poll_runs.sql", 1, settings.seconds)

        def lives(db):
            add_runs(db, "pgqrs", max(0, int(10_000 * settings.seconds) - waiting_runs(db, "pgqrs")))
            return pgbench(db, "claim_and_complete.sql", 4, settings.seconds)

        for what, unit, rate in (
            ("empty polls, 1 client", "polls/s", polls),
            ("claim and end, 4 clients", "runs/s", lives),
        ):
            yield compare(settings, what, unit, lambda: rate(long), lambda: rate(none), ">= 0.95", "no history", note)
        claim = "SELECT run FROM pgqrs.claim_runs('bench_runs', vt => '1 hour')"
        pairs = []
        for _ in range(settings.rounds):
            for db in (long, none):
                end_waiting(db)
                add_runs(db, "pgqrs", claims)
            pairs.append(tuple(1000 * cpu_of(db, claim, [()] * claims) / claims for db in (long, none)))
        row = row_of_pairs(settings, "processor, a claim", "ms", pairs, "", "no history", note)
        yield row
        yield plain_row(settings, "processor, a claim, itself", "ms", row.ours, "<= 0.1", note)


def fan_in(settings):
    """Children of one run that 16 clients end at the same time, beside runs without a parent."""
    children = settings.size(CHILDREN, FINISHERS)
    each = children // FINISHERS
    with bench_database("fan_in") as db:

        def finish(first):
            return pgbench(db, "complete_run.sql", FINISHERS, runs=each, first=first, each=each, n=0)

        def with_parent():
            parent = start_runs(db, "bench_runs", 1)
            ((read_ct,),) = rows(db, "SELECT read_ct FROM pgqrs.claim_runs('bench_runs')")
            wait = """WITH started AS (
                          SELECT array_agg(c ORDER BY c) AS ids
                          FROM pgqrs.start_children(%s, %s, 'all', 'bench_children', array_fill('1'::jsonb, ARRAY[%s::int]))
                              AS c)
                      SELECT ids[1], w.status::text
                      FROM started, pgqrs.wait_runs(%s, %s, 'end of all', ids) AS w"""
            ((first, status),) = rows(db, wait, parent, read_ct, each * FINISHERS, parent, read_ct)
            claim_all(db, "bench_children", each * FINISHERS)
            rate = finish(first)
            # The parent is woken, once, and all of its children have ended. A claim may find nothing when it has
            # looked at runs that wait.
            claim = "SELECT run, read_ct FROM pgqrs.claim_runs('bench_runs')"
            found = wait_until(lambda: rows(db, claim))
            ended = """SELECT status::text, jsonb_array_length(value)
                       FROM pgqrs.wait_runs(%s, %s, 'end of all', (
                           SELECT array_agg(id ORDER BY id) FROM pgqrs.runs WHERE parent_id = %s))"""
            outcome = rows(db, ended, parent, read_ct + 1, parent)
            if (status, found, outcome) != ("suspended", [(parent, read_ct + 1)], [("ready", each * FINISHERS)]):
                raise RuntimeError(f"the parent was not woken as it should be: {status}, {found}, {outcome}")
            db.run("SELECT pgqrs.complete_run(%s, %s::bigint)", parent, read_ct + 1)
            if any(rows(db, claim) for _ in range(3)):
                raise RuntimeError("the parent was woken twice")
            return rate

        def without():
            first = start_runs(db, "bench_children", each * FINISHERS)
            claim_all(db, "bench_children", each * FINISHERS)
            return finish(first)

        row = compare(
            settings,
            f"{FINISHERS} clients",
            "ends/s",
            with_parent,
            without,
            other_side="no parent",
            note=f"{each * FINISHERS:,} children",
        )
        yield row
        yield plain_row(settings, f"{FINISHERS} clients, itself", "ends/s", row.ours, ">= 5000", row.note)


def in_server_steps(settings):
    """Steps that the server executes, beside the same through a client: an insert and its record in one commit."""
    steps = settings.size(5000, 100)
    with bench_database("in_server_steps") as db:
        script = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", SQL / "in_server_steps.sql"]
        command(script, "in_server_steps")

        def in_server():
            db.run("SELECT pgqrs.start_workflow('bench_in_server', to_jsonb(%s::int))", steps)
            begin = time.monotonic()
            executed = db.value("CALL pgqrs.run_workflows()")
            seconds = time.monotonic() - begin
            if executed != 1:
                raise RuntimeError(f"{executed} deliveries were executed")
            return steps / seconds

        def by_client():
            run = claimed_runs(db, 1)
            begin = time.monotonic()
            for seq in range(steps):
                with db.connection.transaction():
                    ((output,),) = db.connection.execute("SELECT effect(%s::jsonb)", ["1"], prepare=True)
                    db.connection.execute(
                        "SELECT pgqrs.complete_step(%s::bigint, 1, %s, to_jsonb(%s::bigint), %s::bigint, on_recorded => 'raise')",
                        [run, STEP, output, seq],
                        prepare=True,
                    )
            return steps / (time.monotonic() - begin)

        for what, commit in (("waiting for the disk", "on"), ("not waiting for the disk", "off")):
            db.run(f"SET synchronous_commit = {commit}")
            yield compare(settings, what, "steps/s", in_server, by_client, ">= 5", "client")
        made = db.value("SELECT count(*) FROM effects")
        recorded = db.value("SELECT count(*) FROM pgqrs.steps")
        if made != recorded:
            raise RuntimeError(f"{made} effects of {recorded} steps")


# Databases with workflows


@contextlib.contextmanager
def bench_database(name):
    """With the workflow bench_runs, its children in a queue of their own, and the tables of the hand-written side."""
    with database(name) as db:
        db.run("SELECT pgqrs.create_workflow('bench_runs')")
        db.run("SELECT pgqrs.create_workflow('bench_children')")
        command(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", SQL / "workflow_tables.sql"], name)
        yield db


def rows(db, statement, *values):
    return db.connection.execute(statement, values or None).fetchall()


def in_batches(qty, most=1000):
    return (min(most, qty - done) for done in range(0, qty, most))


def start_runs(db, workflow, qty):
    """The id of the first; the others follow it, since nobody else starts any."""
    start = "SELECT min(s) FROM pgqrs.start_workflows(%s, array_fill('{\"order\": 17}'::jsonb, ARRAY[%s::int])) AS s"
    return [db.value(start, workflow, size) for size in in_batches(qty)][0]


def claim_all(db, queue, qty):
    claim = "SELECT count(*) FROM pgqrs.claim_runs(%s, qty => %s, vt => '1 day')"
    claimed = sum(db.value(claim, queue, size) for size in in_batches(qty))
    if claimed != qty:
        raise RuntimeError(f"{claimed} of {qty} runs were claimed")


def claimed_runs(db, qty):
    """Runs that are somebody's for long, with ids from the answer on."""
    first = start_runs(db, "bench_runs", qty)
    claim_all(db, "bench_runs", qty)
    return first


def add_runs(db, side, qty):
    """Runs that wait for a worker."""
    if not qty:
        return
    if side == "pgqrs":
        start_runs(db, "bench_runs", qty)
    else:
        db.run("SELECT by_hand.start_runs(%s::int)", qty)
    db.run(f"ANALYZE {side if side == 'pgqrs' else 'by_hand'}.messages")


def waiting_runs(db, side):
    schema = "pgqrs" if side == "pgqrs" else "by_hand"
    return db.value(f"SELECT count(*) FROM {schema}.messages WHERE vt IS NULL AND available_at <= now()")


def end_waiting(db):
    while waiting_runs(db, "pgqrs"):
        db.run("SELECT count(pgqrs.complete_run(run, read_ct)) FROM pgqrs.claim_runs('bench_runs', qty => 1000)")


def have_ended(db, qty):
    """So many runs that were executed."""
    run = start_runs(db, "bench_runs", 1)
    end = "SELECT pgqrs.complete_run(run, read_ct, '{\"shipped\": true}') FROM pgqrs.claim_runs('bench_runs')"
    if db.value(end) != "succeeded":
        raise RuntimeError("a run did not succeed")
    copy_run(db, run, qty)


def have_sleep(db, qty):
    """So many runs that sleep."""
    run = start_runs(db, "bench_runs", 1)
    sleep = """SELECT s.status FROM pgqrs.claim_runs('bench_runs') AS c,
                   pgqrs.sleep(c.run, c.read_ct, 'until tomorrow', '1 day') AS s"""
    if db.value(sleep) != "suspended":
        raise RuntimeError("a run did not go to sleep")
    copy_run(db, run, qty)


def copy_run(db, run, qty):
    """The rows of a run so many times, with other ids, which takes less time than the functions."""
    for size in in_batches(qty - 1, 100_000):
        db.run("DROP TABLE IF EXISTS copies")
        db.run(
            "CREATE TEMP TABLE copies AS SELECT nextval('pgqrs.messages_id_seq') AS id FROM generate_series(1, %s::int)",
            size,
        )
        for table, column in (("runs", "id"), ("steps", "run_id"), ("messages", "id")):
            db.run(
                f"INSERT INTO pgqrs.{table} OVERRIDING SYSTEM VALUE SELECT c.* FROM pgqrs.{table} AS t, copies,"
                f" jsonb_populate_record(t, jsonb_build_object('{column}', copies.id)) AS c WHERE t.{column} = %s",
                run,
            )


def cpu_of(db, statement, values):
    """Seconds of processor time of the session for the statement with each of the values, prepared, a transaction
    each. It does not wait for the disk, which costs time of the kernel."""
    backend = db.value("SELECT pg_backend_pid()")
    db.run("SET synchronous_commit = off")
    before = cpu_seconds(backend)
    for row in values:
        db.connection.execute(statement, row, prepare=True)
    spent = cpu_seconds(backend) - before
    db.run("RESET synchronous_commit")
    return spent


def cpu_seconds(pid):
    fields = stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
