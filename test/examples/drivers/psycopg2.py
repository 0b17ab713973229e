"""psycopg2."""

import os

import psycopg2
from psycopg2.extras import Json

say = lambda name, value: print(f"{name}: {value}")
db = psycopg2.connect(os.environ["DATABASE_URL"])
db.autocommit = True


def rows(sql, *parameters):
    with db.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def value(sql, *parameters):
    return rows(sql, *parameters)[0][0]


def sqlstate(sql, *parameters):
    try:
        rows(sql, *parameters)
    except psycopg2.Error as error:
        db.rollback()
        return error.pgcode


say("version", psycopg2.__version__)
headers = Json({"type": "t"})
value("SELECT pgqrs.enqueue('invoices', %s, headers => %s)", Json({"n": 1, "text": "ä'\\"}), headers)
value("SELECT pgqrs.enqueue('invoices', %s)", Json([1, "two"]))
value("SELECT pgqrs.enqueue('invoices', %s)", Json("text"))
value("SELECT pgqrs.enqueue_batch('invoices', %s::jsonb[])", [Json({"n": 2}), Json({"n": 3})])

# psycopg2 has no transaction block in autocommit mode: without it, commit() and rollback() end the transaction.
db.autocommit = False
value("SELECT pgqrs.enqueue('invoices', %s)", Json("rolled back"))
db.rollback()
with db:
    value("SELECT pgqrs.enqueue('invoices', %s)", Json("committed"))
say("wait in a transaction", sqlstate("CALL pgqrs.wait('invoices', '1 s')"))
db.autocommit = True

say("ready", repr(value("CALL pgqrs.wait('invoices', '5 s')")))
job = rows("SELECT id, read_ct, payload FROM pgqrs.dequeue('invoices')")[0]
say("id", f"{type(job[0]).__name__} {job[0]}")
say("payload", type(job[2]).__name__)
say("true", repr(value("SELECT pgqrs.archive('invoices', %s, %s)", job[0], job[1])))
say("false", repr(value("SELECT pgqrs.archive('invoices', %s, %s)", job[0], job[1])))
ids, counts = map(list, zip(*rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', %s)", 10)))
done = rows("SELECT id, done FROM pgqrs.archive_batch('invoices', %s, %s)", ids, counts)
say("batch", sum(ok for _, ok in done))
say("missing queue", sqlstate("SELECT pgqrs.enqueue('missing', %s)", Json(1)))
for turn in range(12):
    rows("SELECT id FROM pgqrs.dequeue('invoices', vt => %s)", "30 s")
