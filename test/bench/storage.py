"""What a message leaves behind: WAL, growth of tables and indexes, and how its delivery updates."""

from measure import SQL, TMP, database, pgbench, plain_row, row_of_pairs, wait_until
from waiting import wal_position

CLIENTS = 4


def storage(settings):
    """The life of a message (enqueue, delivery, archive), after as many lives to warm the tables up."""
    lives = settings.size(50_000, 2000)
    with database("storage") as db:
        measured = {side: live(db, side, lives) for side in ("pgqrs", "by_hand")}
    ours, theirs = measured["pgqrs"], measured["by_hand"]
    for what in ("WAL", "heap of messages", "indexes of messages", "heap of archive", "indexes of archive"):
        if theirs[what]:
            yield row_of_pairs(settings, f"{what}, a message", "bytes", [(ours[what], theirs[what])])
        else:
            yield plain_row(settings, f"{what}, a message", "bytes", ours[what], note="by hand: 0")
    note = f"by hand: {theirs['hot']:.3f}"
    yield plain_row(settings, "HOT, of all deliveries", "ratio", ours["hot"], ">= 0.95", note)


def live(db, side, lives):
    """Bytes a message, and the share of HOT updates."""
    schema = "pgqrs" if side == "pgqrs" else "by_hand"
    script = TMP / "life.sql"
    script.write_text("".join((SQL / f"{verb}_{side}.sql").read_text() for verb in ("enqueue", "consume")))

    def pass_all():
        pgbench(db, script, CLIENTS, runs=lives // CLIENTS)

    # A few messages more than clients: none finds the queue empty.
    db.fill(side, 100)
    pass_all()
    db.run(f"VACUUM {schema}.messages")
    db.run("CHECKPOINT")
    before = state(db, schema)
    pass_all()
    wait_until(lambda: state(db, schema)["updates"] >= before["updates"] + lives - CLIENTS)
    after = state(db, schema)
    result = {name: max(0, (after[name] - before[name]) / lives) for name in before}
    result["hot"] = (after["hot"] - before["hot"]) / max(1, after["updates"] - before["updates"])
    return result


def state(db, schema):
    updates, hot = db.connection.execute(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = %s AND relname = 'messages'",
        (schema,),
    ).fetchone()
    sizes = {
        f"{part} of {table}": db.value(f"SELECT pg_{function}('{schema}.{table}')")
        for table in ("messages", "archive")
        for part, function in (("heap", "table_size"), ("indexes", "indexes_size"))
    }
    return {"WAL": wal_position(db), "updates": updates, "hot": hot, **sizes}
