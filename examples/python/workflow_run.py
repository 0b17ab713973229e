"""What a workflow does with its run, over plain SQL; to be copied with workflow_worker.py.

A workflow is a function of a Run. Each delivery calls it from the top: what is recorded is answered from memory, the
first thing that is not recorded is executed. So its steps must follow from its input and from what they answered.
"""

import collections
import os
import threading
import time

from psycopg.types.json import Jsonb

WORK = float(os.environ.get("WORK_SECONDS", 0))  # a step pretends to take that long before it is recorded
LOST, MISMATCH, RECORDED, CANCELLED = "PQ001", "PQ018", "PQ019", "PQ022"

stop = threading.Event()  # set: begin no other step


class StepFailed(Exception):
    """A step has failed for good. The workflow may catch it, and undo what it has done."""


class TimedOut(Exception):
    """Nothing came in time."""


class DeliveryEnded(BaseException):
    """The run waits, or is somebody else's. Not an Exception: a workflow's `except` must let it through."""


def call(db, function, **arguments):
    """The row that a function of pgqrs answers."""
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    return db.execute(f"SELECT * FROM pgqrs.{function}({named})", arguments).fetchone()


class Run:
    def __init__(self, db, run, read_ct, given, steps, steps_complete):
        self.db, self.id, self.read_ct, self.input = db, run, read_ct, given
        self.steps = {(step["name"], step["seq"]): step for step in steps}
        self.steps_complete = steps_complete
        self.uses = collections.Counter()

    # fatal: errors that another attempt would meet again. max_attempts: 0 is no limit, for what has to be undone.

    def step(self, name, work, fatal=(), max_attempts=3):
        """Something outside of the database. It happens again if the worker dies before it is recorded: work gets a
        key, the same each time, for the other side."""

        def work_and_record(seq):
            return self._record(name, seq, work(f"{self.id}:{name}:{seq}"))

        return self._once(name, work_and_record, fatal, max_attempts)

    def transaction(self, name, work, fatal=(), max_attempts=3):
        """Something in the database: work(db) and its record are one transaction, so it happens exactly once."""

        def both(seq):
            with self.db.transaction():
                return self._record(name, seq, work(self.db), on_recorded="raise")

        return self._once(name, both, fatal, max_attempts)

    def sleep(self, name, **duration_or_until):
        self._wait("sleep", name, **duration_or_until)

    def wait_signal(self, name, of, timeout=None):
        return self._wait("wait_signal", name, signal=of, timeout=timeout)

    def start_children(self, name, workflow, inputs):
        seq = self._next_use(name)
        sql = "SELECT * FROM pgqrs.start_children(%s, %s, %s, %s, %s, %s)"
        inputs = [Jsonb(given) for given in inputs]
        return [child for child, in self.db.execute(sql, [self.id, self.read_ct, name, workflow, inputs, seq])]

    def wait_runs(self, name, runs):
        return self._wait("wait_runs", name, runs=runs)

    def continue_as_new(self, given):
        """Ends the run; another one, with that input and an empty history, takes its place."""
        self._call("continue_as_new", input=Jsonb(given))
        raise DeliveryEnded

    def _call(self, function, **arguments):
        return call(self.db, function, run=self.id, read_ct=self.read_ct, **arguments)

    def _next_use(self, name):
        self.uses[name] += 1
        return self.uses[name] - 1

    def _recorded(self, name, seq):
        step = self.steps.get((name, seq))
        if step is None and not self.steps_complete:  # a long history is not delivered as a whole
            row = call(self.db, "get_step", run=self.id, name=name, seq=seq)
            step = row and dict(zip(("status", "output", "error"), row))
        if step is None or step["status"] == "started":
            return None
        if step["status"] == "failed":
            raise StepFailed(f"{name}: {step['error']}")
        if step["status"] == "timed_out":
            raise TimedOut(name)
        return step

    def _record(self, name, seq, output, **how):
        time.sleep(WORK)
        return self._call("complete_step", name=name, seq=seq, output=Jsonb(output), **how)[0]

    def _once(self, name, execute, fatal, max_attempts):
        seq = self._next_use(name)
        if step := self._recorded(name, seq):
            return step.get("output")
        if stop.is_set():  # between two steps nothing is lost
            self._call("release_run")
            raise DeliveryEnded
        try:
            return execute(seq)
        except Exception as error:
            if self.db.broken or getattr(error, "sqlstate", None) in (LOST, MISMATCH, RECORDED, CANCELLED):
                raise  # not the step's fault
            limits = {"retryable": not isinstance(error, fatal), "max_attempts": max_attempts}
            retry, at, _ = self._call("fail_step", name=name, seq=seq, error=str(error), **limits)
            if not retry:
                raise StepFailed(f"{name}: {error}") from error
            self._call("release_run", at=at, reason="retry")
            raise DeliveryEnded from error

    def _wait(self, function, name, **arguments):
        seq = self._next_use(name)
        if step := self._recorded(name, seq):
            return step.get("output")
        status, value = self._call(function, name=name, seq=seq, **arguments)
        if status == "suspended":
            raise DeliveryEnded
        if status == "timed_out":
            raise TimedOut(name)
        return value
