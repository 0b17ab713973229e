"""Where settings come from: options, environment, file; and what is wrong with them."""

import json

from support import TMP, pgqrs, psql

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


def test_bad_environment():
    for name, value, message in (
        ("PGQRS_SCHEMA", "foo", r'PGQRS_SCHEMA must be "pgqrs": "foo"'),
        ("PGQRS_MAX_CONNECTIONS", "0", r"PGQRS_MAX_CONNECTIONS must be .*"),
        ("PGQRS_DEFAULT_LOCK_TIME", "x", r"PGQRS_DEFAULT_LOCK_TIME is not a duration.*"),
        ("PGQRS_DEFAULT_BATCH_SIZE", "-1", r"PGQRS_DEFAULT_BATCH_SIZE must be .*"),
    ):
        pgqrs("queue", "list", **{name: value}).expect(2, rf"error: environment: {message}(\nhint: .*)?", "")
    pgqrs("queue", "list", PGQRS_SCHEMA="pgqrs").expect(0)
