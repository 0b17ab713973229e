"""What the tests of files, workers and live screens share: queues, programs that run meanwhile, terminals."""

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

from support import DEADLINE, LOCKS, PRINTED, TMP, Run, environment, pgqrs, psql, wait_until


def fresh(name, *options):
    """An empty queue of that name."""
    psql(f"SELECT pgqrs.drop_queue(name, force => true) FROM pgqrs.queues WHERE name = '{name}'")
    pgqrs("queue", "create", name, *options).expect(0, out=".*")
    return name


def payloads(queue):
    """By id, as JSON has them."""
    text = psql(
        f"SELECT coalesce(json_agg(m.payload ORDER BY m.id), '[]') FROM pgqrs.messages AS m "
        f"JOIN pgqrs.queues AS q ON q.id = m.queue_id WHERE q.name = '{queue}'"
    )
    return json.loads(text)


def count(queue):
    return int(psql(f"SELECT pgqrs.count_messages('{queue}')"))


def write(name, content):
    path = TMP / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def end_connections(program="pgqrs"):
    """Of all that are connected to this database as `program`; how many there were."""
    return int(
        psql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND application_name = '{program}' AND pid <> pg_backend_pid()"
        )
    )


def alive(pid):
    """A dead process that nobody has waited for is dead."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def locked(table):
    """Nobody writes to the table meanwhile; gives a function that tells whether somebody wants to."""
    with subprocess.Popen(
        ["psql", "-X", "-q", "-At"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdin.write(f"BEGIN; LOCK TABLE {table} IN SHARE MODE;\n\\echo locked\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "locked\n", table
        yield lambda: psql(f"SELECT count(*) FROM {LOCKS} AND relation = '{table}'::regclass AND NOT granted") != "0"
        holder.stdin.close()


class Program:
    """pgqrs while it runs. Ends with the block, if it has not before."""

    def __init__(self, *arguments, preexec_fn=None, **env):
        self.arguments = arguments
        self.process = subprocess.Popen(
            ["pgqrs", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**env),
            preexec_fn=preexec_fn,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def feed(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        out, err = self.process.communicate(timeout=DEADLINE)
        PRINTED.append(out.decode() + err.decode())
        return Run(self.arguments, self.process.returncode, out.decode(), err.decode())

    def ended(self):
        """As end(), of a program that has to end although its input stays open."""
        self.process.wait(timeout=DEADLINE)
        return self.end()


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *command, columns=80, rows=24, **env):
        self.side, self.other = os.openpty()
        self.resize(columns, rows)
        self.modes = termios.tcgetattr(self.other)
        self.text = ""
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.side)
            os.login_tty(self.other)
            os.execvpe(command[0], list(command), environment(**env))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.ended():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.side)
        os.close(self.other)

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def resize(self, columns, rows):
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.side, keys.encode())

    def read(self):
        """What has come meanwhile; False: the program has ended, and all was read."""
        ended = self.ended()
        if not select.select([self.side], [], [], 0.05)[0]:
            return not ended
        self.text += os.read(self.side, 65536).decode(errors="replace")
        return True

    def wait_for(self, pattern, start=0):
        """Waits for text behind position `start`; the position behind it."""
        limit = time.monotonic() + DEADLINE
        while True:
            found = re.compile(pattern, re.DOTALL).search(self.text, start)
            if found:
                return found.end()
            assert time.monotonic() < limit, f"not within {DEADLINE} s: {pattern!r} in {self.text[start:][-3000:]!r}"
            assert self.read() or re.compile(pattern, re.DOTALL).search(
                self.text, start
            ), f"the program ended without {pattern!r}: {self.text[start:][-3000:]!r}"

    def end(self):
        """Its exit code; minus a signal."""
        limit = time.monotonic() + DEADLINE
        while self.read():
            assert time.monotonic() < limit, f"did not end: {self.text[-2000:]!r}"
        return os.waitstatus_to_exitcode(self.status)


__all__ = [
    "Program",
    "Terminal",
    "alive",
    "count",
    "end_connections",
    "fresh",
    "locked",
    "payloads",
    "wait_until",
    "write",
]
