"""doc/cli.md says what the program says."""

import re

from support import ROOT, pgqrs

TEXT = (ROOT / "doc" / "cli.md").read_text(encoding="utf-8")
GROUPS = ("queue", "message", "archive", "workflow", "run", "worker")


def test_exit_codes():
    told = re.findall(r"^ +(\d+)  (.+)$", pgqrs("--help").out.split("Exit codes:")[1], re.MULTILINE)
    written = re.findall(r"^\| (\d+) \| (.+?) \|$", TEXT.split("## Exit codes")[1].split("\n## ")[0], re.MULTILINE)
    written = [(code, meaning.replace("\\|", "|")) for code, meaning in written]
    assert told and written == told, f"the help has {told}, doc/cli.md has {written}"


def test_every_command_and_option():
    for group in GROUPS:
        listed = pgqrs(group, "--help").expect(0).out.split("Subcommands:")[1]
        for command in re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE):
            assert f"`{group} {command}" in TEXT, f"doc/cli.md does not have {group} {command}"
            for option in re.findall(r"(--[a-z-]+)", pgqrs(group, command, "--help").expect(0).out):
                assert option == "--help" or option in TEXT, f"doc/cli.md does not have {option} of {group} {command}"


def test_every_key():
    """The keys of what commands print are described."""
    pgqrs("workflow", "create", "documented").expect(0)
    run = pgqrs("run", "start", "documented", "-q").expect(0).out.strip()
    for arguments in (
        ("queue", "list"),
        ("message", "list", "mails"),
        ("archive", "list", "mails"),
        ("worker", "list"),
        ("worker", "health"),
        ("worker", "metrics", "mails"),
        ("top", "--once"),
        ("queue", "metrics"),
        ("queue", "retention"),
        ("queue", "grants"),
        ("message", "dead", "mails"),
        ("message", "failures", "mails", "1"),
        ("verify",),
        ("workflow", "list"),
        ("workflow", "metrics"),
        ("run", "list"),
        ("run", "stuck"),
        ("run", "steps", run),
        ("run", "timeline", run),
    ):
        for key in pgqrs(*arguments, "--format", "csv").expect(0).out.split("\r\n")[0].split(","):
            assert f"`{key}`" in TEXT, f"doc/cli.md does not have the key {key} of {arguments}"
