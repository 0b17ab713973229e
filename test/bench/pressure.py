"""Delivery under what makes queues in tables slow: held snapshots, large tables, a backlog of low priority."""

from measure import (
    TMP,
    client,
    compare,
    database,
    held,
    pgbench,
    percentile,
    read_log,
    row_of_pairs,
    say,
    show,
)

PASSING = 1_000_000
LONGEST = 150  # seconds, for one side of one variation
SINGLE = 30_000  # messages for each measurement of single ones


def held_snapshot(settings):
    """A million messages pass while a transaction stays open: how fast at the end, compared with the beginning?

    The messages pass a hundred at a time through four clients. Before and after, eight clients take single ones.
    """
    kinds = {
        "snapshot": "REPEATABLE READ, idle",
        "write": "idle with a transaction id",
        "prepared": "prepared transaction",
    }
    for kind, name in kinds.items():
        yield from pass_beside(settings, "pgqrs", kind, name)
    # For orientation; the other two hold back the same rows.
    yield from pass_beside(settings, "by_hand", "snapshot", "REPEATABLE READ, idle")


def pass_beside(settings, side, kind, name):
    passing = settings.size(PASSING, 1000)
    longest = settings.size(LONGEST, 6)
    whose = "" if side == "pgqrs" else " (by hand)"
    goal = ">= 0.95" if side == "pgqrs" else ""
    log = TMP / "log"
    with database("held_snapshot") as db, held(db, kind):
        db.fill(side, passing + 2 * SINGLE)

        def single():
            return pgbench(db, f"consume_{side}.sql", 8, max(1, settings.seconds / 2))

        first = single()
        client(db, f"consume_batch_{side}.sql", 4, longest, rows=passing, log=log)
        runs = read_log(log, "finish")
        db.fill(side, SINGLE)
        last = single()
    begin, end = min(run.begin for run in runs), runs[-1].end
    passed, elapsed = sum(run.rows for run in runs), end - begin
    window = min(60, elapsed / 3)
    begin_rate = sum(run.rows for run in runs if run.end <= begin + window) / window
    end_rate = sum(run.rows for run in runs if run.end > end - window) / window
    say(f"{name}{whose}: {passed} messages in {elapsed:.0f} s")
    yield row_of_pairs(
        settings,
        f"{name}, 100 at a time{whose}",
        "messages/s",
        [(end_rate, begin_rate)],
        goal=goal,
        other_side=f"first {show(window)} s",
        note=f"{passed:,} of {passing:,} messages passed in {elapsed:.0f} s",
    )
    yield row_of_pairs(
        settings,
        f"{name}, single ones{whose}",
        "messages/s",
        [(last, first)],
        goal=goal,
        other_side="before",
        note=f"after {passed:,} messages",
    )


def big_state(settings):
    """The median of a delivery in a queue with much else in it, beside an empty system."""
    with database("big_state") as full, database("empty_state") as empty:
        for what, load in (
            (f"{settings.size(1_000_000):,} delayed", load_delayed),
            (f"and {settings.size(10_000_000):,} archived", load_archived),
            (f"and {settings.size(10_000):,} queues", load_queues),
            (f"and {settings.size(200_000):,} leased", load_leased),
        ):
            say(f"loading: {what}")
            load(settings, full)
            for db in (full, empty):
                db.run("VACUUM ANALYZE")
            admin_checkpoint(full)
            yield compare(
                settings,
                what,
                "ms (p50 of dequeue)",
                lambda: delivery_p50(settings, full),
                lambda: delivery_p50(settings, empty),
                goal="<= 1.2",
                other_side="empty system",
            )


def delivery_p50(settings, db):
    log = TMP / "log"
    ready = db.value("SELECT count(*) FROM pgqrs.messages WHERE vt IS NULL AND available_at <= now()")
    db.enqueue(int(6000 * settings.seconds) - ready)
    client(db, "deliver.sql", 1, settings.seconds, log=log)
    return percentile([1000 * (run.end - run.begin) for run in read_log(log, "take") if run.rows], 0.5)


# Among all priorities, since each has a stretch of the index of its own.
def load_delayed(settings, db):
    for priority in range(10):
        db.enqueue(settings.size(100_000), priority=priority, delay="10 hours")


def load_archived(settings, db):
    qty, done = settings.size(10_000_000), 0
    while done < qty:
        step = min(500_000, qty - done)
        db.run(
            "INSERT INTO pgqrs.archive (id, available_at, enqueued_at, queue_id, read_ct, priority, vt,"
            " delivered_at, archived_at, processing_duration, payload)"
            " SELECT nextval('pgqrs.messages_id_seq'), now(), now(), 1, 1, 5, now(), now(), now(), '1 s',"
            " '{\"user_id\": 12345, \"kind\": \"welcome\"}' FROM generate_series(1, %s::int)",
            step,
        )
        done += step


def load_queues(settings, db):
    # Each queue made in a transaction takes a lock until its end.
    db.run(
        f"""DO $$
        BEGIN
            FOR n IN 1..{settings.size(10_000)} LOOP
                PERFORM pgqrs.create_queue('queue-' || n);
                IF n % 100 = 0 THEN COMMIT; END IF;
            END LOOP;
        END $$"""
    )


def load_leased(settings, db):
    qty, done = settings.size(200_000), 0
    while done < qty:
        step = min(5000, qty - done)
        db.enqueue(step)
        db.run("SELECT count(*) FROM pgqrs.dequeue_batch('bench', %s::int, vt => '10 hours')", step)
        done += step


def admin_checkpoint(db):
    db.run("CHECKPOINT")


def backlog_priority(settings):
    """How long the delivery of a priority 0 message takes with a million of priority 9 behind it.

    One driver: a message arrives, is delivered (this is timed) and archived; then one of the backlog is. On the other
    side the arrivals have a queue of their own; the work between them is the same.
    """
    log = TMP / "log"
    with database("backlog_priority") as db:
        for queue in ("backlog", "arrivals"):
            db.run("SELECT pgqrs.create_queue(%s)", queue)
        db.enqueue(settings.size(1_000_000, 1000), queue="backlog", priority=9)
        db.run("VACUUM ANALYZE")
        db.run("CHECKPOINT")

        def p99(queue):
            client(db, "arrive.sql", 1, settings.seconds, log=log, queue=queue, payload='{"n": 0}')
            runs = read_log(log, "take")
            if any(run.first != "0" for run in runs):
                raise RuntimeError("something else than the arrival was delivered")
            return percentile([1000 * (run.end - run.begin) for run in runs], 0.99)

        yield compare(
            settings,
            f"{settings.size(1_000_000, 1000):,} of priority 9",
            "ms (p99 of dequeue)",
            lambda: p99("backlog"),
            lambda: p99("arrivals"),
            goal="<= 1.5",
            other_side="empty queue",
        )
