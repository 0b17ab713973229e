#!/usr/bin/python3
"""Runs the sessions and the tests of the command; see run.sh.

    tests.py [NAME...]
"""

import importlib
import os
import pathlib
import sys
import traceback

import session
import support

HERE = pathlib.Path(__file__).parent
# watching.py wants a database without other queues, so it is run by its name only: test/cli/run.sh watching.
FILES = ("usage", "connection", "config", "output", "terminal", "documentation", "sending", "exporting", "working",
         "completing", "manual", "passwords")  # passwords looks at all before it


def play_sessions(wanted):
    passed = failed = 0
    for path in sorted(HERE.glob("sessions/*.session")):
        if not wanted or path.stem in wanted:
            database = f"cli_{path.stem}"
            support.psql(f"CREATE DATABASE {database}")
            os.environ["PGDATABASE"] = database
            good, bad = session.play(path, f"sessions/{path.name}")
            passed, failed = passed + good, failed + bad
    os.environ["PGDATABASE"] = "postgres"
    return passed, failed


def run_tests(wanted):
    passed = failed = 0
    for name in (*FILES, *(name for name in wanted if name == "watching")):
        if wanted and name not in wanted:
            continue
        del support.TESTS[:]
        importlib.import_module(name)
        for test in support.TESTS:
            try:
                test()
                print(f"ok {name}.{test.__name__}", flush=True)
                passed += 1
            except Exception as error:  # one broken test is no reason to leave out the others
                known = isinstance(error, support.Failure)
                print(f"{name}.{test.__name__}: {error if known else traceback.format_exc()}", file=sys.stderr)
                print(f"not ok {name}.{test.__name__}", flush=True)
                failed += 1
    return passed, failed


def main():
    wanted = sys.argv[1:]
    counts = [play_sessions(wanted)]
    support.prepare()
    counts.append(run_tests(wanted))
    passed, failed = map(sum, zip(*counts))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
