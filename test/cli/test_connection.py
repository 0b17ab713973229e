"""No server, wrong password, no rights, a connection that is lost, Ctrl-C."""

import signal
import subprocess

from support import ENCODED, LOCKS, PASSWORD, TCP, end, pgqrs, psql, start, wait_until

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE "
WAITING = f"SELECT count(*) {OTHERS} '%pgqrs.dequeue%' AND state = 'active'"


def start_waiting(*more):
    psql("DELETE FROM pgqrs.messages")
    process = start("message", "dequeue", "mails", "--wait", "55s", *more)
    wait_until(lambda: psql(WAITING) == "1", "the command waits")
    return process


def test_no_server():
    pgqrs("queue", "list", PGHOST="/nowhere").expect(
        3,
        r'error: connection to server on socket "/nowhere/.*" failed: No such file or directory\n'
        r"hint: Is the server running locally and accepting connections on that socket\?",
        "",
    )
    pgqrs("queue", "list", "--dsn", "host=127.0.0.1 port=1").expect(3, r"(?s)error: .*Connection refused\nhint: .*")
    pgqrs("-v", "queue", "list", PGDATABASE="none").expect(
        3, r'(?s)error: .*database "none" does not exist.*sqlstate: .*'
    )


def test_passwords():
    for dsn in (f"{TCP} password='{PASSWORD}'", f"postgres://clerk:{ENCODED}@127.0.0.1:{TCP.split()[1][5:]}/postgres"):
        pgqrs("queue", "list", "--dsn", dsn).expect(0)
    pgqrs("queue", "list", "--dsn", TCP, PGPASSWORD=PASSWORD).expect(0)
    pgqrs("queue", "list", "--dsn", f"{TCP} password={ENCODED}").expect(
        3, r'error: .* password authentication failed for user "clerk"'
    )
    pgqrs("queue", "list", "--dsn", TCP).expect(3, r"error: .*no password supplied")


def test_no_rights():
    psql("CREATE ROLE nobody_yet LOGIN")
    pgqrs("-v", "--log-level", "error", "queue", "list", PGUSER="nobody_yet").expect(
        1, r"error: permission denied for schema pgqrs\nsqlstate: 42501"
    )
    psql("DROP ROLE nobody_yet")


def test_killed_connection():
    process = start_waiting()
    psql(f"SELECT pg_terminate_backend(pid) {OTHERS} '%pgqrs.dequeue%'")
    end(process).expect(
        3, r"(?s)error: terminating connection due to administrator command\nhint: .*may have happened or not\.", ""
    )


def test_interrupted():
    for number, more in ((signal.SIGINT, ()), (signal.SIGTERM, ("--format", "json"))):
        process = start_waiting(*more)
        process.send_signal(number)
        end(process).expect(130, "error: interrupted", "")
        assert psql(WAITING) == "0", "the statement goes on in the server"


def test_interrupted_while_locked():
    """A command that waits for a lock of somebody else."""
    holder = subprocess.Popen(
        ["psql", "-X", "-q", "-c", "BEGIN; LOCK TABLE pgqrs.messages; SELECT pg_sleep(60)"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(
            lambda: psql(f"SELECT count(*) FROM {LOCKS} AND mode = 'AccessExclusiveLock' AND granted") != "0",
            "locked",
        )
        process = start("uninstall", "--force")
        wait_until(
            lambda: psql(f"SELECT count(*) FROM {LOCKS} AND NOT granted") != "0", "uninstall waits for the lock"
        )
        process.send_signal(signal.SIGINT)
        end(process).expect(130, "error: interrupted", "")
    finally:
        psql(f"SELECT pg_terminate_backend(pid) {OTHERS} '%pg_sleep(60)'")
        holder.wait(timeout=60)
    pgqrs("verify").expect(0)
