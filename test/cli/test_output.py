"""Where output goes, and what happens when it cannot go there."""

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios

from support import DEADLINE, TMP, end, environment, pgqrs, psql, start, wait_until

MANY = ("message", "list", "mails", "--limit", "3000", "--format", "json")


def shell(script):
    result = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=DEADLINE, check=False, env=environment()
    )
    return result.stdout, result.stderr


def fill():
    psql(
        "DELETE FROM pgqrs.messages; SELECT count(*) FROM pgqrs.enqueue_batch('mails',"
        " (SELECT array_agg(to_jsonb(repeat('x', 1000))) FROM generate_series(1, 3000)))"
    )


def test_reader_goes_away():
    fill()
    assert shell(f"pgqrs {' '.join(MANY)} | head -n 1; echo ${{PIPESTATUS[0]}}") == (
        "[\n141\n",
        "",
    ), "141, without a word"


def test_large_lists():
    fill()
    rows = json.loads(pgqrs(*MANY).expect(0).out)
    assert len(rows) == 3000, f"3000 rows: {len(rows)}"
    rows = json.loads(pgqrs(*MANY[:4], "1500", *MANY[5:]).expect(0, "there are more: go on with --after .*").out)
    assert len(rows) == 1500 and len({row["id"] for row in rows}) == 1500, "1500 of them, each once"


def most_memory(*arguments):
    """In kB, of a command that succeeds. A small program starts it, since the memory of who starts it counts, too."""
    script = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", script, "pgqrs", *arguments]
    return int(subprocess.run(command, capture_output=True, timeout=DEADLINE, check=True, env=environment()).stdout)


def test_lists_need_not_fit_into_memory():
    psql(
        "DELETE FROM pgqrs.messages;"
        "SELECT count(pgqrs.enqueue('mails', to_jsonb(repeat('x', 1000)))) FROM generate_series(1, 60000)"
    )
    for name in ("json", "csv", "table"):
        size = most_memory("message", "list", "mails", "--limit", "100000", "--format", name)
        assert size < 48 * 1024, f"{name}: {size} kB for 60 MB"
    psql("DELETE FROM pgqrs.messages")


def test_tables_longer_than_the_sample():
    """The widths come from the first rows; what is wider later is not lost where nothing has to be cut."""
    psql(
        "DELETE FROM pgqrs.messages; SELECT count(*) FROM pgqrs.enqueue_batch('mails',"
        " (SELECT array_agg('1'::jsonb) FROM generate_series(1, 2500)));"
        "SELECT pgqrs.enqueue('mails', '\"last\"', headers => '{\"type\": \"wider than all before\"}')"
    )
    lines = pgqrs("message", "list", "mails", "--limit", "3000").expect(0, out="(?s).*").out.splitlines()
    assert len(lines) == 2502, f"a header and all rows: {len(lines)}"
    assert len({line.index(" 1", 20) for line in lines[1:-1]}) == 1, "one below the other"
    assert lines[-1].endswith('  {"type": "wider than all before"}  "last"'), lines[-1]
    narrow = pgqrs("message", "list", "mails", "--limit", "3000", COLUMNS="40").out.splitlines()
    assert narrow == lines, "nothing is cut in a pipe"


def test_signal_while_nobody_reads():
    """SIGTERM and Ctrl-C end a list whose reader does not read, and one that is being put together."""
    fill()
    for number, name in ((signal.SIGTERM, "json"), (signal.SIGINT, "table")):
        process = start(*MANY[:-1], name)
        wait_until(lambda: unread(process.stdout) >= 60_000, "the pipe is full")
        process.send_signal(number)
        end(process).expect(130, "error: interrupted", "(?s).*")
    psql("DELETE FROM pgqrs.messages")


def unread(pipe):
    """Bytes in it."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


def test_stdout_cannot_be_written():
    assert shell("pgqrs queue list >&-; echo $?") == (
        "1\n",
        "error: cannot write to stdout: Bad file descriptor\n",
    ), "closed"
    assert shell("pgqrs queue list >/dev/full; echo $?") == (
        "1\n",
        "error: cannot write to stdout: No space left on device\n",
    ), "full"
    assert shell("pgqrs --help >/dev/full; echo $?")[0] == "1\n", "full, help"
    assert shell("pgqrs queue show nothing 2>&-; echo $?") == ("4\n", ""), "stderr closed"
    assert shell("pgqrs message send mails - <&-; echo $?") == (
        "1\n",
        "error: cannot read stdin: Bad file descriptor\n",
    ), "stdin closed"


def test_files():
    path = TMP / "out.json"
    pgqrs("queue", "list", "--format", "json", "--out", path).expect(0, "", "")
    first = path.read_text(encoding="utf-8")
    assert json.loads(first)[0]["name"] == "mails", "the file has the result"
    path.chmod(0o640)
    pgqrs("queue", "show", "nothing", "--out", path).expect(4, ".*", "")
    assert path.read_text(encoding="utf-8") == first, "after an error the file is as it was"
    link = TMP / "link.json"
    link.symlink_to(path)
    pgqrs("queue", "show", "mails", "--format", "csv", "--out", link).expect(0, "", "")
    assert link.is_symlink() and path.read_text(encoding="utf-8").startswith("id,name"), "a link stays one"
    assert path.stat().st_mode & 0o777 == 0o640, "its mode stays"
    assert [name for name in os.listdir(TMP) if "pgqrs-" in name] == [], "no other file stays"
    pgqrs("queue", "show", "mails", "--out", "stdout").expect(0, "", "(?s)id .*")


def test_files_that_cannot_be():
    for path, reason in (
        ("/dev/full", "No space left on device"),
        ("/nowhere/x", "No such file or directory"),
        (str(TMP), "Is a directory"),
    ):
        pgqrs("queue", "list", "--out", path).expect(1, f'error: cannot write to "{path}": {reason}', "")
    # It is known before anything is done.
    pgqrs("queue", "create", "late", "--out", "/nowhere/x").expect(1, "error: .*", "")
    pgqrs("queue", "show", "late").expect(4, "error: .*", "")


def test_log():
    path = TMP / "some.log"
    pgqrs("queue", "list", "--log-dest", path, "--log-level", "trace").expect(0, "")
    text = path.read_text(encoding="utf-8")
    assert " info  connected to database " in text and " trace SELECT " in text, text
    pgqrs("queue", "show", "nothing", "--log-dest", path).expect(4, "error: .*")
    assert path.read_text(encoding="utf-8").startswith(text), "it is appended to"
    assert ' error queue "nothing" does not exist (PQ002)\n' in path.read_text(
        encoding="utf-8"
    ), "errors go there, too"
    pgqrs("queue", "list", "--log-dest", "/nowhere/log").expect(
        1, 'error: cannot open the log file "/nowhere/log": .*', ""
    )
    pgqrs("message", "send", "mails", '{"pin": 271828}', "--log-level", "trace").expect(0, "(?s)(?!.*271828).*")
