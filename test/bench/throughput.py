"""Rates of enqueue, dequeue and archive beside hand-written statements."""

import statistics

from measure import (
    PAYLOADS,
    TMP,
    client,
    compare,
    database,
    pgbench,
    read_log,
    row_of_pairs,
    say,
    show,
)

# More than this machine consumes in a second: queues are filled up to that.
MOST_ONE = 15_000
MOST_BATCH = 120_000


def count_of(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def enqueue_one(settings):
    """One message a transaction, beside a prepared INSERT ... RETURNING."""
    for size, payload in PAYLOADS.items():
        for clients in (1, 8, 32):
            with database("enqueue_one") as db:
                yield compare(
                    settings,
                    f"{size}, {count_of(clients, 'client')}",
                    "messages/s",
                    lambda: pgbench(db, "enqueue_pgqrs.sql", clients, settings.seconds, payload=payload),
                    lambda: pgbench(db, "enqueue_by_hand.sql", clients, settings.seconds, payload=payload),
                    goal=">= 0.95",
                    other_side="INSERT",
                )


def enqueue_batch(settings):
    """A thousand messages a transaction, beside COPY FROM STDIN of the same rows in text format."""
    for size, payload in PAYLOADS.items():
        element = '"' + payload.replace("\\", "\\\\").replace('"', '\\"') + '"'
        array, lines = TMP / "payloads", TMP / "lines"
        array.write_text("{" + ",".join([element] * 1000) + "}")
        lines.write_text(f"1\t{payload}\n" * 1000)
        with database("enqueue_batch") as db:

            def rate(script, **values):
                answer = client(db, script, 1, settings.seconds, **values)
                return answer["enqueue"][1] / answer["seconds"]

            yield compare(
                settings,
                f"{size}, 1 client",
                "messages/s",
                lambda: rate("enqueue_batch_pgqrs.sql", payloads=f"@{array}"),
                lambda: rate("enqueue_batch_by_hand.sql", data=f"@{lines}"),
                goal=">= 0.9",
                other_side="COPY",
            )


def consume_one_rate(settings, db, side, clients, payload=PAYLOADS["60 B"], jobs=None, script=None, **values):
    """For the time of a measurement, or until so many jobs are done. The script is the side's unless another is given."""
    length = {"runs": max(1, jobs // clients)} if jobs else {"seconds": settings.seconds}
    qty = jobs or int(MOST_ONE * settings.seconds * (0.35 if clients == 1 else 1))
    while True:
        db.fill(side, qty, payload)
        try:
            return pgbench(db, script or f"consume_{side}.sql", clients, **length, **values)
        except RuntimeError as error:
            # What pgbench says of an empty queue: a faster machine.
            if "expected one row" not in str(error) or qty > 10_000_000:
                raise
        qty *= 4


def consume_one(settings):
    """One message: delivery and archive, a transaction each."""
    for size, payload in PAYLOADS.items():
        for clients in (1, 8):
            with database("consume_one") as db:
                yield compare(
                    settings,
                    f"{size}, {count_of(clients, 'client')}",
                    "messages/s",
                    lambda: consume_one_rate(settings, db, "pgqrs", clients, payload),
                    lambda: consume_one_rate(settings, db, "by_hand", clients, payload),
                    goal=">= 1.0",
                )


def next_one(settings):
    """One message: archive and the next delivery in one transaction, beside our own two."""
    for size, payload in PAYLOADS.items():
        for clients, goal in ((1, ""), (8, ">= 1.6")):
            with database("next_one") as db:
                # Nothing to finish at first: a message that does not exist.
                first = {"m_id": 0, "m_read_ct": 1}
                yield compare(
                    settings,
                    f"{size}, {count_of(clients, 'client')}",
                    "messages/s",
                    lambda: consume_one_rate(settings, db, "pgqrs", clients, payload, script="next_pgqrs.sql", **first),
                    lambda: consume_one_rate(settings, db, "pgqrs", clients, payload),
                    goal=goal,
                    other_side="dequeue and archive",
                )


def consume_batch_rate(settings, db, side, clients, payload=PAYLOADS["60 B"], jobs=None):
    length = {"rows": jobs, "seconds": 60} if jobs else {"seconds": settings.seconds}
    db.fill(side, jobs or int(MOST_BATCH * settings.seconds), payload)
    client(db, f"consume_batch_{side}.sql", clients, log=TMP / "log", **length)
    runs = read_log(TMP / "log", "finish")
    # Until the last message: should the queue run empty, that does not count.
    return sum(run.rows for run in runs) / (runs[-1].end - min(run.begin for run in runs))


def consume_batch(settings):
    """A hundred messages: delivery and archive, a transaction each."""
    for size, payload in PAYLOADS.items():
        for clients, goal in ((1, ">= 1.0"), (4, ">= 2.0")):
            with database("consume_batch") as db:
                yield compare(
                    settings,
                    f"{size}, {count_of(clients, 'client')}",
                    "messages/s",
                    lambda: consume_batch_rate(settings, db, "pgqrs", clients, payload),
                    lambda: consume_batch_rate(settings, db, "by_hand", clients, payload),
                    goal=goal,
                )


def many_workers(settings):
    """Consumers of single messages, more and more of them: the rate may not fall behind its peak."""
    counts = (4, 8, 16, 32, 64, 128)
    rates = {count: [] for count in counts}
    with database("many_workers") as db:
        for number in range(settings.rounds):
            for count in counts if number % 2 == 0 else reversed(counts):
                ours = consume_one_rate(settings, db, "pgqrs", count)
                theirs = consume_one_rate(settings, db, "by_hand", count)
                rates[count].append((ours, theirs))
                say(f"{count} consumers: {show(ours)} / {show(theirs)}")
    for count in counts:
        yield row_of_pairs(settings, f"{count} consumers", "messages/s", rates[count])
    medians = {count: statistics.median(ours for ours, _ in rates[count]) for count in counts}
    peak = max(counts, key=medians.get)
    beyond = min((count for count in counts if count >= peak), key=medians.get)
    yield row_of_pairs(
        settings,
        f"{beyond} consumers, the least beyond the peak",
        "messages/s",
        [(least[0], most[0]) for least, most in zip(rates[beyond], rates[peak])],
        goal=">= 0.9",
        other_side=f"peak: {peak} consumers",
    )
