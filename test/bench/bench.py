#!/usr/bin/python3
"""Runs the chosen cases in one mode against the server the PG* variables name; run.sh starts it.

    bench.py --mode=MODE --rounds=N --seconds=N --scale=N --rows=FILE [CASE...]
    bench.py --list

Each case is a function that yields rows; its goals stand in it, beside what they are about. A case that fails is said
so in the results, and the next one runs.
"""

import argparse
import dataclasses
import json
import os
import statistics
import sys
import tempfile
import time
import traceback

import psycopg

# In the order they run; the description is the first line of the function's documentation.
CASES = {
    "throughput": ["enqueue_one", "enqueue_batch", "consume_one", "next_one", "consume_batch", "many_workers"],
    "pressure": ["held_snapshot", "big_state", "backlog_priority"],
    "waiting": ["wake_up", "waiters_beside_load", "waiters_idle"],
    "storage": ["storage"],
    "workflows": ["step", "run_10_steps", "claim_with_history", "fan_in", "in_server_steps"],
    "peers": ["peers"],
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--mode", default="plain")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--rows")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    cases = load_cases()
    if arguments.list:
        for name, function in cases.items():
            print(f"  {name:<22}{function.__doc__.splitlines()[0]}")
        return
    from measure import Settings

    settings = Settings(arguments.mode, arguments.rounds, arguments.seconds, arguments.scale)
    for name in arguments.cases or cases:
        run_case(name, cases[name], settings, arguments.rows)


def load_cases():
    # Not needed before: the list is printed without a server.
    return {name: getattr(__import__(module), name) for module, names in CASES.items() for name in names}


def run_case(name, function, settings, path):
    from measure import Row, admin

    print(f"== {name} ({settings.mode}): {function.__doc__.splitlines()[0]}", file=sys.stderr, flush=True)
    begin = time.monotonic()
    try:
        # What one case wrote is on disk before the next one begins.
        admin("CHECKPOINT")
        keep(quietness(name, settings), path)
        for row in function(settings):
            keep(dataclasses.replace(row, case=name), path)
    except (RuntimeError, OSError, psycopg.Error, ArithmeticError, ValueError) as problem:
        traceback.print_exc()
        keep(Row(name, settings.mode, "the case", "", note=f"failed: {' '.join(str(problem).split())}"), path)
    print(f"   {name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)


def quietness(name, settings):
    """Milliseconds for 8 KiB to reach the disk, and the load: what the machine was busy with before the case."""
    from measure import TMP, Row

    times = []
    with tempfile.TemporaryFile(dir=TMP) as file:
        for _ in range(100):
            begin = time.perf_counter()
            os.pwrite(file.fileno(), bytes(8192), 0)
            os.fdatasync(file.fileno())
            times.append(1000 * (time.perf_counter() - begin))
    return Row(name, settings.mode, "machine", "ms to disk", statistics.median(times),
               note=f"load {os.getloadavg()[0]:.1f}")


def keep(row, path):
    from report import line_of

    print(line_of(row), flush=True)
    with open(path, "a") as file:
        file.write(json.dumps(dataclasses.asdict(row)) + "\n")


main()
