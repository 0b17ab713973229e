#!/usr/bin/python3
"""A report for each night: sleeps until 03:00 of a time zone, writes the report, and goes on as a new run.

Nights when no worker ran are reported when one does, each once.

DATABASE_URL=postgresql://... nightly_report.py work
DATABASE_URL=postgresql://... nightly_report.py start [ZONE]      UTC unless told otherwise; prints the id of the run
"""

import datetime
import sys

from psycopg.types.json import Jsonb
from workflow_run import call
from workflow_worker import connect, work


def nightly_report(run):
    zone, night = run.input["zone"], run.input.get("night")
    if night is None:
        night = run.transaction("first night", lambda db: next_night(db, zone))
    run.sleep("until 03:00", until=three_o_clock(run.db, zone, night))
    run.transaction("report", lambda db: report(db, run.id, night))
    # The history of a run that goes on for years would have no end.
    tomorrow = datetime.date.fromisoformat(night) + datetime.timedelta(days=1)
    run.continue_as_new({"zone": zone, "night": str(tomorrow)})


# The server knows the zones, and when their clocks change.


def next_night(db, zone):
    here = "SELECT clock_timestamp() AT TIME ZONE %s AS time"
    day = f"SELECT (time::date + (time::time >= '03:00')::integer)::text FROM ({here}) AS here"
    return db.execute(day, [zone]).fetchone()[0]


def three_o_clock(db, zone, night):
    return db.execute("SELECT (%s::date + time '03:00') AT TIME ZONE %s", [night, zone]).fetchone()[0]


def report(db, run, night):
    db.execute("INSERT INTO reports SELECT %s, %s, count(*) FROM shipments", [night, run])
    db.execute("INSERT INTO effects (run, effect) VALUES (%s, 'report')", [run])


def start(zone="UTC"):
    with connect() as db:
        # The key passes on to the run that continues this one: one chain for a zone, however often it is started.
        given = {"workflow": "nightly_report", "input": Jsonb({"zone": zone}), "idempotency_key": zone}
        print(call(db, "start_workflow", **given)[0])


if __name__ == "__main__":
    if sys.argv[1] == "start":
        start(*sys.argv[2:])
    else:
        work("nightly_report", {"nightly_report": nightly_report})
