#!/usr/bin/python3
"""Makes the invoice for each order, exactly once. Runs until SIGTERM or SIGINT. See examples/README.md.

DATABASE_URL=postgresql://... worker.py
"""

import os
import signal
import sys
import threading

import psycopg

URL = os.environ.get("DATABASE_URL", "")
QUEUE = os.environ.get("QUEUE", "invoices")
LEASE = float(os.environ.get("LEASE_SECONDS", 30))
WAIT = float(os.environ.get("WAIT_SECONDS", 20))
WORK = float(os.environ.get("WORK_SECONDS", 0))
STOP_WHEN_EMPTY = os.environ.get("STOP_WHEN_EMPTY")

stop = threading.Event()
waiting = False


class LeaseLost(Exception):
    """Another worker has the message."""


def on_signal(*_):
    stop.set()
    if waiting:  # psycopg cancels the statement then; a job in hand is not disturbed
        raise KeyboardInterrupt


def connect():
    # autocommit: a lease is committed before the work starts, and a wait must not be inside a transaction.
    # prepare_threshold: psycopg prepares what runs often; PgBouncer below 1.21 cannot follow that.
    return psycopg.connect(URL, autocommit=True, prepare_threshold=None, connect_timeout=10)


def keep_lease(message_id, read_ct, done, lost):
    """Extends the lease until the work is done. It has a connection of its own, made only for long jobs."""
    while not done.wait(LEASE / 3):
        try:
            with connect() as db:
                extend = "SELECT pgqrs.extend_visibility(%s, %s, make_interval(secs => %s), %s)"
                if not db.execute(extend, [QUEUE, message_id, LEASE, read_ct]).fetchone()[0]:
                    lost.set()
                    return
        except psycopg.Error as error:  # the next turn tries again; whether it was too late, archive() knows
            log(f"message {message_id} not extended: {error}")


def invoice_total(db, order_id, lost):
    if lost.wait(WORK):  # the long part of a real job; it looks now and then whether to go on
        raise LeaseLost
    (total,) = db.execute("SELECT sum(quantity * price) FROM order_lines WHERE order_id = %s", [order_id]).fetchone()
    if total is None:
        raise ValueError(f"there is no order {order_id}")
    return total


def process(db, message_id, payload, read_ct):
    done, lost = threading.Event(), threading.Event()
    threading.Thread(target=keep_lease, args=[message_id, read_ct, done, lost], daemon=True).start()
    try:
        total = invoice_total(db, payload["order_id"], lost)
        # The invoice and the end of the message are one transaction: both, or neither.
        with db.transaction():
            db.execute(
                "INSERT INTO invoices (order_id, message_id, read_ct, made_by, total) VALUES (%s, %s, %s, 'python', %s)",
                [payload["order_id"], message_id, read_ct, total],
            )
            if not db.execute("SELECT pgqrs.archive(%s, %s, %s)", [QUEUE, message_id, read_ct]).fetchone()[0]:
                raise LeaseLost  # rolls the invoice back
    except LeaseLost:
        log(f"message {message_id} went to another worker")
    except Exception as error:
        if db.broken:  # not the job's fault: its lease runs out, and somebody gets it again
            raise
        log(f"message {message_id} failed: {error}")
        # Tried again after the queue's back-off, until its attempts are used up.
        db.execute("SELECT pgqrs.fail(%s, %s, error => %s, read_ct => %s)", [QUEUE, message_id, str(error), read_ct])
    finally:
        done.set()


def wait_for_message(db):
    global waiting
    try:
        waiting = True
        if not stop.is_set():
            db.execute("CALL pgqrs.wait(%s, make_interval(secs => %s))", [QUEUE, WAIT])
    except KeyboardInterrupt:
        pass
    finally:
        waiting = False


def work(db):
    while not stop.is_set():
        dequeue = "SELECT id, payload, read_ct FROM pgqrs.dequeue(%s, vt => make_interval(secs => %s))"
        message = db.execute(dequeue, [QUEUE, LEASE]).fetchone()
        if message:
            process(db, *message)
        elif STOP_WHEN_EMPTY:
            stop.set()
        else:
            wait_for_message(db)


def log(text):
    print(f"python: {text}", file=sys.stderr, flush=True)


def main():
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    pause = 0.5
    while not stop.is_set():
        try:
            with connect() as db:
                pause = 0.5
                work(db)
        except psycopg.OperationalError as error:  # the connection: try again, ever more slowly
            log(f"{error}; connecting again in {pause} s")
            stop.wait(pause)
            pause = min(2 * pause, 30)


main()
