#!/usr/bin/python3
"""Runs a program of the documentation that may be an endless worker: run_program.py PROGRAM [ARG...]

The program may end by itself, with status 0. Otherwise it is interrupted, as Ctrl-C does, as soon as no queue holds a message
any more; it must then end by that. Status 0 when one of these happened. The caller limits the time.
"""

import signal
import subprocess
import sys
import time

import psycopg


def main():
    # A shell starts background commands with SIGINT ignored, and the program would inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with psycopg.connect(autocommit=True) as db:
        program = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True)
        while program.poll() is None:
            if db.execute("SELECT count(*) FROM pgqrs.messages").fetchone()[0] == 0:
                program.send_signal(signal.SIGINT)
                break
            time.sleep(0.05)
        interrupted = program.returncode is None
        errors = program.communicate()[1]
    print(errors, file=sys.stderr)
    if interrupted and program.returncode == -signal.SIGINT and errors.rstrip().endswith("KeyboardInterrupt"):
        return 0
    return program.returncode


sys.exit(main())
