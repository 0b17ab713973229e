#!/usr/bin/python3
"""A fan-out: a run starts a child for each of many numbers, waits for all, and adds up what they answer.

DATABASE_URL=postgresql://... fan_out.py work                  as many of these as you like
DATABASE_URL=postgresql://... fan_out.py start [CHILDREN]      prints the sum, 1,000 children unless told otherwise
"""

import sys

from psycopg.types.json import Jsonb
from workflow_run import call
from workflow_worker import connect, work


def sum_of_squares(run):
    # One call starts all. It is a step: when the run is delivered again, it answers the same children.
    children = run.start_children("squares", "square", range(1, run.input + 1))
    # No worker waits here: the run is delivered again when the last of them has ended.
    ended = run.wait_runs("all squares", children)
    failed = [child["run"] for child in ended if child["state"] != "succeeded"]
    if failed:
        raise RuntimeError(f"children that failed: {failed}")
    return sum(child["output"] for child in ended)


def square(run):
    return run.transaction("square", lambda db: write_square(db, run.id, run.input))


def write_square(db, run, number):
    db.execute("INSERT INTO effects (run, effect) VALUES (%s, 'square')", [run])
    return number**2


def start(children=1000):
    with connect() as db:
        run = call(db, "start_workflow", workflow="sum_of_squares", input=Jsonb(int(children)))[0]
        while True:  # a wait has its greatest length, too
            ended = db.execute("SELECT state, output FROM pgqrs.await_run(%s, '20 s')", [run]).fetchone()
            if ended[0] in ("succeeded", "failed", "cancelled", "timed_out"):
                break
        print(*ended)


if __name__ == "__main__":
    if sys.argv[1] == "start":
        start(*sys.argv[2:])
    else:
        work("sum_of_squares", {"sum_of_squares": sum_of_squares, "square": square})
