"""psycopg 3."""

import os

import psycopg
from psycopg.types.json import Jsonb

say = lambda name, value: print(f"{name}: {value}")
# Below PgBouncer 1.21 nothing may be prepared.
options = {"prepare_threshold": None} if "UNPREPARED" in os.environ else {}
db = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, **options)


def value(sql, *parameters):
    return db.execute(sql, parameters).fetchone()[0]


def sqlstate(sql, *parameters):
    try:
        with db.transaction():
            db.execute(sql, parameters)
    except psycopg.Error as error:
        return error.sqlstate


say("version", psycopg.__version__)
value("SELECT pgqrs.enqueue('invoices', %s, headers => %s)", Jsonb({"n": 1, "text": "ä'\\"}), Jsonb({"type": "t"}))
value("SELECT pgqrs.enqueue('invoices', %s)", Jsonb([1, "two"]))
value("SELECT pgqrs.enqueue('invoices', %s)", Jsonb("text"))
value("SELECT pgqrs.enqueue_batch('invoices', %s::jsonb[])", [Jsonb({"n": 2}), Jsonb({"n": 3})])
try:
    with db.transaction():
        value("SELECT pgqrs.enqueue('invoices', %s)", Jsonb("rolled back"))
        raise InterruptedError
except InterruptedError:
    pass
with db.transaction():
    value("SELECT pgqrs.enqueue('invoices', %s)", Jsonb("committed"))

say("ready", repr(value("CALL pgqrs.wait('invoices', '5 s')")))
job = db.execute("SELECT id, read_ct, payload FROM pgqrs.dequeue('invoices')").fetchone()
say("id", f"{type(job[0]).__name__} {job[0]}")
say("payload", type(job[2]).__name__)
say("true", repr(value("SELECT pgqrs.archive('invoices', %s, %s)", job[0], job[1])))
say("false", repr(value("SELECT pgqrs.archive('invoices', %s, %s)", job[0], job[1])))
ids, counts = map(list, zip(*db.execute("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', %s)", [10])))
done = db.execute("SELECT id, done FROM pgqrs.archive_batch('invoices', %s, %s)", [ids, counts])
say("batch", sum(ok for _, ok in done))
say("missing queue", sqlstate("SELECT pgqrs.enqueue('missing', %s)", Jsonb(1)))
say("wait in a transaction", sqlstate("CALL pgqrs.wait('invoices', '1 s')"))
for turn in range(12):
    db.execute("SELECT id FROM pgqrs.dequeue('invoices', vt => %s)", ["30 s"]).fetchall()
