#!/usr/bin/python3
"""An order: reserve, ask for approval, charge, wait for the payment, ship; and undo it all when that fails for good.

DATABASE_URL=postgresql://... order_workflow.py work
DATABASE_URL=postgresql://... order_workflow.py start ITEM AMOUNT [SECONDS_TO_PAY]     prints the id of the run
psql -c "SELECT pgqrs.signal_run(RUN, 'approved', '{\"ok\": true}'), pgqrs.signal_run(RUN, 'paid')"
"""

import datetime
import sys

from psycopg.errors import CheckViolation
from psycopg.types.json import Jsonb
from workflow_run import StepFailed, TimedOut, call
from workflow_worker import connect, work

THREE_DAYS = 3 * 24 * 3600


class NotApproved(Exception):
    pass


def order(run):
    item, amount = run.input["item"], run.input["amount"]
    to_pay = datetime.timedelta(seconds=run.input.get("seconds_to_pay", THREE_DAYS))
    # When nothing is left, the run fails by this, and there is nothing to undo.
    run.transaction("reserve", lambda db: reserve(db, run.id, item), fatal=CheckViolation)
    charged = None
    try:
        approval = run.wait_signal("approval", of="approved", timeout=datetime.timedelta(seconds=THREE_DAYS))
        if not approval["ok"]:
            raise NotApproved("approval")
        charged = run.step("charge", lambda key: charge(key, amount))
        run.wait_signal("payment", of="paid", timeout=to_pay)
        run.transaction("ship", lambda db: ship(db, run.id, item), fatal=CheckViolation)
    except (NotApproved, StepFailed, TimedOut) as error:
        if charged:
            run.step("refund", lambda key: refund(key, charged, amount), max_attempts=0)
        run.transaction("release", lambda db: release(db, run.id, item), max_attempts=0)
        return {"shipped": False, "because": str(error)}
    return {"shipped": True}


# What is done in the database, each in one transaction with its record.


def reserve(db, run, item):
    db.execute("UPDATE shelf SET remaining = remaining - 1 WHERE item = %s", [item])
    db.execute("INSERT INTO reservations VALUES (%s, %s)", [run, item])
    db.execute("INSERT INTO effects (run, effect) VALUES (%s, 'reserve')", [run])


def ship(db, run, item):
    db.execute("INSERT INTO shipments VALUES (%s, %s)", [run, item])
    db.execute("INSERT INTO effects (run, effect) VALUES (%s, 'ship')", [run])


def release(db, run, item):
    db.execute("UPDATE shelf SET remaining = remaining + 1 WHERE item = %s", [item])
    db.execute("DELETE FROM reservations WHERE run = %s", [run])
    db.execute("INSERT INTO effects (run, effect) VALUES (%s, 'release')", [run])


# These stand for calls to somebody outside, who does nothing when he gets the same key again.


def charge(key, amount):
    with connect() as provider:
        provider.execute("INSERT INTO charges VALUES (%s, %s) ON CONFLICT DO NOTHING", [key, amount])
    return key


def refund(key, charged, amount):
    with connect() as provider:
        provider.execute("INSERT INTO refunds VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [key, charged, amount])
    return key


def start(item, amount, seconds_to_pay=THREE_DAYS):
    given = {"item": item, "amount": int(amount), "seconds_to_pay": float(seconds_to_pay)}
    with connect() as db:
        print(call(db, "start_workflow", workflow="order", input=Jsonb(given))[0])


if __name__ == "__main__":
    if sys.argv[1] == "start":
        start(*sys.argv[2:])
    else:
        work("order", {"order": order})
