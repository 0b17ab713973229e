"""What the tests of the examples stand on: languages, places to connect to, databases, running programs, waiting."""

import contextlib
import dataclasses
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import psycopg

ROOT = pathlib.Path(os.environ["PGQRS_ROOT"])
TMP = pathlib.Path(os.environ["PGQRS_TMP"])
HERE = ROOT / "test" / "examples"
DEADLINE = 60  # seconds; nothing that works takes nearly as long
WAIT = 50  # seconds that a worker waits for a message, unless a test says otherwise
SOON = 20  # seconds; who stops or starts later than that has waited to the end


def wait_until(holds, claim, seconds=DEADLINE):
    """Returns the first answer that is true."""
    end = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < end, f"not within {seconds} s: {claim}"
        time.sleep(0.02)
    return answer


@dataclasses.dataclass(eq=False)
class Language:
    name: str
    url_kind: str
    build: list
    producer: list
    worker: list


def read_languages(wanted):
    languages = []
    for line in (HERE / "languages").read_text().splitlines():
        fields = [field.strip() for field in line.split("|")]
        if fields[0] and not line.startswith("#") and (not wanted or fields[0] in wanted):
            name, _, url_kind, *commands = fields
            folders = {
                "$EXAMPLES": str(ROOT / "examples" / name),
                "$TESTS": str(HERE),
                "$BUILD": str(TMP / "build" / name),
            }
            for variable, folder in folders.items():
                commands = [command.replace(variable, folder) for command in commands]
            languages.append(Language(name, url_kind, *map(shlex.split, commands)))
    assert languages and not set(wanted) - {language.name for language in languages}, f"no such language: {wanted}"
    return languages


def build(language, folder="build"):
    (TMP / folder / language.name).mkdir(parents=True)
    if language.build:
        subprocess.run(language.build, check=True, stdout=2, timeout=900)  # a library may be compiled here


class Program:
    """A producer or worker that runs; what it writes goes to a file."""

    count = 0
    counting = threading.Lock()

    def __init__(self, command, environment):
        with Program.counting:
            Program.count += 1
            # Each process of pytest counts for itself.
            self.log = TMP / f"program{os.environ.get('PYTEST_XDIST_WORKER', '')}_{Program.count}.log"
        self.command = command
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ended(self):
        return self.process.poll() is not None

    def status(self, seconds=DEADLINE):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end within {seconds} s: {self}") from None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=SOON):
        """Asks it to stop. 143 is what a JVM answers then, whatever the program says."""
        self.process.send_signal(signal.SIGTERM)
        status = self.status(seconds)
        assert status in (0, 143), f"status {status} after SIGTERM: {self}"

    def said(self):
        return self.log.read_text(errors="replace")

    def __str__(self):
        return f"{' '.join(self.command)}\n{self.said()[-3000:]}"


class Way:
    """A port that leads to another one, until it is closed: then its connections are lost, and new ones refused."""

    def __init__(self, target):
        self.target = int(target)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ends = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.target))
                self.ends += [client, server]
                for both in ((client, server), (server, client)):
                    threading.Thread(target=self.pass_on, args=both, daemon=True).start()

    def pass_on(self, from_end, to_end):
        with contextlib.suppress(OSError):
            while data := from_end.recv(65536):
                to_end.sendall(data)
        self.cut(to_end)

    @staticmethod
    def cut(end):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cut(self.listener)
        self.listener.close()
        for end in self.ends:
            self.cut(end)


def port_of(place):
    return os.environ[f"EXAMPLES_{place.upper()}_PORT"]


class Shop:
    """A database with the examples' schema, and the programs that work on it. place: the name of a port."""

    def __init__(self, name, place):
        self.name, self.place = name, place
        self.port = port_of("preload" if place == "direct" else place)
        self.server_port = port_of("plain" if place == "plain" else "preload")
        self.programs = []
        with self.admin("postgres") as db:
            db.execute(f"CREATE DATABASE {name} OWNER app")
        self.run_script("schema.sql")
        self.connect_admin()

    def run_script(self, name):
        """One of examples, as the owner of the database."""
        with self.admin(self.name) as db:
            db.execute("SET SESSION AUTHORIZATION app")
            db.execute((ROOT / "examples" / name).read_bytes())

    def connect_admin(self):
        self.db = self.admin(self.name)

    def reachable(self):
        """For programs: a pooler refuses for a moment what it could not pass on before."""
        try:
            with psycopg.connect(self.url("libpq"), prepare_threshold=None) as db:
                return db.execute("SELECT true").fetchone()[0]
        except psycopg.OperationalError:
            return False

    def clear(self):
        """As new, for the next test."""
        self.rows("SELECT pgqrs.purge_queue('invoices')")
        self.rows("SELECT pgqrs.purge_archive('invoices', older_than => '0')")
        self.db.execute("TRUNCATE orders, order_lines, invoices RESTART IDENTITY")

    def admin(self, database):
        """As the superuser, by the socket."""
        return psycopg.connect(
            host=str(TMP / "s"), port=self.server_port, dbname=database, user="postgres", autocommit=True
        )

    def rows(self, sql, *parameters):
        return self.db.execute(sql, parameters or None).fetchall()

    def value(self, sql, *parameters):
        return self.rows(sql, *parameters)[0][0]

    def url(self, kind, port=None):
        port, password = port or self.port, os.environ["EXAMPLES_PASSWORD"]
        if kind == "jdbc":
            return f"jdbc:postgresql://127.0.0.1:{port}/{self.name}?user=app&password={password}"
        return f"postgresql://app:{password}@127.0.0.1:{port}/{self.name}"

    def start(self, language, command, port=None, **settings):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "DBI_", "QUEUE", "EXAMPLES_"))}
        variable = "JDBC_DATABASE_URL" if language.url_kind == "jdbc" else "DATABASE_URL"
        settings = {name: str(value) for name, value in settings.items()}
        program = Program(command, {**inherited, variable: self.url(language.url_kind, port), **settings})
        self.programs.append(program)
        return program

    def worker(self, language, **settings):
        return self.start(language, language.worker, **{"WAIT_SECONDS": WAIT, **settings})

    def producer(self, language, *arguments):
        return self.start(language, [*language.producer, *map(str, arguments)])

    def produce(self, language, orders):
        program = self.producer(language, orders)
        assert program.status() == 0, f"a producer failed: {program}"

    def drain(self, language):
        """A worker until nothing can be delivered."""
        program = self.worker(language, STOP_WHEN_EMPTY=1)
        assert program.status() == 0, f"a worker failed: {program}"

    def in_flight(self):
        """Messages that somebody has a lease of: (id, read_ct)."""
        return self.rows(
            "SELECT id, read_ct FROM pgqrs.messages WHERE vt > clock_timestamp() AND delivered_at IS NOT NULL"
        )

    def held(self, number=1):
        wait_until(lambda: len(self.in_flight()) == number, f"{number} messages are in flight")
        return self.in_flight()

    def waits(self):
        return self.value(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = %s AND state = 'active' AND query LIKE 'CALL pgqrs.wait%%'",
            self.name,
        )

    def wait_for_waits(self, number):
        wait_until(lambda: self.waits() == number, f"{number} workers wait")

    def wait_for_statement(self, pattern):
        """Until somebody's runs; not this one."""
        running = (
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s "
            "AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        wait_until(lambda: self.value(running, pattern) > 0, f"{pattern} runs")

    def wait_for_open_transaction(self):
        """Until a program is in the middle of one."""
        idle = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = 'app' AND state = 'idle in transaction'"
        )
        wait_until(lambda: self.value(idle) > 0, "a transaction is open")

    def wait_for_invoices(self, number):
        wait_until(lambda: self.value("SELECT count(*) FROM invoices") >= number, f"{number} invoices are made")

    def check_ledger(self):
        """Every order has exactly one invoice, which is right, and its message is in the archive with its headers."""
        assert self.value("SELECT count(*) FROM orders") > 0, "there are orders"
        assert self.rows("SELECT * FROM pgqrs.messages") == [], "no message is left"
        wrong = self.rows(
            """SELECT o.id, o.placed_by, i.* FROM orders AS o
               LEFT JOIN (SELECT order_id, count(*) AS invoices, min(total) AS total
                          FROM invoices GROUP BY order_id) AS i
                   ON i.order_id = o.id
               WHERE i.invoices IS DISTINCT FROM 1
                  OR i.total <> (SELECT sum(quantity * price) FROM order_lines AS l WHERE l.order_id = o.id)"""
        )
        assert wrong == [], f"every order has one invoice, and the right one: {wrong[:5]}"
        wrong = self.rows(
            """SELECT o.id, a.id, a.read_ct, i.read_ct, a.headers
               FROM orders AS o JOIN invoices AS i ON i.order_id = o.id
               FULL JOIN pgqrs.archive AS a ON a.id = i.message_id
               WHERE (a.payload ->> 'order_id')::bigint IS DISTINCT FROM o.id OR a.read_ct IS DISTINCT FROM i.read_ct
                  OR a.outcome <> 'done'
                  OR a.headers IS DISTINCT FROM jsonb_build_object('type', 'order_placed', 'source', o.placed_by)"""
        )
        assert wrong == [], f"the archive has the messages of the invoices: {wrong[:5]}"

    def show_programs(self):
        for program in self.programs[-8:]:
            print(program, file=sys.stderr)

    def end(self):
        for program in self.programs:
            program.kill()
        self.programs = []


@contextlib.contextmanager
def shop(name, place):
    it = Shop(name, place)
    try:
        yield it
    finally:
        it.end()
        it.db.close()


def changed_copy(language, old, new):
    """The language with a copy of its programs in which a text is replaced."""
    folder = TMP / "changed" / language.name
    shutil.copytree(ROOT / "examples" / language.name, folder, ignore=shutil.ignore_patterns("__pycache__"))
    changed = 0
    for path in folder.iterdir():
        text = path.read_text()
        changed += old in text and path.stem.lower() in ("producer", "worker")
        path.write_text(text.replace(old, new))
    assert changed == 2, f"producer and worker contain {old}"
    places = {
        str(ROOT / "examples" / language.name): str(folder),
        str(TMP / "build" / language.name): str(TMP / "changed_build" / language.name),
    }
    commands = []
    for command in (language.build, language.producer, language.worker):
        for old_place, new_place in places.items():
            command = [word.replace(old_place, new_place) for word in command]
        commands.append(command)
    copy = Language(language.name, language.url_kind, *commands)
    build(copy, "changed_build")
    return copy
