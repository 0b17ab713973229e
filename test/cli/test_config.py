"""Where settings come from: options, environment, file; and what is wrong with them."""

import json
import os

from support import PASSWORD, TMP, pgqrs, psql

NOT_A_SETTING = r"(\nhint: There are .*)?"


def write(text, name="some.yaml", folder=None):
    path = (folder or TMP) / name
    path.write_text(text, encoding="utf-8")
    return path


def database(run):
    """Which database a command reached, from its log."""
    return run.expect(0, r"(?s).*connected to database \"([a-z]+)\".*").err.split('database "')[1].split('"')[0]


def test_order():
    for name in ("one", "two", "three", "four"):
        psql(f"CREATE DATABASE {name}")
        pgqrs("install", PGDATABASE=name).expect(0)
    path = write("dsn: dbname=three\n")
    ask = ("-v", "queue", "list")
    assert database(pgqrs(*ask, DATABASE_URL="dbname=four")) == "four", "DATABASE_URL"
    assert database(pgqrs(*ask, "-c", path, DATABASE_URL="dbname=four")) == "three", "a file before DATABASE_URL"
    assert database(pgqrs(*ask, "-c", path, PGQRS_DSN="dbname=two")) == "two", "PGQRS_DSN before the file"
    assert database(pgqrs(*ask, "-c", path, "-d", "dbname=one", PGQRS_DSN="dbname=two")) == "one", "--dsn first"
    assert database(pgqrs(*ask, PGQRS_CONFIG_FILE=str(path))) == "three", "PGQRS_CONFIG_FILE"
    folder = TMP / "here"
    folder.mkdir()
    assert database(pgqrs(*ask, cwd=folder)) == "postgres", "libpq's environment"
    write("dsn: dbname=three\n", "pgqrs.yaml", folder)
    assert database(pgqrs(*ask, cwd=folder)) == "three", "pgqrs.yaml in the current folder"
    for name in ("one", "two", "three", "four"):
        psql(f"DROP DATABASE {name}")


def test_settings_count():
    pgqrs("queue", "purge", "mails").expect(0)
    for number in range(4):
        pgqrs("message", "send", "mails", str(number)).expect(0)
    path = write("default_max_batch_size: 1\ndefault_lock_time_seconds: 0.001\n")
    read = ("message", "read", "mails", "--format", "json")
    assert len(json.loads(pgqrs(*read, "-c", path).expect(0).out)) == 1, "the file's batch size"
    assert (
        len(json.loads(pgqrs(*read, "-c", path, PGQRS_DEFAULT_BATCH_SIZE="2").expect(0).out)) == 2
    ), "the environment's"
    assert len(json.loads(pgqrs(*read, "-c", path, "--count", "3").expect(0).out)) == 3, "the option's"


def test_rules_for_payloads():
    path = write("validation:\n  max_payload_bytes: 20\n  required_keys: [to]\n")
    pgqrs("message", "send", "mails", '{"to": 1}', "-c", path).expect(0)
    pgqrs("message", "send", "mails", '{"from": 1}', "-c", path).expect(
        5, r'error: payload lacks the required key "to"'
    )
    pgqrs("message", "send", "mails", '"' + "x" * 40 + '"', "-c", path).expect(5, r"(?s)error: payload has 42 bytes.*")


def test_bad_files():
    for text, message in (
        ("max_connections: many\n", r"some.yaml: max_connections .*whole number.*"),
        ("default_lock_time_seconds: soon\n", r"some.yaml: default_lock_time_seconds .*duration.*"),
        ("colour: red\n", r"some.yaml: colour is not a setting"),
        ("validation:\n  max_size: 1\n", r"some.yaml: validation.max_size is not a setting"),
        ("- a\n- b\n", r"some.yaml: the file must be a YAML mapping.*"),
        ("dsn: [1\n", r"some.yaml: line \d+ is not valid YAML"),
        ("schema: other\n", r'some.yaml: schema must be "pgqrs".*'),
        ("dsn: nonsense\n", r"some.yaml: the connection string .*"),
    ):
        pgqrs("queue", "list", "-c", write(text)).expect(2, rf"error: \S*{message}(\nhint: .*)?", "")
    pgqrs("queue", "list", "-c", TMP / "missing.yaml").expect(2, r"error: .*missing.yaml: the file cannot be read", "")
    pgqrs("queue", "list", "-c", TMP).expect(2, r"error: .*", "")


OLD = """\
database:
  host: 127.0.0.1
  port: {port}
  username: clerk
  password: '{password}'
  database: postgres
  schema: pgqrs
  max_connections: 10
  connection_timeout_seconds: 30
queue:
  default_lock_time_seconds: 5
  max_batch_size: 1
performance:
  connection_pool_size: 10
"""


def test_files_of_the_first_release():
    path = write(OLD.format(port=os.environ["PGPORT"], password=PASSWORD))
    pgqrs("queue", "show", "mails", "-c", path, PGHOST="/nowhere", PGPASSWORD=None).expect(0, out="(?s).*")
    pgqrs("message", "send", "mails", "1").expect(0)
    pgqrs("message", "send", "mails", "2").expect(0)
    rows = pgqrs("message", "read", "mails", "-c", path, "--format", "json").expect(0, out="(?s).*").out
    assert len(json.loads(rows)) == 1, "the batch size counts"
    for text, message in (
        ("queue:\n  enable_listen_notify: true\n", "queue.enable_listen_notify is a setting of 0.1.0 .*"),
        ("queue:\n  cleanup_interval_seconds: 1\n", "queue.cleanup_interval_seconds is a setting of 0.1.0 .*"),
        ("performance:\n  prefetch_count: 1\n", "performance.prefetch_count is a setting of 0.1.0 .*"),
        ("performance:\n  query_timeout_seconds: 1\n", "performance.query_timeout_seconds is a setting of 0.1.0 .*"),
        ("queue:\n  colour: red\n", "queue.colour is not a setting"),
        ("database:\n  max_batch_size: 1\n", "database.max_batch_size is not a setting"),
        ("database: here\n", "database must be a mapping"),
        ("database:\n  schema: public\n", 'database.schema must be "pgqrs".*'),
        ("dsn: host=a\ndatabase:\n  host: b\n", "database and dsn both say where to connect"),
        ("database:\n  host: b\ndsn: host=a\n", "database and dsn both say where to connect"),
        ("max_connections: 2\nperformance:\n  connection_pool_size: 3\n", ".*connection_pool_size and max_conn.*"),
    ):
        pgqrs("queue", "list", "-c", write(text)).expect(2, rf"error: \S*some.yaml: {message}(\nhint: .*)?", "")


def test_schema():
    pgqrs("queue", "show", "mails", "--schema", "pgqrs").expect(0, out="(?s).*")
    pgqrs("--schema", "public", "queue", "list").expect(2, 'error: --schema must be "pgqrs": "public"\nhint: .*', "")


def test_bad_environment():
    for name, value, message in (
        ("PGQRS_SCHEMA", "foo", r'PGQRS_SCHEMA must be "pgqrs": "foo"'),
        ("PGQRS_MAX_CONNECTIONS", "0", r"PGQRS_MAX_CONNECTIONS must be .*"),
        ("PGQRS_DEFAULT_LOCK_TIME", "x", r"PGQRS_DEFAULT_LOCK_TIME is not a duration.*"),
        ("PGQRS_DEFAULT_BATCH_SIZE", "-1", r"PGQRS_DEFAULT_BATCH_SIZE must be .*"),
    ):
        pgqrs("queue", "list", **{name: value}).expect(2, rf"error: environment: {message}(\nhint: .*)?", "")
    pgqrs("queue", "list", PGQRS_SCHEMA="pgqrs").expect(0)
