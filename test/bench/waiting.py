"""Consumers that wait inside the server: how soon they wake up, and what they cost while nothing happens."""

import os
import pathlib
import time

from measure import (
    SMALL,
    TMP,
    background_client,
    client,
    compare,
    database,
    percentile,
    pgbench,
    plain_row,
    read_log,
    unavailable,
)


def wake_up(settings):
    """From the commit of an enqueue to the message in the hand of a waiting consumer.

    The clock starts when the producer has the answer to its enqueue, just after the commit; so a few can be negative.
    From the call on is the whole way: enqueue, commit, flush to disk and delivery.
    """
    with database("wake_up") as db:
        for way, script, available in (
            ("dequeue(wait => ...)", "await.sql", db.has("dequeue", "wait")),
            ("CALL wait(), dequeue", "await_call.sql", db.has("wait", "timeout")),
        ):
            if not available:
                yield unavailable(settings, way)
                continue
            for consumers in (1, 8):
                yield from wake(settings, db, way, script, consumers)


def wake(settings, db, way, script, consumers):
    rounds = [deliveries(settings, db, script, consumers) for _ in range(settings.rounds)]
    from_answer = [time for answer, _ in rounds for time in answer]
    from_call = [time for _, call in rounds for time in call]
    for since, times, goals in (("commit", from_answer, ("< 0.5", "< 2")), ("call", from_call, ("", ""))):
        for share, goal in zip((0.5, 0.99), goals):
            each = [percentile(of_round, share) for of_round in (pair[since == "call"] for pair in rounds)]
            yield plain_row(
                settings,
                f"{consumers} in {way}: p{100 * share:.0f} from the {since}",
                "ms",
                percentile(times, share),
                goal,
                f"{len(times):,} messages; rounds {min(each):.3f} to {max(each):.3f}",
            )


def deliveries(settings, db, script, consumers):
    """Milliseconds from the producer's answer, and from its call, until each message was delivered.

    Of those only that a consumer was waiting for when the producer called: a lone one still finishes the last.
    """
    produced, consumed = TMP / "produced", TMP / "consumed"
    consumed.unlink(missing_ok=True)
    with background_client(db, script, consumers, settings.seconds + 3, log=consumed) as process:
        client(db, "enqueue.sql", 1, settings.seconds, pause_ms=10, log=produced, payload=SMALL)
        process.wait(timeout=settings.seconds + 30)
    enqueued = {run.first: run for run in read_log(produced, "enqueue")}
    taken, awaited, before = 0, [], None
    for run in read_log(consumed):
        if run.name == "take" and run.first in enqueued:
            taken += 1
            waiting_since = before.begin if before and before.name == "ready" else run.begin
            if waiting_since < enqueued[run.first].begin:
                awaited.append(run)
        before = run
    if taken < len(enqueued):
        raise RuntimeError(f"{len(enqueued) - taken} messages of {len(enqueued)} were not delivered")
    return (
        [1000 * (run.end - enqueued[run.first].end) for run in awaited],
        [1000 * (run.end - enqueued[run.first].begin) for run in awaited],
    )


def waiters_beside_load(settings):
    """Enqueue by 32 clients with 8 consumers waiting, beside the same without them.

    In neither is there anything to deliver: the consumers wait at another queue, or at the same one while all
    messages are delayed.
    """
    with database("waiters_beside_load") as db:
        if not db.has("dequeue", "wait"):
            yield unavailable(settings, "dequeue(wait => ...)")
            return
        db.run("SELECT pgqrs.create_queue('idle')")
        for what, queue, script in (
            ("8 wait at another queue", "idle", "enqueue_pgqrs.sql"),
            ("8 wait at the queue, messages delayed", "bench", "enqueue_delayed.sql"),
        ):
            # No message may be left that could be delivered.
            db.run("SELECT pgqrs.purge_queue('bench')")

            def without():
                return pgbench(db, script, 32, settings.seconds)

            def beside():
                with background_client(db, "wait_dequeue.sql", 8, queue=queue):
                    return without()

            yield compare(
                settings, what, "messages/s", beside, without, goal=">= 0.97", other_side="without waiters"
            )


def waiters_idle(settings):
    """A hundred consumers wait and nothing happens: processor time, WAL and snapshots of the server."""
    seconds = settings.size(30, 3)
    with database("waiters_idle") as db:
        for what, script, available in (
            ("dequeue(wait => ...)", "wait_dequeue.sql", db.has("dequeue", "wait")),
            ("CALL wait()", "wait_call.sql", db.has("wait", "timeout")),
        ):
            if not available:
                yield unavailable(settings, what)
                continue
            yield from idle(settings, db, what, script, seconds)


def idle(settings, db, what, script, seconds):
    server = Server(db)
    with background_client(db, script, 100, queue="bench"):
        # Settled: all wait, and what was written before is on disk.
        db.run("CHECKPOINT")
        time.sleep(2)
        wal, cpu, begin = wal_position(db), server.cpu_seconds(), time.monotonic()
        held = 0
        while time.monotonic() < begin + seconds:
            time.sleep(1)
            held = max(
                held,
                db.value(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE application_name = 'client' AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
                ),
            )
        cpu, wal = server.cpu_seconds() - cpu, wal_position(db) - wal
        elapsed = time.monotonic() - begin
        waiting = db.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client'")
        if waiting != 100:
            raise RuntimeError(f"only {waiting} of 100 waited")
    note = f"{waiting} waited for {elapsed:.0f} s"
    yield plain_row(settings, f"{what}: processor", "% of a core", 100 * cpu / elapsed, "< 1", note)
    yield plain_row(settings, f"{what}: WAL", "bytes", wal, "<= 0", note)
    yield plain_row(settings, f"{what}: sessions that hold a snapshot", "sessions", held, "<= 0", note)


def wal_position(db):
    return int(db.value("SELECT pg_current_wal_insert_lsn() - '0/0'"))


class Server:
    """The processes of the server: the postmaster and its children, without the session that asks."""

    def __init__(self, db):
        self.asking = db.value("SELECT pg_backend_pid()")
        self.postmaster = int(stat_fields(self.asking)[1])

    def cpu_seconds(self):
        ticks = 0
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.asking:
                continue
            try:
                fields = stat_fields(entry.name)
            except OSError:
                continue
            if int(fields[1]) == self.postmaster or int(entry.name) == self.postmaster:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def stat_fields(pid):
    """What follows the name in /proc/PID/stat: state, parent, ..."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
