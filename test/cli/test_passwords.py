"""No password in anything that was printed or logged, whatever was wrong."""

from support import ENCODED, PASSWORD, PRINTED, TCP, TMP, pgqrs

SECRET = "Zi7ronen"
PARTS = [SECRET, PASSWORD, ENCODED, "Zi7", "7ronen", "ge:heim"]

DSNS = [
    f"postgres://ada:{SECRET}@/nowhere",
    f"postgres://ada:{SECRET}@127.0.0.1:1/db",
    f"postgres://ada:{SECRET}@@127.0.0.1:1/db",
    f"postgres://ada:x@{SECRET}@127.0.0.1:1/db",
    f"postgres://ada:x/{SECRET}@127.0.0.1:1/db",
    f"postgres://ada:x#{SECRET}@127.0.0.1:1/db",
    f"postgres://ada:x?{SECRET}@127.0.0.1:1/db",
    f"postgres://ada:x%{SECRET}@127.0.0.1:1/db",
    f"postgres://ada:{SECRET}@127.0.0.1:port/db",
    f"postgres://ada:{SECRET}@127.0.0.1:1/db?sslmode=maybe",
    f"postgres://ada:{SECRET}@127.0.0.1:1/db?nonsense=1",
    f"postgres:/ada:{SECRET}@127.0.0.1:1/db",
    f"mysql://ada:{SECRET}@127.0.0.1:1/db",
    f"ada:{SECRET}@127.0.0.1",
    SECRET,
    f"{SECRET}=1",
    f"password={SECRET} nonsense",
    f"password={SECRET} nonsense=1",
    f"password='{SECRET}",
    f"password={SECRET} port=x host=127.0.0.1",
    f"password = {SECRET} host = 127.0.0.1 port = 1",
    f"password=x {SECRET} host=127.0.0.1",
    f"passwort={SECRET} host=127.0.0.1",
    f"host=127.0.0.1 port=1 sslpassword={SECRET}",
    f"host={SECRET}@x password=y",
]

WRONG_LINES = [
    ["queue", "list", f"postgres://ada:{SECRET}@h/db"],
    [f"postgres://ada:{SECRET}@h/db", "queue", "list"],
    ["--dns", f"postgres://ada:{SECRET}@h/db", "queue", "list"],
    [f"--dns=postgres://ada:{SECRET}@h/db", "queue", "list"],
    [f"-D{SECRET}", "queue", "list"],
    ["--password", SECRET, "queue", "list"],
    [f"--password={SECRET}", "queue", "list"],
    ["queue", f"password={SECRET}"],
    ["--format", f"postgres://ada:{SECRET}@h", "queue", "list"],
    ["--log-level", f"password={SECRET}", "queue", "list"],
    [f"--quiet=password={SECRET}", "queue", "list"],
    ["message", "show", "mails", f"postgres://ada:{SECRET}@h"],
    ["message", "send", "mails", "1", "--priority", f"password={SECRET}"],
    ["message", "send", "mails", "1", "--delay", f"password={SECRET}"],
    ["message", "send", "mails", "1", "--header", f"{SECRET}"],
    ["queue", "create", "a", "--visibility-timeout", f"postgres://ada:{SECRET}@h"],
]


def clean(text, about):
    for part in PARTS:
        assert part not in text, f"{part} is in what was printed by {about}:\n{text}"


def run(*arguments, **env):
    log = TMP / "secret.log"
    log.write_bytes(b"")
    for destination in ("stderr", str(log)):
        result = pgqrs(
            "-v", "--log-level", "trace", "--log-dest", destination, *arguments, PGCONNECT_TIMEOUT="2", **env
        )
        about = str(arguments) + str(env)
        assert result.code in (2, 3), f"exit {result.code} of {about}: {result.err}"
        clean(result.out + result.err + log.read_text(encoding="utf-8"), about)


def test_malformed_connection_strings():
    path = TMP / "secret.yaml"
    for dsn in DSNS:
        run("queue", "list", "--dsn", dsn)
        run("queue", "list", PGQRS_DSN=dsn)
        run("queue", "list", DATABASE_URL=dsn)
        path.write_text('dsn: "' + dsn.replace('"', '\\"') + '"\n', encoding="utf-8")
        run("queue", "list", "--config", str(path))
        path.write_text(f"dsn: {dsn}: x\n  - [", encoding="utf-8")
        run("queue", "list", "--config", str(path))


def test_wrong_command_lines():
    for line in WRONG_LINES:
        run(*line)


def test_rejected_passwords():
    run("queue", "list", "--dsn", f"{TCP} password={SECRET}")
    run("queue", "list", "--dsn", TCP, PGPASSWORD=SECRET)


def test_good_passwords():
    log = TMP / "good.log"
    pgqrs(
        "-v", "--log-level", "trace", "--log-dest", log, "queue", "list", "--dsn", f"{TCP} password='{PASSWORD}'"
    ).expect(0)
    clean(log.read_text(encoding="utf-8"), "a session with the right password")


def test_nothing_ever():
    clean("\n".join(PRINTED), "any test")
