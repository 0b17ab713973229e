"""Django's connection with psycopg2, in autocommit mode as Django opens it."""

import json
import os

import django
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg2.extensions import parse_dsn


def say(name, value):
    print(f"{name}: {value}")


dsn = parse_dsn(os.environ["DATABASE_URL"])
database = {"NAME": dsn["dbname"], **{name.upper(): dsn[name] for name in ("user", "password", "host", "port")}}
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **database}})
django.setup()


def rows(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def value(sql, *parameters):
    return rows(sql, *parameters)[0][0]


def sqlstate(sql, *parameters):
    try:
        with transaction.atomic():
            rows(sql, *parameters)
    except DatabaseError as error:
        return error.__cause__.pgcode


say("version", django.get_version())
enqueue = "SELECT pgqrs.enqueue('invoices', %s, headers => %s)"
value(enqueue, json.dumps({"n": 1, "text": "ä'\\"}), json.dumps({"type": "t"}))
value(enqueue, json.dumps([1, "two"]), None)
value(enqueue, json.dumps("text"), None)
value("SELECT pgqrs.enqueue_batch('invoices', %s::jsonb[])", [json.dumps({"n": 2}), json.dumps({"n": 3})])
with transaction.atomic():
    value(enqueue, json.dumps("rolled back"), None)
    transaction.set_rollback(True)
with transaction.atomic():
    value(enqueue, json.dumps("committed"), None)

say("ready", repr(value("CALL pgqrs.wait('invoices', '5 s')")))
job = rows("SELECT id, read_ct, payload FROM pgqrs.dequeue('invoices')")[0]
say("id", f"{type(job[0]).__name__} {job[0]}")
# Django has psycopg2 leave JSON alone, because its JSONField decodes it; a raw cursor has no field.
say("payload", type(job[2]).__name__)
say("true", repr(value("SELECT pgqrs.archive('invoices', %s, %s)", job[0], job[1])))
say("false", repr(value("SELECT pgqrs.archive('invoices', %s, %s)", job[0], job[1])))
ids, counts = map(list, zip(*rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', %s)", 10)))
done = rows("SELECT id, done FROM pgqrs.archive_batch('invoices', %s, %s)", ids, counts)
say("batch", sum(ok for _, ok in done))
say("missing queue", sqlstate("SELECT pgqrs.enqueue('missing', '1')"))
say("wait in a transaction", sqlstate("CALL pgqrs.wait('invoices', '1 s')"))
for turn in range(12):
    rows("SELECT id FROM pgqrs.dequeue('invoices', vt => %s)", "30 s")
