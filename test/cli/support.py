"""What the tests of the command stand on: running it, databases, claims, and what was ever printed."""

import dataclasses
import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(os.environ["PGQRS_ROOT"])
TMP = pathlib.Path(os.environ["PGQRS_TMP"])
DEADLINE = 60  # seconds; nothing that works takes nearly as long

# Of the role clerk, which run.sh makes.
PASSWORD = "ge:heim@/#?%"
ENCODED = "ge%3Aheim%40%2F%23%3F%25"
TCP = f"host=127.0.0.1 port={os.environ['PGPORT']} dbname=postgres user=clerk"

# Of the database in use: tests in others go on at the same time.
SESSIONS = "pg_stat_activity WHERE datname = current_database()"
LOCKS = "pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())"

PRINTED = []  # stdout and stderr of every run


@dataclasses.dataclass
class Run:
    arguments: tuple
    code: int
    out: str
    err: str

    def expect(self, code, err="", out=None):
        """err and out are patterns, for the whole text."""
        told = f"pgqrs {self.arguments}: exit {self.code}\n{self.out[:500]}\n{self.err[:2000]}"
        assert self.code == code, f"exit {code} expected of {told}"
        assert re.fullmatch(err, self.err.rstrip("\n")), f"stderr like {err!r} expected of {told}"
        assert out is None or re.fullmatch(out, self.out.rstrip("\n")), f"stdout like {out!r} expected of {told}"
        return self


def environment(**changes):
    env = {name: value for name, value in os.environ.items() if not name.startswith("PGQRS_")}
    env.update(changes)
    return {name: value for name, value in env.items() if value is not None}


def pgqrs(*arguments, stdin="", cwd=None, **env):
    """Keywords are environment variables; None takes one away."""
    result = subprocess.run(
        ["pgqrs", *arguments],
        input=stdin.encode(),
        capture_output=True,
        timeout=DEADLINE,
        check=False,
        cwd=cwd,
        env=environment(**env),
    )
    run = Run(arguments, result.returncode, result.stdout.decode(), result.stderr.decode())
    PRINTED.append(run.out + run.err)
    return run


def start(*arguments, **env):
    return subprocess.Popen(
        ["pgqrs", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**env),
    )


def end(process):
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    PRINTED.append(out.decode() + err.decode())
    return Run(tuple(process.args[1:]), process.returncode, out.decode(), err.decode())


def psql(sql, database=None):
    database = database or os.environ["PGDATABASE"]
    return subprocess.run(
        ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
        timeout=DEADLINE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def wait_until(holds, claim):
    limit = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < limit, f"not within {DEADLINE} s: {claim}"
        time.sleep(0.02)


def prepare():
    """The queue that tests outside of sessions use, in the database in use; clerk may do all."""
    pgqrs("install").expect(0, out="pgqrs .* installed")
    pgqrs("queue", "create", "mails").expect(0, out='queue "mails" created')
    psql(
        "GRANT USAGE ON SCHEMA pgqrs TO clerk; GRANT ALL ON ALL TABLES IN SCHEMA pgqrs TO clerk;"
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA pgqrs TO clerk; GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgqrs TO clerk"
    )
