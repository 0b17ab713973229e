"""A worker of workflows: gets runs, calls their workflows, ends their deliveries. To be copied with workflow_run.py;
order_workflow.py, fan_out.py and nightly_report.py use it. See examples/README.md.
"""

import os
import signal
import sys
import threading

import psycopg
from psycopg.types.json import Jsonb
from workflow_run import LOST, DeliveryEnded, Run, StepFailed, call, stop

LEASE = float(os.environ.get("LEASE_SECONDS", 30))
WAIT = float(os.environ.get("WAIT_SECONDS", 20))

waiting = False


def connect():
    # As in worker.py: no transaction is open between two calls, and nothing is prepared.
    url = os.environ.get("DATABASE_URL", "")
    return psycopg.connect(url, autocommit=True, prepare_threshold=None, connect_timeout=10)


def keep_lease(queue, run, read_ct, done):
    """For steps longer than a lease; each record renews it, too. Who lost it learns so by PQ001."""
    while not done.wait(LEASE / 3):
        try:
            with connect() as db:
                extend = "SELECT pgqrs.extend_visibility(%s, %s, make_interval(secs => %s), %s)"
                if not db.execute(extend, [queue, run, LEASE, read_ct]).fetchone()[0]:
                    return
        except psycopg.Error as error:
            log(f"run {run} not extended: {error}")


def execute(db, queue, workflows, row):
    run_id, workflow, read_ct, *memory = row
    done = threading.Event()
    threading.Thread(target=keep_lease, args=[queue, run_id, read_ct, done], daemon=True).start()
    mine = {"run": run_id, "read_ct": read_ct}
    try:
        if workflow not in workflows:
            call(db, "release_run", **mine, reason="no_handler")
            return
        output = workflows[workflow](Run(db, run_id, read_ct, *memory))
        call(db, "complete_run", **mine, output=Jsonb(output))
    except DeliveryEnded:
        pass
    except Exception as error:
        if db.broken:  # its lease runs out, and somebody gets it again
            raise
        log(f"run {run_id}: {error}")
        if getattr(error, "sqlstate", None) != LOST:
            fail(db, mine, error)
    finally:
        done.set()


def fail(db, mine, error):
    """The run is tried again after the back-off of its workflow. A cancelled one (PQ022) ends by this."""
    try:
        call(db, "fail_run", **mine, error=str(error), retryable=not isinstance(error, StepFailed))
    except psycopg.DatabaseError as late:
        if late.sqlstate != LOST:  # somebody else has the run, or will get it
            raise


def on_signal(*_):
    stop.set()
    if waiting:  # psycopg cancels the statement then
        raise KeyboardInterrupt


def wait_for_run(db, queue):
    global waiting
    try:
        waiting = True
        if not stop.is_set():
            db.execute("CALL pgqrs.wait(%s, make_interval(secs => %s))", [queue, WAIT])
    except KeyboardInterrupt:
        pass
    finally:
        waiting = False


def work(queue, workflows):
    """Executes the runs of a queue until SIGTERM or SIGINT. workflows: functions by their names."""
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    claim = """SELECT run, workflow, read_ct, input, steps, steps_complete
               FROM pgqrs.claim_runs(%s, vt => make_interval(secs => %s))"""
    pause = 0.5
    while not stop.is_set():
        try:
            with connect() as db:
                pause = 0.5
                while not stop.is_set():
                    if row := db.execute(claim, [queue, LEASE]).fetchone():
                        execute(db, queue, workflows, row)
                    else:
                        wait_for_run(db, queue)
        except psycopg.OperationalError as error:  # the connection: try again, ever more slowly
            log(f"{error}; connecting again in {pause} s")
            stop.wait(pause)
            pause = min(2 * pause, 30)


def log(text):
    print(f"python: {text}", file=sys.stderr, flush=True)
