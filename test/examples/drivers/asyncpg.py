"""asyncpg. JSON goes and comes as text; a codec changes that."""

import asyncio
import json
import os

import asyncpg


def say(name, value):
    print(f"{name}: {value}")


async def sqlstate(work):
    try:
        await work
    except asyncpg.PostgresError as error:
        return error.sqlstate


async def wait_in_a_transaction(db):
    async with db.transaction():
        await db.fetchval("CALL pgqrs.wait($1, $2::text::interval)", "invoices", "1 s")


async def main():
    say("version", asyncpg.__version__)
    # Below PgBouncer 1.21 nothing may be kept prepared; and the driver's names for statements meet those of others.
    options = {"statement_cache_size": 0} if "UNPREPARED" in os.environ else {}
    db = await asyncpg.connect(os.environ["DATABASE_URL"], **options)
    enqueue = "SELECT pgqrs.enqueue($1, $2, headers => $3)"
    await db.fetchval(enqueue, "invoices", json.dumps({"n": 1, "text": "ä'\\"}), json.dumps({"type": "t"}))
    await db.fetchval(enqueue, "invoices", json.dumps([1, "two"]), None)
    await db.fetchval(enqueue, "invoices", json.dumps("text"), None)
    batch = [json.dumps({"n": 2}), json.dumps({"n": 3})]
    await db.fetch("SELECT pgqrs.enqueue_batch($1, $2)", "invoices", batch)
    transaction = db.transaction()
    await transaction.start()
    await db.fetchval(enqueue, "invoices", json.dumps("rolled back"), None)
    await transaction.rollback()
    async with db.transaction():
        await db.fetchval(enqueue, "invoices", json.dumps("committed"), None)

    # An interval parameter would want a datetime.timedelta.
    say("ready", repr(await db.fetchval("CALL pgqrs.wait($1, $2::text::interval)", "invoices", "5 s")))
    job = await db.fetchrow("SELECT id, read_ct, payload FROM pgqrs.dequeue($1)", "invoices")
    say("id", f"{type(job['id']).__name__} {job['id']}")
    say("payload", type(job["payload"]).__name__)
    archive = "SELECT pgqrs.archive($1, $2, $3)"
    say("true", repr(await db.fetchval(archive, "invoices", job["id"], job["read_ct"])))
    say("false", repr(await db.fetchval(archive, "invoices", job["id"], job["read_ct"])))
    rest = await db.fetch("SELECT id, read_ct FROM pgqrs.dequeue_batch($1, $2)", "invoices", 10)
    ids, counts = [row["id"] for row in rest], [row["read_ct"] for row in rest]
    done = await db.fetch("SELECT id, done FROM pgqrs.archive_batch($1, $2, $3)", "invoices", ids, counts)
    say("batch", sum(row["done"] for row in done))
    say("missing queue", await sqlstate(db.fetchval(enqueue, "missing", "1", None)))
    say("wait in a transaction", await sqlstate(wait_in_a_transaction(db)))
    for _ in range(12):
        await db.fetch("SELECT id FROM pgqrs.dequeue($1, vt => $2::text::interval)", "invoices", "30 s")
    await db.close()


asyncio.run(main())
