"""`pgqrs work`: what becomes of messages, commands and leases, and how it ends."""

import json
import os
import re
import signal
import subprocess
import time

from jobs import Program, alive, count, end_connections, fresh, write
from support import SESSIONS, TMP, pgqrs, psql, wait_until

SUMMARY = r'queue "\w+": {} archived, {} deleted, {} released, {} failed, {} leases lost, in [\d.]+ s'


def sent(queue, *messages):
    for message in messages:
        pgqrs("message", "send", queue, message, "-q").expect(0, out=r"\d+")


def work(queue, command, *options, **more):
    return pgqrs("work", queue, "--exec", command, "--stop-when-empty", *options, **more)


def archived(queue):
    return int(psql(f"SELECT pgqrs.count_archive('{queue}')"))


def row_of(queue):
    return json.loads(pgqrs("message", "list", queue, "--format", "json").expect(0, out="(?s).*").out)[0]


def flag(name):
    """A file that is not there yet."""
    path = TMP / name
    path.unlink(missing_ok=True)
    return path


def pid_in(path):
    """Of a command that wrote it there."""
    wait_until(lambda: path.exists() and path.read_text().strip(), f"{path} is written")
    return int(path.read_text())


def test_exit_codes():
    queue = fresh("codes")
    sent(queue, "0", "75", "1", "9")
    command = 'read n; test "$n" != 9 || kill -9 $$; exit "$n"'
    run = work(queue, command, "-v", "--retry-delay", "1h")
    run.expect(8, r"(?s).*\nerror: 2 messages failed", SUMMARY.format(1, 0, 1, 2, 0))
    for line in (
        r"info  message \d+ \(delivery 1\) archived after [\d.]+ s",
        r"info  message \d+ \(delivery 1\) released after [\d.]+ s, again in 3600 s",
        r"warn  message \d+ \(delivery 1\) failed after [\d.]+ s: exit code 1; again in 3600 s",
        r"warn  message \d+ \(delivery 1\) failed after [\d.]+ s: killed by signal 9 \(Killed\); again in 3600 s",
    ):
        assert re.search(rf"^\S+Z {line}$", run.err, re.MULTILINE), f"{line} in {run.err}"
    assert (count(queue), archived(queue)) == (3, 1), "what did not succeed stays"
    assert '"delayed": 3' in pgqrs("queue", "metrics", queue, "--format", "json").out, "for later"


def test_pauses_grow():
    """As the queue's back-off says, until the message is dead."""
    queue = fresh("pauses")
    psql(f"SELECT pgqrs.alter_queue('{queue}', max_attempts => 3, backoff_base => '1 h', backoff_cap => '3 h')")
    sent(queue, "1")
    for attempt, least, most in ((1, 0.85, 1), (2, 1.75, 2)):
        run = work(queue, "exit 1").expect(8, "(?s).*", SUMMARY.format(0, 0, 0, 1, 0))
        pause = float(re.search(r"again in ([\d.]+) s", run.err)[1])
        assert least * 3600 <= pause <= most * 3600, run.err
        assert row_of(queue)["attempt"] == attempt, "counted"
        psql(f"SELECT pgqrs.release('{queue}', {row_of(queue)['id']})")
    work(queue, "exit 1").expect(
        8,
        r".* failed after [\d.]+ s: exit code 1; it is dead\nerror: 1 message failed",
        SUMMARY.replace("failed", r"failed \({} dead\)").format(0, 0, 0, 1, 1, 0),
    )


def errors_of(queue):
    """The kept errors of the messages in the archive, the oldest first."""
    listing = f"FROM pgqrs.list_archive('{queue}') AS a, pgqrs.list_failures('{queue}', a.id) AS f"
    return json.loads(psql(f"SELECT json_agg(f.error ORDER BY f.id) {listing}"))


def test_what_is_kept_of_a_failure():
    """How the command ended, and the last lines of its stderr, which also go to ours."""
    queue = fresh("stories")
    psql(f"SELECT pgqrs.alter_queue('{queue}', max_attempts => 1)")
    sent(queue, "1", "2", "3", "4")
    command = (
        "read n; case $n in "
        "1) echo told; echo 'no route' >&2; echo 'to host' >&2; exit 3;; "
        "2) seq 1 100000 >&2; exit 1;; "
        "3) echo dying >&2; kill -9 $$;; "
        "4) yes xxxxxxxxx | head -c 9000 | tr -d '\\n' >&2; exit 1;; esac"
    )
    run = work(queue, command)
    assert run.code == 8 and "no route\nto host\n" in run.err and "told" in run.out, run.err[:2000]
    assert "\n".join(str(n) for n in range(1, 100001)) in run.err, "all of it goes on"
    assert re.search(r"failed after [\d.]+ s: exit code 3; it is dead", run.err), "one line in the log"
    first, second, third, fourth = errors_of(queue)
    assert first == "exit code 3\nno route\nto host", first
    assert second == "exit code 1\n" + "\n".join(str(n) for n in range(99981, 100001)), second
    assert third == "killed by signal 9 (Killed)\ndying", third
    assert fourth == "exit code 1\n" + "x" * 4000, fourth


def test_stderr_of_what_a_command_leaves_running():
    """Nobody waits for it, and it still can write while the worker runs."""
    queue = fresh("talkers")
    sent(queue, "1", "2")
    go, place = flag("talk"), flag("talked")
    command = (
        f"read n; if [ $n = 1 ]; then "
        f"(until [ -e {go} ]; do sleep 0.05; done; echo late >&2; echo $? >{place}) & "
        f"else touch {go}; until [ -s {place} ]; do sleep 0.05; done; fi"
    )
    run = work(queue, command, "--timeout", "50s")
    run.expect(0, "(late)?", SUMMARY.format(2, 0, 0, 0, 0))
    assert place.read_text() == "0\n", place.read_text()


def test_what_a_command_gets():
    queue = fresh("gets")
    place = flag("got")
    sent(queue, '{"to": "ada"}')
    psql(
        f'SELECT pgqrs.enqueue(\'{queue}\', \'[1, "é"]\', priority => 7, headers => \'{{"type": "mail", "n": 1.10}}\')'
    )
    command = (
        f'(cat; echo "$PGQRS_QUEUE|$PGQRS_READ_CT|$PGQRS_TYPE|$PGQRS_HEADERS|$PGQRS_PRIORITY|$MINE"; '
        f"echo $PGQRS_MESSAGE_ID $PGQRS_ENQUEUED_AT) >>{place}"
    )
    work(queue, command, "--delete", MINE="mine", PGQRS_TYPE="old").expect(0, "", SUMMARY.format(0, 2, 0, 0, 0))
    assert (count(queue), archived(queue)) == (0, 0), "deleted"
    lines = place.read_text().splitlines()
    assert lines[0:2] == ['{"to": "ada"}', f"{queue}|1||{{}}|5|mine"], str(lines)
    assert lines[3:5] == ['[1, "é"]', f'{queue}|1|mail|{{"n": 1.10, "type": "mail"}}|7|mine'], str(lines)
    assert re.fullmatch(r"\d+ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", lines[2]), lines[2]


def test_large_and_unread():
    """A megabyte on stdin, read or not; headers that no environment has room for fail the message alone."""
    queue = fresh("big")
    big = write("big", '"' + "x" * 1_000_000 + '"\n')
    pgqrs("message", "send", queue, "--file", big).expect(0, out="1 .*")
    pgqrs("message", "send", queue, "--file", big).expect(0, out="1 .*")
    place = flag("size")
    work(queue, f"wc -c >>{place}", "--max-messages", "1").expect(0, "", SUMMARY.format(1, 0, 0, 0, 0))
    work(queue, "exec true").expect(0, "", SUMMARY.format(1, 0, 0, 0, 0))
    assert place.read_text().strip() == "1000003", place.read_text()
    psql(f"SELECT pgqrs.enqueue('{queue}', '1', headers => jsonb_build_object('h', repeat('x', 200000)))")
    sent(queue, "2")
    work(queue, "cat >/dev/null", "--retry-delay", "1h").expect(
        8,
        "(?s).*failed after .*: cannot start the command: Argument list too long; again in 3600 s\n"
        "error: 1 message failed",
        SUMMARY.format(1, 0, 0, 1, 0),
    )


def test_at_a_time():
    """Three commands that wait for each other."""
    queue = fresh("three")
    sent(queue, "1", "2", "3")
    folder = TMP / "three"
    folder.mkdir(exist_ok=True)
    command = f"touch {folder}/$PGQRS_MESSAGE_ID; until [ $(ls {folder} | wc -l) = 3 ]; do sleep 0.05; done"
    run = work(queue, command, "--concurrency", "3", "--timeout", "50s", "--format", "json")
    assert json.loads(run.expect(0, out=".*").out)["archived"] == 3, run.out


def test_limits():
    queue = fresh("limited")
    sent(queue, "1", "2", "3")
    pgqrs("work", queue, "--exec", "true", "--max-messages", "2").expect(0, "", SUMMARY.format(2, 0, 0, 0, 0))
    work(queue, "true", "-q").expect(0, "", "")
    assert (count(queue), archived(queue)) == (0, 3), "all"


def test_workers_are_suspended_and_stopped():
    queue = fresh("held")
    with Program("work", queue, "--exec", "true", "--worker", "held") as worker:
        rows = lambda: json.loads(pgqrs("worker", "list", queue, "--format", "json").out)
        wait_until(lambda: [row["state"] for row in rows()] == ["polling"], "it takes messages")
        number = str(rows()[0]["id"])
        pgqrs("worker", "suspend", number).expect(0, out=f"worker {number} suspended")
        pgqrs("message", "send", queue, "1").expect(0, out=".*")
        wait_until(lambda: rows()[0]["state"] == "suspended", "it is suspended")
        assert count(queue) == 1, "nobody takes the message"
        pgqrs("worker", "resume", number).expect(0, out=f"worker {number} resumed")
        wait_until(lambda: count(queue) == 0, "it goes on")
        pgqrs("worker", "stop", number).expect(0, out=f"worker {number} stopped")
        worker.ended().expect(0, "", SUMMARY.format(1, 0, 0, 0, 0))
    assert rows() == [], "gone"


def test_workers_register():
    queue = fresh("named")
    sent(queue, "1")
    place, go = flag("registered"), flag("go")
    with Program(
        "work",
        queue,
        "--exec",
        f"echo $$ >{place}; until [ -e {go} ]; do sleep 0.05; done",
        "--stop-when-empty",
        "--worker",
        "tester",
    ) as worker:
        pid_in(place)
        assert '"name": "tester"' in pgqrs("worker", "list", queue, "--format", "json").out, "registered"
        assert row_of(queue)["worker_id"] is not None, "the message says who has it"
        go.touch()
        worker.end().expect(0, "", SUMMARY.format(1, 0, 0, 0, 0))
    assert json.loads(pgqrs("worker", "list", queue, "--format", "json").out) == [], "gone"


def test_what_a_command_leaves_running():
    """What has to outlive the command does, as long as the worker ends by itself."""
    queue = fresh("daemons")
    sent(queue, "1")
    place = flag("daemon")
    work(queue, f"sleep 1000 >/dev/null 2>&1 & echo $! >{place}").expect(0, "", SUMMARY.format(1, 0, 0, 0, 0))
    assert alive(pid_in(place)), "it goes on"
    os.kill(pid_in(place), signal.SIGKILL)


def test_killed():
    """kill -9 of the worker: its commands go with it, and what they have started; the message is delivered again when
    its lease is over.
    """
    queue = fresh("killed")
    sent(queue, "1", "2")
    place, other = flag("orphan"), flag("orphan2")
    command = (
        f"trap '' TERM HUP; sleep 1000 & read n; if [ $n = 1 ]; then echo $! >{place}; else echo $! >{other}; fi; wait"
    )
    with Program("work", queue, "--exec", command, "--concurrency", "2", "--lock-time", "1s") as worker:
        orphans = [pid_in(place), pid_in(other)]
        worker.signal(signal.SIGKILL)
        worker.process.wait()
        wait_until(lambda: not any(alive(orphan) for orphan in orphans), "the commands are gone")
    psql(f"SELECT pgqrs.delete('{queue}', max(id)) FROM pgqrs.list_messages('{queue}')")
    pgqrs("work", queue, "--exec", 'test "$PGQRS_READ_CT" = 2', "--max-messages", "1").expect(
        0, "", SUMMARY.format(1, 0, 0, 0, 0)
    )


def test_first_signal():
    """The running command comes to its end, its message is archived, and no other is taken."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        queue = fresh("gentle")
        sent(queue, "1", "2")
        place, go = flag("running"), flag("go")
        with Program("work", queue, "--exec", f"echo $$ >{place}; until [ -e {go} ]; do sleep 0.05; done") as worker:
            child = pid_in(place)
            worker.signal(number)
            wait_until(
                lambda: b"stopping when" in os.read(worker.process.stderr.fileno(), 4096), "it says that it waits"
            )
            assert alive(child), "the command goes on"
            go.touch()
            worker.end().expect(0, "", SUMMARY.format(1, 0, 0, 0, 0))
        assert (count(queue), archived(queue)) == (1, 1), "one is left"
    with Program("work", queue, "--exec", "true", "--delete") as worker:
        wait_until(lambda: count(queue) == 0, "the rest is done")
        worker.signal(signal.SIGTERM)
        worker.end().expect(0, "", SUMMARY.format(0, 1, 0, 0, 0))


def test_second_signal():
    """The command is ended, its children, too, and the message can be had at once."""
    queue = fresh("hasty")
    sent(queue, "1")
    place = flag("hasty")
    with Program("work", queue, "--exec", f"sleep 1000 & echo $! >{place}; wait") as worker:
        grandchild = pid_in(place)
        worker.signal(signal.SIGTERM)
        wait_until(lambda: b"another signal" in os.read(worker.process.stderr.fileno(), 4096), "it says that it waits")
        worker.signal(signal.SIGTERM)
        worker.end().expect(130, "error: interrupted; the running commands were ended", SUMMARY.format(0, 0, 1, 0, 0))
    assert not alive(grandchild), "dead"
    assert '"pending": 1' in pgqrs("queue", "metrics", queue, "--format", "json").out, "given back"


def test_third_signal():
    """Does not wait for a command that does not want to end."""
    queue = fresh("stubborn")
    sent(queue, "1")
    place = flag("stubborn")
    with Program(
        "work", queue, "--exec", f"trap '' TERM; echo $$ >{place}; while :; do sleep 0.1; done", "--kill-after", "1h"
    ) as worker:
        child = pid_in(place)
        worker.signal(signal.SIGINT)
        wait_until(lambda: b"another signal" in os.read(worker.process.stderr.fileno(), 4096), "it says that it waits")
        worker.signal(signal.SIGINT)
        assert worker.process.poll() is None and alive(child), "waits for the command"
        time.sleep(0.1)  # two signals at the same moment are one
        worker.signal(signal.SIGINT)
        worker.end().expect(130, "error: interrupted.*", SUMMARY.format(0, 0, 1, 0, 0))
    assert not alive(child), "killed"


def test_time_limit():
    queue = fresh("slow")
    sent(queue, "1")
    place = flag("slow")
    run = work(queue, f"sleep 1000 & echo $! >{place}; wait", "--timeout", "300ms", "--retry-delay", "1h")
    run.expect(
        8,
        r".* failed after .*: took longer than --timeout, killed by signal 15 \(Terminated\); again in 3600 s\n"
        "error: 1 message failed",
        SUMMARY.format(0, 0, 0, 1, 0),
    )
    wait_until(lambda: not alive(pid_in(place)), "its child has ended, too")
    psql(f"SELECT pgqrs.release('{queue}', {row_of(queue)['id']})")
    work(
        queue,
        "trap '' TERM; while :; do sleep 0.05; done",
        "--timeout",
        "100ms",
        "--kill-after",
        "200ms",
        "--retry-delay",
        "1h",
    ).expect(
        8,
        r".* took longer than --timeout, killed by signal 9 \(Killed\); .*\nerror: 1 message failed",
        SUMMARY.format(0, 0, 0, 1, 0),
    )


def test_time_limit_without_a_reaper():
    """A process of the group that has ended, and that its parent does not wait for, holds nothing up."""
    queue = fresh("zombies")
    sent(queue, "1")
    place = flag("zombies")
    # perl makes a child in the command's group, leaves the group itself and never waits.
    script = (
        "fork or do { sleep 1000; exit }; setpgrp(0, 0); "
        f"open(F, '>{place}'); print F \\$\\$; close F; sleep 1000"
    )
    command = f'perl -e "{script}" >/dev/null 2>&1 & wait'
    run = work(queue, command, "--timeout", "1s", "--kill-after", "1h", "--retry-delay", "1h")
    run.expect(8, "(?s).*", SUMMARY.format(0, 0, 0, 1, 0))
    assert alive(pid_in(place)), "its parent is still there"
    os.kill(pid_in(place), signal.SIGKILL)


def test_lease_lost():
    """Somebody else has taken the message away: the command must not go on."""
    queue = fresh("taken")
    sent(queue, "1")
    place = flag("taken")
    with Program(
        "work", queue, "--exec", f"echo $$ >{place}; exec sleep 1000", "--lock-time", "600ms", "--max-messages", "1"
    ) as worker:
        child = pid_in(place)
        psql(f"SELECT pgqrs.delete('{queue}', {row_of(queue)['id']})")
        worker.end().expect(
            0,
            r".* lost its lease after .*: the lease was lost, killed by signal 15 \(Terminated\)",
            SUMMARY.format(0, 0, 0, 0, 1),
        )
    assert not alive(child), "ended"


def test_longer_than_the_lease():
    queue = fresh("extended")
    sent(queue, "1")
    work(queue, "sleep 1.5; test $PGQRS_READ_CT = 1", "--lock-time", "500ms").expect(
        0, "", SUMMARY.format(1, 0, 0, 0, 0)
    )


def test_connection_lost():
    """While a command runs: connected again, and the message is archived."""
    queue = fresh("reconnected")
    sent(queue, "1")
    place, go = flag("reconnected"), flag("go")
    with Program(
        "work", queue, "--exec", f"echo $$ >{place}; until [ -e {go} ]; do sleep 0.05; done", "--stop-when-empty"
    ) as worker:
        pid_in(place)
        assert end_connections() == 2, "one for the handler, one for the leases"
        go.touch()
        worker.end().expect(
            0, r"(?s).*connection lost: .*; trying again in .*connected again", SUMMARY.format(1, 0, 0, 0, 0)
        )
    assert archived(queue) == 1, "archived"


def test_what_does_not_get_better():
    queue = fresh("vanishing")
    with Program("work", queue, "--exec", "true") as worker:
        wait_until(
            lambda: psql(f"SELECT count(*) FROM {SESSIONS} AND application_name = 'pgqrs' AND query ~ 'wait'") == "1",
            "idle",
        )
        pgqrs("queue", "delete", queue).expect(0, out=".*")
        worker.end().expect(4, 'error: queue "vanishing" does not exist')
    pgqrs("work", queue, "--exec", "true").expect(4, 'error: queue "vanishing" does not exist')
    pgqrs("work", "mails", "--exec", "true", PGHOST="/nowhere").expect(3, "(?s)error: .*")


def test_surroundings():
    """An inherited SIGCHLD that is ignored, and outputs nobody reads."""
    queue = fresh("odd")
    sent(queue, "1", "2")
    with Program(
        "work",
        queue,
        "--exec",
        "exit 0",
        "--max-messages",
        "1",
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
    ) as worker:
        worker.end().expect(0, "", SUMMARY.format(1, 0, 0, 0, 0))
    # yes dies of a pipe nobody reads, as it would in a shell, and does not hang.
    run = subprocess.run(
        [
            "bash",
            "-c",
            f"pgqrs work {queue} --exec 'exec yes' --stop-when-empty --retry-delay 1h | head -n 1 >/dev/null; "
            "echo ${PIPESTATUS[0]}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout == "141\n" and "killed by signal 13" in run.stderr, str(run)


def test_nothing_is_inherited():
    """But the standard descriptors; ls itself opens the fourth."""
    queue = fresh("descriptors")
    sent(queue, "1")
    place = flag("descriptors")
    work(queue, f"exec ls /proc/self/fd >{place}", "--log-dest", str(TMP / "work.log")).expect(
        0, "", SUMMARY.format(1, 0, 0, 0, 0)
    )
    assert place.read_text().split() == ["0", "1", "2", "3"], place.read_text()


def test_wrong_use():
    for arguments, error in (
        ((), r"--exec is required\nhint: .*"),
        (("--exec", " "), r"--exec is empty\nhint: It would archive every message\."),
        (("--exec", "true", "--concurrency", "0"), '--concurrency must be from 1 to 1000: "0"'),
        (("--exec", "true", "--max-messages", "0"), "--max-messages must be from 1 .*"),
        (("--exec", "true", "--timeout", "soon"), r"--timeout is not a length of time: .soon.\n.*"),
    ):
        pgqrs("work", "mails", *arguments).expect(2, f"error: {error}")
