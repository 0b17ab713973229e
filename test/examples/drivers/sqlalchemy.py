"""SQLAlchemy with psycopg2. `:p::jsonb` is no parameter for it: CAST(:p AS jsonb)."""

import json
import os

import sqlalchemy
from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB


def say(name, value):
    print(f"{name}: {value}")


say("version", sqlalchemy.__version__)
engine = create_engine(os.environ["DATABASE_URL"])
# For workers: the same pool, each statement its own transaction.
autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
say("parameters of :p::jsonb", len(text("SELECT :p::jsonb").compile().params))
enqueue = text("SELECT pgqrs.enqueue(:queue, CAST(:payload AS jsonb))")
typed = text("SELECT pgqrs.enqueue(:queue, :payload, headers => :headers)").bindparams(
    bindparam("payload", type_=JSONB), bindparam("headers", type_=JSONB)
)


def sqlstate(connection, sql, **parameters):
    try:
        connection.execute(text(sql), parameters)
    except sqlalchemy.exc.DBAPIError as error:
        return error.orig.pgcode


with engine.begin() as db:
    db.execute(typed, {"queue": "invoices", "payload": {"n": 1, "text": "ä'\\"}, "headers": {"type": "t"}})
    db.execute(enqueue, {"queue": "invoices", "payload": json.dumps([1, "two"])})
    db.execute(enqueue, {"queue": "invoices", "payload": json.dumps("text")})
    batch = [json.dumps({"n": 2}), json.dumps({"n": 3})]
    enqueue_batch = text("SELECT pgqrs.enqueue_batch(:queue, CAST(:batch AS jsonb[]))")
    db.execute(enqueue_batch, {"queue": "invoices", "batch": batch})
with engine.connect() as db:
    with db.begin() as transaction:
        db.execute(enqueue, {"queue": "invoices", "payload": '"rolled back"'})
        transaction.rollback()
with engine.begin() as db:
    db.execute(enqueue, {"queue": "invoices", "payload": '"committed"'})
with engine.connect() as db:
    say("wait in a transaction", sqlstate(db, "CALL pgqrs.wait(:queue, '1 s')", queue="invoices"))

with autocommit.connect() as db:
    say("ready", repr(db.execute(text("CALL pgqrs.wait(:queue, '5 s')"), {"queue": "invoices"}).scalar()))
    job = db.execute(text("SELECT id, read_ct, payload FROM pgqrs.dequeue(:queue)"), {"queue": "invoices"}).one()
    say("id", f"{type(job.id).__name__} {job.id}")
    say("payload", type(job.payload).__name__)
    archive, those = text("SELECT pgqrs.archive('invoices', :id, :read_ct)"), {"id": job.id, "read_ct": job.read_ct}
    say("true", repr(db.execute(archive, those).scalar()))
    say("false", repr(db.execute(archive, those).scalar()))
    rest = db.execute(text("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', :qty)"), {"qty": 10}).all()
    those = {"ids": [row.id for row in rest], "counts": [row.read_ct for row in rest]}
    done = db.execute(text("SELECT id, done FROM pgqrs.archive_batch('invoices', :ids, :counts)"), those).all()
    say("batch", sum(row.done for row in done))
    say("missing queue", sqlstate(db, "SELECT pgqrs.enqueue('missing', '1')"))
    for _ in range(12):
        db.execute(text("SELECT id FROM pgqrs.dequeue('invoices', vt => :vt)"), {"vt": "30 s"}).all()
