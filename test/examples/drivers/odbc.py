"""ODBC (psqlODBC) by pyodbc. Everything but numbers is text for the driver."""

import json
import os
from urllib.parse import urlsplit

import pyodbc

say = lambda name, value: print(f"{name}: {value}")
url = urlsplit(os.environ["DATABASE_URL"])
# UseServerSidePrepare=0: below PgBouncer 1.21 nothing may be prepared.
prepare = 0 if "UNPREPARED" in os.environ else 1
db = pyodbc.connect(
    f"Driver={{PostgreSQL Unicode}};Server={url.hostname};Port={url.port};Database={url.path[1:]};"
    f"Uid={url.username};Pwd={url.password};UseServerSidePrepare={prepare}",
    autocommit=True,
)


def rows(sql, *parameters):
    return db.execute(sql, *parameters).fetchall()


def value(sql, *parameters):
    return rows(sql, *parameters)[0][0]


def error_of(sql, *parameters):
    try:
        rows(sql, *parameters)
    except pyodbc.Error as error:
        if not db.autocommit:
            db.rollback()
        return error.args[0]


say("version", db.getinfo(pyodbc.SQL_DRIVER_VER))
enqueue = "SELECT pgqrs.enqueue('invoices', CAST(? AS jsonb), headers => CAST(? AS jsonb))"
value(enqueue, json.dumps({"n": 1, "text": "ä'\\"}), json.dumps({"type": "t"}))
value(enqueue, json.dumps([1, "two"]), None)
value(enqueue, json.dumps("text"), None)
batch = [{"n": 2}, {"n": 3}]
rows("SELECT pgqrs.enqueue_batch('invoices', ARRAY(SELECT jsonb_array_elements(CAST(? AS jsonb))))", json.dumps(batch))
db.autocommit = False
value(enqueue, json.dumps("rolled back"), None)
db.rollback()
value(enqueue, json.dumps("committed"), None)
db.commit()
say("wait in a transaction", error_of("CALL pgqrs.wait('invoices', '1 s')"))
db.autocommit = True

say("ready", repr(value("CALL pgqrs.wait('invoices', '5 s')")))
job = rows("SELECT id, read_ct, payload FROM pgqrs.dequeue('invoices')")[0]
say("id", f"{type(job[0]).__name__} {job[0]}")
say("payload", type(job[2]).__name__)
say("true", repr(value("SELECT pgqrs.archive('invoices', ?, ?)", job[0], job[1])))
say("false", repr(value("SELECT pgqrs.archive('invoices', ?, ?)", job[0], job[1])))
rest = rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ?)", 10)
ids, counts = ("{" + ",".join(str(row[i]) for row in rest) + "}" for i in (0, 1))
archive = "SELECT id, done FROM pgqrs.archive_batch('invoices', CAST(? AS bigint[]), CAST(? AS integer[]))"
done = rows(archive, ids, counts)
say("batch", sum(row[1] not in ("0", False) for row in done))
say("missing queue", error_of("SELECT pgqrs.enqueue('missing', '1')"))
for turn in range(12):
    rows("SELECT id FROM pgqrs.dequeue('invoices', vt => CAST(? AS interval))", "30 s")
