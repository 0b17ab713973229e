"""`pgqrs top`: a screen that fits, keys, rates, a terminal that is given back, and one table where there is none."""

import csv
import io
import json
import os
import re
import signal
import termios

from jobs import Terminal, end_connections, fresh
from support import pgqrs, psql, wait_until

# The screen shows all queues of a database.
DATABASE = "watching"

CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def top(*arguments, columns=100, rows=24, **env):
    return Terminal("pgqrs", "top", "--interval", "200ms", *arguments, columns=columns, rows=rows, **env)


def screens(terminal):
    """Each as lines without codes; the first is drawn when the size may not be set yet."""
    return [[CODE.sub("", line) for line in re.split(r"\r+\n", part)] for part in terminal.text.split("\x1b[H")[1:]]


def wait_for_screen(terminal, holds, claim):
    def found():
        terminal.read()
        return any(holds(lines) for lines in screens(terminal)[-3:])

    wait_until(found, claim)


def line_of(lines, queue):
    return next((line.split() for line in lines if line.startswith(queue + " ")), None)


def cell(lines, queue, title):
    """What the column has for the queue; titles and cells end at the same place."""
    head = next(line for line in lines if line.startswith("queue "))
    line = next(line for line in lines if line.startswith(queue + " "))
    end = head.index(title) + len(title)
    return re.split(r" {2,}", line[:end].rstrip())[-1].strip()


def rate(lines, queue, title):
    text = cell(lines, queue, title)
    return 0 if text == "-" else float(text.replace(",", ""))


def test_rates():
    """What is sent and finished a second, while the screen lives."""
    queue = fresh("rates")
    with top(rows=100, columns=160) as terminal:
        terminal.wait_for(r"\x1b\[H.*rates ")
        psql("SELECT count(*) FROM generate_series(1, 500) AS n, LATERAL pgqrs.enqueue('rates', to_jsonb(n))")
        wait_for_screen(
            terminal,
            lambda lines: line_of(lines, queue)
            and line_of(lines, queue)[1] == "500"
            and rate(lines, queue, "enq/s") > 5,
            "500 pending, and many a second",
        )
        psql("SELECT count(*) FROM pgqrs.pop('rates', 400)")
        wait_for_screen(
            terminal,
            lambda lines: line_of(lines, queue)
            and line_of(lines, queue)[1] == "100"
            and rate(lines, queue, "fin/s") > 5,
            "100 pending, and many finished",
        )
        terminal.type("q")
        assert terminal.end() == 0, "q quits"
    pgqrs("queue", "purge", queue).expect(0, out=".*")


def troubled(queue):
    """One message that is tried again, two that died, one sent back since; a live, a suspended and a dead worker."""
    psql(
        f"""SELECT pgqrs.enqueue('{queue}', to_jsonb(n)) FROM generate_series(1, 4) AS n;
        SELECT pgqrs.dequeue_batch('{queue}', 4);
        SELECT pgqrs.fail('{queue}', id, 'no', delay => '1 h', retry => payload = '1') FROM pgqrs.messages
            WHERE queue_id = (SELECT id FROM pgqrs.queues WHERE name = '{queue}') ORDER BY id;
        SELECT pgqrs.redrive('{queue}', ARRAY[(SELECT min(id) FROM pgqrs.list_dead('{queue}'))]);
        SELECT pgqrs.enqueue('{queue}', '5', delay => '1 h');
        SELECT pgqrs.register_worker('{queue}', 'w' || n) FROM generate_series(1, 3) AS n;
        SELECT pgqrs.suspend_worker(id) FROM pgqrs.list_workers('{queue}') WHERE name = 'w2';
        UPDATE pgqrs.workers SET heartbeat_at = heartbeat_at - interval '1 h'
            WHERE id = (SELECT id FROM pgqrs.list_workers('{queue}') WHERE name = 'w3');
        SELECT pgqrs.reap_workers()"""
    )


def test_trouble():
    queue = fresh("trouble")
    troubled(queue)
    row = next(row for row in json.loads(pgqrs("top", "--once", "--format", "json").out) if row["queue"] == queue)
    assert (row["retrying"], row["dead"], row["delayed"]) == (1, 2, 2), str(row)
    assert (row["workers"], row["suspended_workers"], row["dead_workers"]) == (2, 1, 1), str(row)
    with top("--sort", "dead", columns=80) as terminal:
        wait_for_screen(
            terminal,
            lambda lines: line_of(lines, queue)
            and (cell(lines, queue, "dead"), cell(lines, queue, "workers")) == ("2", "2, 1 dead"),
            "what goes wrong fits into 80 columns",
        )
        wait_for_screen(
            terminal,
            lambda lines: lines[1] == "1 retrying  2 dead  2 workers, 1 of them suspended, 1 dead",
            "and is summed up",
        )
        assert "\x1b[33m1 retrying" in terminal.text, "in yellow"
        terminal.type("q")
        assert terminal.end() == 0, "q quits"
    psql(f"SELECT pgqrs.drop_queue('{queue}', force => true)")


def test_much_trouble():
    """Of a thousand dead or delayed messages it tells that there may be more."""
    queue = fresh("much")
    psql(
        f"""SELECT count(*) FROM pgqrs.enqueue_batch('{queue}', (SELECT array_agg('1'::jsonb)
            FROM generate_series(1, 1200)));
        SELECT count(*) FROM pgqrs.dequeue_batch('{queue}', 1200);
        SELECT count(*) FROM pgqrs.fail_batch('{queue}', (SELECT array_agg(id ORDER BY id) FROM pgqrs.messages
            WHERE queue_id = (SELECT id FROM pgqrs.queues WHERE name = '{queue}')), '{{no}}', retry => false);
        SELECT count(*) FROM pgqrs.enqueue_batch('{queue}', (SELECT array_agg('1'::jsonb)
            FROM generate_series(1, 1200)), delay => '1 h')"""
    )
    with top("--sort", "dead", columns=160) as terminal:
        wait_for_screen(
            terminal,
            lambda lines: line_of(lines, queue)
            and (cell(lines, queue, "dead"), cell(lines, queue, "retrying")) == ("1,000+", "0+"),
            "as many as it looked at, or more",
        )
    psql(f"SELECT pgqrs.drop_queue('{queue}', force => true)")


RUNS = """
    SELECT pgqrs.create_workflow('trips', max_attempts => 5, backoff_base => '1 h');
    SELECT pgqrs.create_workflow('legs', queue => 'trips');
    SELECT pgqrs.start_workflows('trips', '{1,2,3,4,5,6}');
    SELECT pgqrs.claim_runs('trips', 5);
    SELECT pgqrs.sleep(min(id), 1, 'nap', '1 h') FROM pgqrs.runs;
    SELECT pgqrs.wait_signal(min(id) + 1, 1, 'approval', 'ok') FROM pgqrs.runs;
    SELECT pgqrs.fail_run(min(id) + 2, 1, 'no') FROM pgqrs.runs;
    SELECT pgqrs.fail_run(min(id) + 3, 1, 'no', retryable => false) FROM pgqrs.runs;
    SELECT pgqrs.start_workflows('legs', '{1,2}')"""


def test_runs():
    """A queue that holds runs is marked, its numbers are those of runs, and a line sums them up."""
    psql(RUNS)
    rows = json.loads(pgqrs("top", "--once", "--interval", "100ms", "--format", "json").out)
    row = next(row for row in rows if row["queue"] == "trips")
    waiting = (row["sleeping"], row["waiting"], row["retrying"], row["dead"])
    assert (row["holds_runs"], *waiting) == (True, 1, 1, 1, 1), str(row)
    assert (row["pending"], row["in_flight"], row["delayed"]) == (3, 1, 2), str(row)
    row = next(row for row in rows if row["queue"] == "mails")
    assert (row["holds_runs"], row["sleeping"], row["waiting"]) == (False, None, None), str(row)
    with top(columns=80) as terminal:
        wait_for_screen(
            terminal,
            lambda lines: lines[2] == "runs:  3 queued  1 running  1 sleeping  1 waiting  1 retrying  1 failed"
            and lines[4].startswith("queue ")
            and any(line.startswith("trips (runs) ") for line in lines),
            "a line with runs by state, above the queues",
        )
        assert all(len(line) <= 80 for line in screens(terminal)[-1]), "it fits"
    with top(columns=160) as terminal:
        wait_for_screen(
            terminal,
            lambda lines: any(line.startswith("trips (runs)") for line in lines)
            and (cell(lines, "trips", "sleeping"), cell(lines, "mails", "sleeping")) == ("1", "-"),
            "columns of their own on a wide screen",
        )
    psql("SELECT pgqrs.drop_workflow('legs', true), pgqrs.drop_workflow('trips', true)")
    with top(columns=160) as terminal:
        wait_for_screen(terminal, lambda lines: lines[3].startswith("queue ") and "sleeping" not in lines[3], "no line")


def test_without_rights():
    """A role that sees numbers only gets the numbers."""
    queue = fresh("shy")
    psql(
        "CREATE ROLE onlooker LOGIN; GRANT USAGE ON SCHEMA pgqrs TO onlooker;"
        "GRANT SELECT ON pgqrs.queues, pgqrs.messages, pgqrs.archive, pgqrs.departures TO onlooker;"
        "GRANT EXECUTE ON FUNCTION pgqrs.all_queues_metrics TO onlooker"
    )
    rows = json.loads(pgqrs("top", "--once", "--format", "json", PGUSER="onlooker").expect(0, out="(?s).*").out)
    row = next(row for row in rows if row["queue"] == queue)
    assert row["pending"] == 0 and row["retrying"] is None and row["dead"] is None and row["workers"] is None, str(row)
    with top(PGUSER="onlooker") as terminal:
        wait_for_screen(
            terminal,
            lambda lines: line_of(lines, queue) and cell(lines, queue, "dead") == "-" and lines[1] == "",
            "no numbers, and no line of them",
        )
    psql("DROP OWNED BY onlooker; DROP ROLE onlooker")


def test_given_back():
    """However it ends, the terminal is as it was: modes, screen, cursor."""
    for end in ("q", signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, "\x03"):
        with top(rows=100) as terminal:
            before = terminal.modes
            terminal.wait_for(r"\x1b\[\?1049h\x1b\[\?25l.*mails ")
            assert termios.tcgetattr(terminal.other) != before, "keys come at once, without echo"
            if isinstance(end, str):
                terminal.type(end)
            else:
                os.kill(terminal.pid, end)
            code = terminal.end()
            assert code == (0 if end == "q" else 130), f"{end!r}: exit {code}"
            assert "\x1b[?25h\x1b[?1049l" in terminal.text, f"{end!r}: {terminal.text[-200:]!r}"
            assert termios.tcgetattr(terminal.other) == before, f"{end!r}: modes"


def test_given_back_after_an_error():
    database = "cli_top"
    psql(f"CREATE DATABASE {database}")
    pgqrs("install", PGDATABASE=database).expect(0, out=".*")
    with top(PGDATABASE=database) as terminal:
        terminal.wait_for("0 queues")
        pgqrs("uninstall", "--force", PGDATABASE=database).expect(0, out=".*")
        assert terminal.end() == 4, terminal.text[-300:]
        assert re.search(
            r"\x1b\[\?25h\x1b\[\?1049l.*error:.* pgqrs is not installed", terminal.text, re.DOTALL
        ), terminal.text[-300:]
    psql(f"DROP DATABASE {database}")


def test_keys():
    fresh("aaa"), fresh("zzz")
    psql("SELECT pgqrs.enqueue('zzz', '1')")
    with top("--sort", "name") as terminal:
        position = terminal.wait_for(r"by name .*aaa .*zzz ")
        terminal.type("s")
        position = terminal.wait_for(r"by pending .*zzz .*aaa ", position)
        terminal.type("p")
        position = terminal.wait_for(r"paused  by pending", position)
        terminal.type("p")
        position = terminal.wait_for(r"every 0\.2s  by pending", position)
        pgqrs("queue", "pause", "aaa").expect(0, out=".*")
        terminal.wait_for(r"\x1b\[33maaa \(paused\)", position)
        terminal.type("x\x1b[Z\x1bq")
        assert terminal.end() == 0, "other keys do nothing"
    pgqrs("queue", "delete", "aaa").expect(0, out=".*")
    pgqrs("queue", "delete", "zzz", "--force").expect(0, out=".*")


def test_fits():
    """At every size no line is longer than the screen, and there are not more of them."""
    psql("SELECT pgqrs.create_queue('fit' || n || repeat('x', n)) FROM generate_series(10, 50) AS n")
    with top("--sort", "name") as terminal:
        terminal.wait_for("fit10")
        for columns, rows in ((200, 60), (100, 24), (60, 10), (30, 5), (12, 4), (5, 2), (1, 1), (80, 24)):
            terminal.resize(columns, rows)
            known = len(screens(terminal))
            wait_for_screen(
                terminal,
                lambda lines: len(screens(terminal)) > known
                and (len(lines) == rows or rows == 60)
                and max(map(len, lines)) <= columns,
                f"fits {columns} x {rows}",
            )
            terminal.read()
            assert len(screens(terminal)[-1]) <= rows, f"{rows} lines"
        wait_for_screen(terminal, lambda lines: any(line.startswith("fit10") for line in lines), "the beginning")
        for keys, name in (
            ("\x1b[F", "fit50"),
            ("\x1b[H", "fit10"),
            ("\x1b[6~\x1b[6~\x1b[6~", "fit50"),
            ("g", "fit10"),
            ("\x1b[B" * 60, "fit50"),
            ("kkk\x1b[5~\x1b[5~\x1b[5~", "fit10"),
        ):
            terminal.type(keys)
            wait_for_screen(
                terminal,
                lambda lines, name=name: any(line.startswith(name) for line in lines[4:]) and "rows " in lines[2],
                f"{keys!r} shows {name}",
            )
        terminal.type("q")
        assert terminal.end() == 0, "q quits"
    psql("SELECT pgqrs.drop_queue(name) FROM pgqrs.queues WHERE name LIKE 'fit%'")


def test_connection_lost():
    """Said on the screen, which stays; and it goes on by itself."""
    psql(
        "CREATE ROLE watcher LOGIN; GRANT USAGE ON SCHEMA pgqrs TO watcher;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA pgqrs TO watcher;"
        "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgqrs TO watcher"
    )
    with top(PGUSER="watcher") as terminal:
        terminal.wait_for("mails ")
        psql("ALTER ROLE watcher NOLOGIN")
        end_connections()
        position = terminal.wait_for(r"no connection, trying again: .*mails ")
        psql("ALTER ROLE watcher LOGIN")
        terminal.wait_for(r"every 0\.2s .*mails ", position)
        terminal.type("q")
        assert terminal.end() == 0, "q quits"
    psql("DROP OWNED BY watcher; DROP ROLE watcher")


def test_suspended():
    """Ctrl-Z gives the terminal back until the process goes on."""
    with top() as terminal:
        terminal.wait_for("mails ")
        terminal.type("\x1a")
        terminal.wait_for(r"\x1b\[\?25h\x1b\[\?1049l")
        wait_until(
            lambda: open(f"/proc/{terminal.pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()[0] == "T",
            "stopped",
        )
        assert termios.tcgetattr(terminal.other) == terminal.modes, "modes as before"
        position = len(terminal.text)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for(r"\x1b\[\?1049h\x1b\[\?25l.*mails ", position)
        terminal.type("q")
        assert terminal.end() == 0, "q quits"


def test_without_a_terminal():
    """One table of two looks, in every format."""
    lines = pgqrs("top", "--interval", "100ms").expect(0, out="(?s).*").out.splitlines()
    assert lines[0].split() == [
        "queue",
        "paused",
        "pending",
        "in_flight",
        "delayed",
        "retrying",
        "dead",
        "enqueued_per_second",
        "finished_per_second",
        "oldest_pending_age",
        "workers",
        "dead_workers",
    ], lines[0]
    row = next(
        row
        for row in json.loads(pgqrs("top", "--interval", "100ms", "--format", "json").out)
        if row["queue"] == "mails"
    )
    assert isinstance(row["enqueued_per_second"], (int, float)) and row["paused"] is False, str(row)
    table = list(csv.reader(io.StringIO(pgqrs("top", "--interval", "100ms", "--format", "csv", "--sort", "name").out)))
    names = [line[0] for line in table[1:]]
    assert table[0][9] == "enqueued_per_second" and names == sorted(names), str(table)
    for arguments, env in ((("--once",), {}), ((), {"TERM": "dumb"}), ((), {"TERM": None})):
        with Terminal("pgqrs", "top", "--interval", "100ms", "--no-color", *arguments, **env) as terminal:
            assert (
                terminal.end() == 0 and "\x1b" not in terminal.text and "mails" in terminal.text
            ), f"{arguments} {env}: {terminal.text!r}"


def test_wrong_use():
    pgqrs("top", "--sort", "size").expect(2, "error: --sort must be one of: pending, in_flight, .*, name")
    pgqrs("top", "--interval", "10ms").expect(2, "error: --interval must be at least 100ms")
    pgqrs("top", PGHOST="/nowhere").expect(3, "(?s)error: .*")
    with Terminal("pgqrs", "top", PGHOST="/nowhere") as terminal:
        assert terminal.end() == 3 and "1049h" not in terminal.text, "the terminal is not touched"
