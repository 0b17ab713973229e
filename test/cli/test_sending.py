"""Sending the lines of a file: what is sent, what is not, and where to go on."""

import json
import os
import re
import signal
import subprocess

from jobs import Program, Terminal, count, end_connections, fresh, locked, payloads, write
from support import LOCKS, SESSIONS, TMP, environment, pgqrs, psql, wait_until

MEND = r"\nhint: Mend the line and go on with --from-line {}, or pass over such lines with --skip-bad\."


def send(queue, path, *options, **more):
    return pgqrs("message", "send", queue, "--file", str(path), *options, **more)


def numbers(amount):
    return "".join(f"{number}\n" for number in range(1, amount + 1))


def test_lines():
    """CR LF, a byte order mark, blank lines and a last line without an end."""
    queue = fresh("lines")
    path = write("lines", b'\xef\xbb\xbf{"a": 1}\r\n\n  \t\n[2, "\xc3\xa9"]\r\n"three"\n 4 \nnull')
    send(queue, path).expect(0, out=r'5 messages sent to queue "lines", 0 rejected, in [\d.]+ s')
    assert payloads(queue) == [{"a": 1}, [2, "é"], "three", 4, None], str(payloads(queue))


def test_answers():
    queue = fresh("answers")
    path = write("two", "1\n2\n")
    answer = json.loads(send(queue, path, "--format", "json").expect(0, out=".*").out)
    assert list(answer) == ["queue", "sent", "rejected", "seconds"] and answer["sent"] == 2, str(answer)
    send(queue, path, "-q").expect(0, out="2")
    send(queue, "-", "-q", stdin="1\n").expect(0, out="1")
    send(queue, write("empty", ""), "-q").expect(0, out="0")
    assert count(queue) == 5, "all were sent"


def test_options_for_all():
    queue = fresh("options")
    send(queue, write("one", "1\n"), "--delay", "1h", "--priority", "2", "--type", "t", "--header", "k=v").expect(
        0, out=".*"
    )
    row = json.loads(pgqrs("message", "list", queue, "--format", "json").out)[0]
    assert row["priority"] == 2 and row["headers"] == {"k": "v", "type": "t"}, str(row)
    assert pgqrs("queue", "metrics", queue, "--format", "json").out.find('"delayed": 1') > 0, "delayed"


def settings(queue):
    """Of each message: payload, max_attempts, seconds to live, priority, seconds of delay."""
    return psql(
        "SELECT string_agg(concat_ws('|', m.payload, coalesce(m.max_attempts::text, '-'), "
        "coalesce(round(extract(epoch FROM m.expires_at - m.enqueued_at))::text, '-'), m.priority, "
        "round(extract(epoch FROM m.available_at - m.enqueued_at))), ' ' ORDER BY m.id) "
        f"FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id = m.queue_id WHERE q.name = '{queue}'"
    )


def test_settings_of_messages():
    """One, all lines of a file, and those that say otherwise."""
    queue = fresh("settings")
    one = ("message", "send", queue, "-q")
    pgqrs(*one, "1", "--max-attempts", "3").expect(0, out=r"\d+")
    pgqrs(*one, "2", "--expires-after", "90s", "--priority", "1").expect(0, out=r"\d+")
    pgqrs(*one, "3", "--max-attempts", "0", "--expires-after", "2d", "--delay", "1h").expect(0, out=r"\d+")
    assert settings(queue) == "1|3|-|5|0 2|-|90|1|0 3|0|172800|5|3600", settings(queue)
    pgqrs("queue", "purge", queue).expect(0, out=".*")
    send(queue, write("settings", "1\n2\n"), "-q", "--max-attempts", "4", "--delay", "1m").expect(0, out="2")
    lines = '{"payload": 3}\n{"payload": 4, "max_attempts": 1, "expires_after": "1h", "delay": "1s"}\n'
    send(queue, write("settings", lines), "-q", "--envelope", "--expires-after", "5m").expect(0, out="2")
    assert settings(queue) == "1|4|-|5|60 2|4|-|5|60 3|-|300|5|0 4|1|3600|5|1", settings(queue)
    pgqrs(*one, "1", "--max-attempts", "40000").expect(2, 'error: --max-attempts must be from 0 to 32767: "40000"')
    pgqrs(*one, "1", "--expires-after", "never").expect(2, "(?s)error: .*--expires-after.*")
    pgqrs(*one, "1", "--expires-after", "0").expect(5, "(?s)error: expires_after must be .*")
    pgqrs("message", "send", "nothing", "1", "--max-attempts", "1").expect(4, 'error: queue "nothing" does not exist')
    assert count(queue) == 4, str(count(queue))


BAD = [
    (b'{"a": }', r"not valid JSON: .*'\}'.* byte 7"),
    (b'{"a": 1', r"not valid JSON: unexpected end at byte \d+"),
    (b"{} {}", r"not valid JSON: .* at byte 4"),
    (b'"\xff"', r"not valid JSON: invalid UTF-8 at byte \d+"),
    (b'"\xed\xa0\x80"', r"not valid JSON: invalid UTF-8 at byte \d+"),
    (b'"a\x00b"', r"not valid JSON: .* at byte \d+"),
    (b'"\\u0000"', r"unsupported Unicode escape sequence .*"),
    (b'"\\ud800"', r"(invalid input syntax for type json|not valid JSON).*"),
    (b'"' + b"x" * 2_000_000 + b'"', r"longer than 1048576 bytes"),
]


def test_bad_lines_end_it():
    """In the middle of a batch: what is before the line is sent, and the rest by going on."""
    for line, reason in BAD:
        queue = fresh("bad")
        path = write("bad", b"1\n2\n" + line + b"\n4\n5\n")
        send(queue, path).expect(5, f"error: {path}:3: {reason}; 2 messages before it are sent" + MEND.format(3))
        assert payloads(queue) == [1, 2], f"{line[:40]}: {payloads(queue)}"
        write("bad", b"1\n2\n3\n4\n5\n")
        send(queue, path, "--from-line", "3", "-q").expect(0, out="3")
        assert payloads(queue) == [1, 2, 3, 4, 5], f"{line[:40]}: {payloads(queue)}"


def test_bad_lines_are_passed_over():
    queue = fresh("passed")
    rejects = TMP / "rejects"
    rejects.unlink(missing_ok=True)
    good = [str(number).encode() for number in range(len(BAD) + 1)]
    mixed = b"".join(number + b"\n" + line + b"\n" for number, (line, _) in zip(good, BAD)) + good[-1]
    path = write("mixed", mixed)
    run = send(queue, path, "--skip-bad", "--rejects", str(rejects))
    run.expect(0, "(?s).*", rf'{len(good)} messages sent to queue "passed", {len(BAD)} rejected, in .* s')
    for number, (_, reason) in enumerate(BAD):
        assert re.search(
            rf"^{re.escape(path)}:{2 * number + 2}: {reason}$", run.err, re.MULTILINE
        ), f"{reason} in {run.err[:3000]}"
    assert payloads(queue) == list(range(len(good))), str(payloads(queue))
    assert sorted(rejects.read_bytes().split(b"\n")) == sorted(
        [line for line, _ in BAD] + [b""]
    ), "the rejects are the lines"
    # Mended rejects can be sent; more of them are appended.
    send(queue, write("again", "x\n"), "--skip-bad", "--rejects", str(rejects), "-q").expect(0, out="0")
    assert rejects.read_bytes().endswith(b"\nx\n"), "appended"


def test_many_bad_lines_are_counted():
    queue = fresh("counted")
    run = send(queue, write("wrong", "x\n" * 5000), "--skip-bad", "--format", "json")
    run.expect(
        0, r"(?s)(.*: not valid JSON.*\n){20}further bad lines are only counted", r'.*"sent": 0, "rejected": 5000.*'
    )


def test_the_server_decides():
    """A limit that only the server knows: the lines are found, one or all."""
    queue = fresh("limits")
    limit = {"PGOPTIONS": "-c pgqrs.max_payload_size=100"}
    path = write(
        "sizes", "".join('"' + "x" * (200 if number in (7, 700, 1500) else 5) + '"\n' for number in range(1, 2001))
    )
    send(queue, path, "--skip-bad", "--format", "json", **limit).expect(
        0, r"(?s)\S+:7: .*\n\S+:700: .*\n\S+:1500: .*", r'.*"sent": 1997, "rejected": 3.*'
    )
    # Larger batches than it takes in one call come in parts.
    send(queue, write("many", numbers(1000)), "-q", PGOPTIONS="-c pgqrs.max_batch_size=150").expect(0, out="1000")
    assert count(queue) == 2997, str(count(queue))


def test_rules_of_the_configuration():
    queue = fresh("rules")
    config = write("rules.yaml", "validation: {required_keys: [to], max_payload_bytes: 100}")
    path = write("rules", '{"to": 1}\n{"of": 2}\n' + '{"to": "' + "x" * 200 + '"}\n')
    send(queue, path, "--skip-bad", "-c", config, "--format", "json").expect(
        0, r"(?s)(?=.*:2: .*to)(?=.*:3: longer than 100 bytes).*", r'.*"sent": 1, "rejected": 2.*'
    )


ENVELOPES = [
    ('{"payload": 1, "priority": 10}', "priority must be from 0 to 9"),
    ('{"payload": 1, "priority": "1"}', "priority must be from 0 to 9"),
    ('{"payload": 1, "max_attempts": 32768}', "max_attempts must be from 0 to 32767"),
    ('{"payload": 1, "max_attempts": 99999999999999999999}', "max_attempts must be from 0 to 32767"),
    ('{"payload": 1, "max_attempts": -1}', "max_attempts must be from 0 to 32767"),
    ('{"payload": 1, "expires_after": "soon"}', 'invalid duration for expires_after: "soon"'),
    ('{"payload": 1, "expires_after": 0}', "expires_after must be .*"),
    ('{"payload": 1, "headers": [1]}', "headers must be an object"),
    ('{"payload": 1, "delay": "1 parsec"}', 'invalid duration for delay: "1 parsec"'),
    ('{"payload": 1, "delay": "50000000h"}', "delay is out of range.*"),
    ('{"payload": 1, "available_at": "tomorrow"}', 'invalid time for available_at: "tomorrow"'),
    ('{"payload": 1, "available_at": "2026-02-30T00:00:00Z"}', "invalid time for available_at: .*"),
    ('{"payload": 1, "delay": 1, "available_at": "2099-01-01T00:00:00Z"}', "either delay or available_at, not both"),
    ('{"payload": 1, "payload": 2}', 'key "payload" is there twice'),
    ('{"priority": 1}', 'the key "payload" is missing'),
    ('{"payload": 1, "priorty": 1}', 'unknown key "priorty"'),
    ("[1]", "not an object with a payload"),
    ("{", "not valid JSON: .*"),
]


def test_bad_envelopes():
    queue = fresh("envelopes")
    for line, reason in ENVELOPES:
        path = write("envelope", '{"payload": 0}\n' + line + "\n")
        send(queue, path, "--envelope").expect(
            5, f"error: {path}:2: {reason}; 1 messages before it are sent" + MEND.format(2)
        )
    assert payloads(queue) == [0] * len(ENVELOPES), "the good ones"


def test_envelopes():
    queue = fresh("enveloped")
    path = write(
        "envelopes",
        "\n".join(
            (
                '{"payload": {"n": 1.10}, "priority": 0, "headers": {"type": "a"}}',
                '{"payload": 2, "delay": "1h"}',
                '{"payload": 3, "delay": 90}',
                '{"payload": 4, "available_at": "2001-01-01T00:00:00Z"}',
                '{"payload": 5, "available_at": "2099-01-01T01:00:00.5+01:00"}',
                '{"payload": null, "headers": null, "priority": null, "delay": null, "available_at": null}',
            )
        ),
    )
    send(queue, path, "--envelope", "--priority", "7", "--type", "b", "-q").expect(0, out="6")
    rows = psql(
        "SELECT m.payload::text || ' ' || m.priority || ' ' || (m.headers ->> 'type') || ' ' "
        "|| CASE WHEN extract(year FROM m.available_at AT TIME ZONE 'UTC') = 2099 "
        "THEN m.available_at AT TIME ZONE 'UTC' || '' "
        "ELSE round(extract(epoch FROM m.available_at - m.enqueued_at)) || '' END "
        "FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id = m.queue_id WHERE q.name = 'enveloped' ORDER BY m.id"
    )
    assert rows.splitlines() == [
        '{"n": 1.10} 0 a 0',
        "2 7 b 3600",
        "3 7 b 90",
        "4 7 b 0",
        "5 7 b 2099-01-01 00:00:00.5",
        "null 7 b 0",
    ], rows


def test_lost_in_a_batch():
    """Nobody knows whether the server has done it: the lines are named."""
    queue = fresh("doubt")
    path = write("doubt", numbers(30))
    with subprocess.Popen(
        ["psql", "-X", "-q"], stdin=subprocess.PIPE, text=True, env=environment(PGAPPNAME="locker")
    ) as locker:
        with Program("message", "send", queue, "--file", "-", "--batch-size", "10") as sending:
            sending.feed(numbers(10))
            wait_until(lambda: count(queue) == 10, "the first batch is sent")
            locker.stdin.write("BEGIN; LOCK TABLE pgqrs.messages IN EXCLUSIVE MODE;\n")
            locker.stdin.flush()
            wait_until(
                lambda: psql(
                    f"SELECT count(*) FROM {LOCKS} AND mode = 'ExclusiveLock' AND granted "
                    "AND relation = 'pgqrs.messages'::regclass"
                )
                == "1",
                "locked",
            )
            sending.feed("".join(f"{number}\n" for number in range(11, 31)))
            wait_until(
                lambda: psql(
                    f"SELECT count(*) FROM {SESSIONS} AND application_name = 'pgqrs' AND wait_event_type = 'Lock'"
                )
                == "1",
                "the second batch waits",
            )
            end_connections()
            run = sending.end()
        locker.stdin.close()
        locker.wait()
    run.expect(
        3,
        r"error: .*; everything up to line 10 is sent; lines 11 to 20 may be sent\n"
        r"hint: See whether they have arrived; go on with --from-line 21, or else with --from-line 11\.",
    )
    send(queue, path, "--from-line", "11", "-q").expect(0, out="20")
    assert payloads(queue) == list(range(1, 31)), "each once: this batch was not done"


def test_lost_between_batches():
    queue = fresh("lost")
    with Program("message", "send", queue, "--file", "-") as sending:
        sending.feed(numbers(3))
        wait_until(lambda: count(queue) == 3, "what has come is sent, although the pipe is open")
        assert end_connections() == 1, "connected"
        wait_until(lambda: psql(f"SELECT count(*) FROM {SESSIONS} AND application_name = 'pgqrs'") == "0", "gone")
        sending.feed("4\n")
        sending.end().expect(3, r"error: .*; everything up to line 3 is sent\nhint: Go on with --from-line 4\.")
    pgqrs("message", "send", queue, "--file", "-", PGHOST="/nowhere", stdin="1\n").expect(3, "(?s)error: .*")


def test_dropped_meanwhile():
    queue = fresh("dropped")
    with Program("message", "send", queue, "--file", "-") as sending:
        sending.feed("1\n")
        wait_until(lambda: count(queue) == 1, "sent")
        pgqrs("queue", "delete", queue, "--force").expect(0, out=".*")
        sending.feed("2\n")
        sending.end().expect(
            4,
            'error: queue "dropped" does not exist; everything up to line 1 is sent\n'
            r"hint: Go on with --from-line 2\.",
        )
    send("dropped", write("one", "1\n")).expect(4, 'error: queue "dropped" does not exist')


def test_interrupted():
    """Ctrl-C in the middle: the batch comes to its end, and going on where it says sends the rest, each once."""
    queue = fresh("interrupted")
    path = write("numbers", numbers(20000))
    for number in (signal.SIGINT, signal.SIGTERM):
        pgqrs("queue", "purge", queue, "-q").expect(0, out=r"\d+")
        with Program("message", "send", queue, "--file", "-", "--batch-size", "100") as sending:
            with locked("pgqrs.messages") as awaited:
                sending.feed(numbers(5000))
                wait_until(awaited, "a batch is under way")
                sending.signal(number)
            run = sending.ended()
        run.expect(130, r"error: interrupted; everything up to line \d+ is sent\nhint: Go on with --from-line \d+\.")
        line = int(re.search(r"--from-line (\d+)", run.err)[1])
        assert 1 < line < 5001, f"in the middle: {line}"
        assert count(queue) == line - 1, f"{count(queue)} sent, go on with {line}"
        send(queue, path, "--from-line", str(line), "-q").expect(0, out=str(20000 - line + 1))
        assert payloads(queue) == list(range(1, 20001)), "each once, in order"


def test_interrupted_before_anything():
    queue = fresh("idle")
    with Program("-v", "message", "send", queue, "--file", "-") as sending:
        wait_until(lambda: psql(f"SELECT count(*) FROM {SESSIONS} AND application_name = 'pgqrs'") == "1", "connected")
        sending.signal(signal.SIGINT)
        run = sending.ended()
    assert run.code in (130, -signal.SIGINT), str(run)
    assert count(queue) == 0, "nothing sent"


def test_long_files_and_lines():
    """Memory does not grow with the file, nor with a line that is too long."""
    queue = fresh("large")
    path = write(
        "large",
        "".join('{"to": "user%d@example.com", "text": "Lorem ipsum dolor"}\n' % number for number in range(100_000)),
    )
    assert memory_of("message", "send", queue, "--file", path) < 64, "megabytes for 100,000 lines"
    assert count(queue) == 100_000, "all there"
    path = TMP / "endless"
    subprocess.run(f"head -c 100000000 /dev/zero | tr '\\0' x >{path}", shell=True, check=True)
    assert (
        memory_of("message", "send", queue, "--file", str(path), "--skip-bad") < 64
    ), "megabytes for a line of 100 MB"
    os.unlink(path)


# What a process has in memory counts for the programs it starts, and this one has a lot.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


def memory_of(*arguments):
    """The largest resident set, in MB, of a run that succeeds."""
    measured = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", MEASURE, "pgqrs", "-q", *arguments],
        stdout=subprocess.PIPE,
        env=environment(),
        check=True,
    )
    return int(measured.stdout) / 1024


def test_progress():
    """A line that is written over on a terminal, and taken away; nothing of it elsewhere and with -q."""
    queue = fresh("progress")
    path = write("progress", numbers(20000))
    with Terminal("pgqrs", "message", "send", queue, "--file", path, "--batch-size", "50", columns=60) as terminal:
        assert terminal.end() == 0, terminal.text
    shown = [part for part in re.split(r"[\r\n]", terminal.text) if " sent  " in part]
    assert shown and all(re.fullmatch(r"\d+ %  [\d,]+ sent  [\d,]+/s  \d+:\d\d\x1b\[K", part) for part in shown), str(
        shown[:5]
    )
    assert re.search(r"\r\x1b\[K20000 messages sent", terminal.text), terminal.text[-200:]
    with Terminal("pgqrs", "-q", "message", "send", queue, "--file", path) as terminal:
        assert terminal.end() == 0 and terminal.text.strip() == "20000", terminal.text


def test_wrong_use():
    queue = fresh("use")
    path = write("one", "1\n")
    for arguments, error in (
        (("1", "--file", path), "either a payload or --file, not both"),
        (("1", "--skip-bad"), "--envelope, --skip-bad, --rejects, --batch-size and --from-line need --file"),
        (("--file", path, "--rejects", "r"), "--rejects needs --skip-bad"),
        (("--file", path, "--batch-size", "0"), '--batch-size must be from 1 to 100000: "0"'),
        (("--file", path, "--from-line", "0"), "--from-line must be from 1 .*"),
    ):
        pgqrs("message", "send", queue, *arguments).expect(2, f"error: {error}")
    send(queue, "/nonexistent").expect(1, 'error: cannot read "/nonexistent": No such file or directory')
    send(queue, TMP).expect(1, 'error: cannot read ".*": Is a directory')
    send(queue, path, "--skip-bad", "--rejects", "/nonexistent/r").expect(
        1, 'error: cannot write "/nonexistent/r": No such .*'
    )
    send(queue, path, "--skip-bad", "--rejects", "/dev/full").expect(0, out=".*")
    send(queue, write("x", "x\n"), "--skip-bad", "--rejects", "/dev/full").expect(
        1, '(?s).*cannot write "/dev/full": No space left .*'
    )
    assert count(queue) == 1, "only the good one"
