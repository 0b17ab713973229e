#!/usr/bin/python3
"""A worker of the queue "checksums": stores size and SHA-256 of the file each job names.

    worker.py NAME

Runs until SIGTERM or SIGINT, then finishes the job in hand and gives the others back. Start as many as you like. The
PG* environment variables say which server.

How a job is processed exactly once: taking a batch is a transaction of its own, so the lease holds from then on,
whatever becomes of this process. Storing the result and archiving the message is another one. If this process dies in
between, the lease runs out and somebody else gets the message. If this process is too slow and somebody else got it,
archive() answers false, and the result is rolled back.
"""

import hashlib
import os
import signal
import socket
import sys
import time

import psycopg
from psycopg.rows import namedtuple_row

QUEUE = "checksums"
BATCH = 5
PAUSE_WHEN_EMPTY = 0.1  # seconds

stopping = False


def stop(_signal, _frame):
    global stopping
    stopping = True


def examine(path):
    """What is true about the file: (status, bytes, sha256)."""
    digest = hashlib.sha256()
    size = 0
    try:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
    except (FileNotFoundError, NotADirectoryError):
        return "missing", None, None
    except OSError:
        return "unreadable", None, None
    return "hashed", size, digest.hexdigest()


def take(connection, worker_id):
    # The connection is in autocommit mode: the lease is committed when this returns.
    return connection.execute(
        "SELECT * FROM pgqrs.dequeue_batch(%s, %s, worker => %s)", (QUEUE, BATCH, worker_id)
    ).fetchall()


def finish(connection, message, name, result):
    """Stores the result and archives the message, both or neither. Whether it did."""
    with connection.transaction():
        connection.execute(
            "INSERT INTO results (job_id, read_ct, worker_id, worker, status, bytes, sha256)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (message.id, message.read_ct, message.worker_id, name, *result),
        )
        archived = connection.execute(
            "SELECT pgqrs.archive(%s, %s, %s) AS done", (QUEUE, message.id, message.read_ct)
        ).fetchone()
        if not archived.done:
            raise psycopg.Rollback
        return True
    return False


def give_back(connection, message):
    connection.execute(
        "SELECT pgqrs.release(%s, %s, read_ct => %s)", (QUEUE, message.id, message.read_ct)
    )


def work(connection, name, worker_id):
    while not stopping:
        messages = take(connection, worker_id)
        for message in messages:
            if stopping:
                give_back(connection, message)
            elif not finish(connection, message, name, examine(message.payload["path"])):
                print(f"{name}: lost the lease of job {message.id}, result rolled back", flush=True)
        if not messages:
            time.sleep(PAUSE_WHEN_EMPTY)


def main():
    name = sys.argv[1]
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with psycopg.connect(application_name=name, autocommit=True, row_factory=namedtuple_row) as connection:
        worker_id = connection.execute(
            "SELECT pgqrs.register_worker(%s, %s, %s, %s) AS id",
            (QUEUE, name, socket.gethostname(), os.getpid()),
        ).fetchone().id
        work(connection, name, worker_id)
        connection.execute("SELECT pgqrs.delete_worker(%s)", (worker_id,))


main()
