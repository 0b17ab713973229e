"""Command lines that are wrong: each says what, and nothing is done."""

from support import pgqrs

HINT = r'\nhint: "pgqrs[a-z ]* --help" tells what there is\.'
LENGTH = r"\nhint: Write .* a number alone is seconds\."

# What is given, and the first line without "error: ", a pattern.
CASES = [
    ("", r"a command is missing" + HINT),
    ("queue", r"a command is missing" + HINT),
    ("qeue list", r'unknown command: "qeue"\nhint: Did you mean "queue"\?'),
    ("queue lsit", r'unknown command: "lsit"\nhint: Did you mean "list"\?'),
    ("queue purgge mails", r'unknown command: "purgge"\nhint: Did you mean "purge"\?'),
    ("message frobnicate mails", r'unknown command: "frobnicate"' + HINT),
    ("queue list extra", r'unexpected argument: "extra"' + HINT),
    ("queue create", r"queue is required" + HINT),
    ("message send mails", r"a payload or --file is missing"),
    ("message archive mails", r"id is required" + HINT),
    ("message extend mails 1", r"by is required" + HINT),
    ("archive purge mails", r"--older-than is required" + HINT),
    (
        "queue create mails --max-deliverys 3",
        r'unknown option --max-deliverys\nhint: Did you mean "--max-deliveries"\?',
    ),
    ("queue list --fromat json", r'unknown option --fromat\nhint: Did you mean "--format"\?'),
    ("queue list -x", r"unknown option -x" + HINT),
    ("queue list --format", r"--format needs a value" + HINT),
    ("queue list --format xml", r"--format must be one of: table, json, csv"),
    ("queue list --log-level loud", r"--log-level must be one of: error, warn, info, debug, trace"),
    ("queue list --quiet=loud", r"--quiet takes no value" + HINT),
    ("queue create mails --description a --description b", r"--description was given more than once" + HINT),
    ("queue create mails --max-deliveries three", r'--max-deliveries must be a whole number: "three"'),
    ("queue create mails --max-deliveries 0", r'--max-deliveries must be from 1 to \d+: "0"'),
    ("queue create mails --max-deliveries 1e3", r'--max-deliveries must be a whole number: "1e3"'),
    ("queue create mails --visibility-timeout soon", r'--visibility-timeout is not a length of time: "soon"' + LENGTH),
    ("queue create mails --visibility-timeout -5s", r'--visibility-timeout is not a length of time: "-5s"' + LENGTH),
    ("queue alter mails", r"nothing to change\nhint: Give at least one of the settings\."),
    ("queue alter mails --notify maybe", r'--notify must be true or false: "maybe"'),
    ("message send mails 1 --priority 10", r'--priority must be from 0 to 9: "10"'),
    ("message send mails 1 --priority high", r'--priority must be a whole number: "high"'),
    ("message send mails 1 --delay -1", r'--delay is not a length of time: "-1"' + LENGTH),
    ("message send mails 1 --header novalue", r"--header must be KEY=VALUE"),
    ("message send mails 1 --header a=1 --header a=2", r"--header was given twice for the same key"),
    ("message send mails 1 --header type=a --type b", r"--type and --header type=\.\.\. are the same header"),
    ("message show mails one", r'id must be a whole number: "one"'),
    ("message show mails 1.5", r'id must be a whole number: "1\.5"'),
    ("message show mails 0", r'id must be from 1 to 9223372036854775807: "0"'),
    ("message show mails -5", r'id must be from 1 to 9223372036854775807: "-5"'),
    ("message delete mails 1 -2", r'id must be from 1 to 9223372036854775807: "-2"'),
    (
        "message archive mails 1 9223372036854775808",
        r'id must be from 1 to 9223372036854775807: "9223372036854775808"',
    ),
    ("message archive mails 1 2 --read-ct 1", r"--read-ct is for one message only"),
    ("message release mails 1 --read-ct 0", r'--read-ct must be from 1 to \d+: "0"'),
    ("message read mails --count 0", r'--count must be from 1 to 1000000: "0"'),
    ("message list mails --limit 0", r'--limit must be from 1 to 1000000: "0"'),
    ("run show x", r'id must be a whole number: "x"'),
    ("run cancel", r"id is required" + HINT),
    ("run lits", r'unknown command: "lits"\nhint: Did you mean "list"\?'),
    ("run start order --prioritty 1", r'unknown option --prioritty\nhint: Did you mean "--priority"\?'),
    ("run timeline 1 --width 39", r'--width must be from 40 to 1000: "39"'),
    ("run purge order --older-than ages", r'--older-than is not a length of time: "ages"' + LENGTH),
    ("worker show x", r'id must be a whole number: "x"'),
]


def test_wrong_command_lines():
    for line, message in CASES:
        # A server that is not there: nothing is even tried.
        pgqrs(*line.split(), PGHOST="/nowhere").expect(2, "error: " + message, "")


def test_global_options_before_and_after():
    for arguments in (
        ["--format", "json", "queue", "list"],
        ["queue", "--format", "json", "list"],
        ["queue", "list", "--format", "json"],
        ["--format", "csv", "queue", "list", "--format=json"],
    ):
        pgqrs(*arguments).expect(0, "", r"(?s)\[\n.*\n\]")


def test_help_of_every_command():
    text = pgqrs("--help").expect(0).out
    for group in ("install", "uninstall", "verify", "queue", "message", "archive", "workflow", "run", "worker"):
        pgqrs(group, "--help").expect(0, "", rf"(?s).*Usage: pgqrs {group}.*")
        assert f"\n  {group} " in text
    pgqrs("queue", "create", "-h").expect(
        0, "", r"(?s).*Usage: pgqrs queue create \[OPTIONS\] queue.*--max-deliveries.*"
    )
    pgqrs("--version").expect(0, "", r"pgqrs \d+\.\d+")


def test_names_that_are_commands():
    pgqrs("queue", "create", "list").expect(0)
    pgqrs("queue", "create", "queue").expect(0)
    pgqrs("message", "count", "queue").expect(0, "", "0")
    pgqrs("queue", "delete", "list").expect(0)
    pgqrs("queue", "delete", "queue").expect(0)
    pgqrs("message", "send", "mails", "--", "-7").expect(0)
