"""Writing all messages of a queue as lines of JSON, and sending them again."""

import json
import os
import subprocess

from jobs import Terminal, count, fresh, payloads, write
from support import TMP, environment, pgqrs, psql

LINES = """\
{"payload": {"n": 123456789012345678901234567890.1234567890, "t": "a\\nb é 漢"}, "priority": 0, "headers": {"type": "x"}}
{"payload": 1.10, "available_at": "2099-12-31T23:59:59.123456Z"}
{"payload": null}
{"payload": ["deep", [[[1]]], {}], "delay": "1h", "priority": 9}
"""


def exported(*arguments):
    return pgqrs("message", "export", *arguments).expect(0, out="(?s).*").out


def without_changes(text):
    """What a message keeps when it is sent anew."""
    rows = [json.loads(line, parse_float=str) for line in text.splitlines()]
    return [{key: row.get(key) for key in ("payload", "headers", "priority")} for row in rows]


def test_there_and_back():
    queue, other = fresh("there"), fresh("back")
    pgqrs("message", "send", queue, "--file", "-", "--envelope", stdin=LINES).expect(0, out="4 messages .*")
    text = exported(queue)
    assert "123456789012345678901234567890.1234567890" in text and ": 1.10}" in text, text
    assert list(json.loads(text.splitlines()[0])) == [
        "id",
        "priority",
        "read_ct",
        "attempt",
        "enqueued_at",
        "available_at",
        "headers",
        "payload",
    ], text
    pgqrs("message", "send", other, "--file", "-", "--envelope", stdin=text).expect(0, out="4 messages .*")
    again = exported(other)
    assert without_changes(again) == without_changes(text), again
    # What is delayed stays so, to the microsecond; what could be delivered can be.
    at = [[json.loads(line)["available_at"] for line in lines.splitlines()] for lines in (text, again)]
    assert at[0][1] == at[1][1] == "2099-12-31T23:59:59.123456Z" and at[0][3] == at[1][3], str(at)
    assert '"pending": 2' in pgqrs("queue", "metrics", other, "--format", "json").out, "two of four are delayed"


def test_archives():
    queue, other = fresh("archived"), fresh("revived")
    pgqrs("message", "send", queue, "--file", "-", stdin="1\n2\n3\n").expect(0, out="3 .*")
    pgqrs("message", "read", queue, "--count", "2", "--then", "archive").expect(0, out="(?s).*")
    rows = [json.loads(line) for line in exported(queue, "--archive").splitlines()]
    assert [row["payload"] for row in rows] == [1, 2] and all(
        row["outcome"] == "done" and row["archived_at"] for row in rows
    ), str(rows)
    assert [json.loads(line)["payload"] for line in exported(queue).splitlines()] == [3], "not archived"
    pgqrs("message", "send", other, "--file", "-", "--envelope", stdin=exported(queue, "--archive")).expect(
        0, out="2 .*"
    )
    assert payloads(other) == [1, 2], "archived messages can be sent anew"


def test_attempts_and_leases():
    """What has become of a message is exported, and passed over when it is sent anew."""
    queue, other = fresh("failed"), fresh("anew")
    pgqrs("message", "send", queue, "1", "-q").expect(0, out=r"\d+")
    taken = "SELECT id FROM pgqrs.dequeue('failed', worker => pgqrs.register_worker('failed', 'w'))"
    psql(f"SELECT pgqrs.fail('failed', ({taken}), 'no', delay => '0'); {taken}")
    text = exported(queue)
    row = json.loads(text)
    assert list(row) == [
        "id",
        "priority",
        "read_ct",
        "attempt",
        "enqueued_at",
        "available_at",
        "vt",
        "worker_id",
        "payload",
    ] and (row["read_ct"], row["attempt"]) == (2, 1), text
    pgqrs("message", "send", other, "--file", "-", "--envelope", stdin=text).expect(0, out="1 .*")
    again = json.loads(exported(other))
    assert (again["read_ct"], again["attempt"], again["payload"]) == (0, 0, 1) and "vt" not in again, str(again)


def test_envelopes_of_older_versions():
    queue = fresh("older")
    line = (
        '{"id": 7, "priority": 2, "read_ct": 1, "enqueued_at": "2026-01-02T03:04:05.000006Z", "available_at": '
        '"2026-01-02T03:04:05.000006Z", "archived_at": "2026-01-02T03:05:05Z", "outcome": "done", '
        '"processing_duration_seconds": 1.5, "headers": {"type": "t"}, "payload": {"a": 1.10}}\n'
    )
    pgqrs("message", "send", queue, "--file", "-", "--envelope", stdin=line).expect(0, out="1 .*")
    assert without_changes(exported(queue)) == without_changes(line), exported(queue)


def test_pages():
    """More than one page, in bounded memory; --after goes on."""
    queue = fresh("paged")
    pgqrs("message", "send", queue, "--file", write("hundred", "".join(f"{n}\n" for n in range(100_000)))).expect(
        0, out="100000 .*"
    )
    path = TMP / "paged.ndjson"
    process = subprocess.Popen(["pgqrs", "message", "export", queue, "--out", str(path)], env=environment())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert status == 0 and usage.ru_maxrss < 64 * 1024, f"exit {status}, {usage.ru_maxrss} kB"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["payload"] for row in rows] == list(range(100_000)), "all, in order"
    rest = [json.loads(line)["payload"] for line in exported(queue, "--after", str(rows[99_989]["id"])).splitlines()]
    assert rest == list(range(99_990, 100_000)), str(rest)
    with Terminal("bash", "-c", f"pgqrs message export {queue} >{path}") as terminal:
        assert (
            terminal.end() == 0 and " exported  " in terminal.text and terminal.text.endswith("\r\x1b[K")
        ), terminal.text
    run = subprocess.run(
        ["bash", "-c", f"pgqrs message export {queue} | head -n 1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert run.stdout.splitlines()[1] == "141" and run.stderr == "", str(run)


def test_faults():
    queue = fresh("faulty")
    assert exported(queue) == "", "no messages, no lines"
    pgqrs("message", "export", "nowhere").expect(4, 'error: queue "nowhere" does not exist')
    pgqrs("message", "export", "nowhere", "--archive").expect(4, 'error: queue "nowhere" does not exist')
    pgqrs("message", "export", queue, "--format", "csv").expect(2, "error: message export writes JSON only")
    pgqrs("message", "send", queue, "1").expect(0, out=".*")
    pgqrs("message", "export", queue, "--out", "/dev/full").expect(1, "error: cannot write .*No space left.*")
    # A file stays as it was when the export does not succeed.
    path = write("kept", "before")
    psql(f"ALTER TABLE pgqrs.messages RENAME TO hidden")
    try:
        pgqrs("message", "export", queue, "--out", path).expect(1, "(?s)error: .*")
    finally:
        psql("ALTER TABLE pgqrs.hidden RENAME TO messages")
    assert open(path, encoding="utf-8").read() == "before", "untouched"
    assert count(queue) == 1, "and so is the queue"
