"""Completion, in the shells themselves: what a key makes of the beginning of a command."""

import subprocess

from jobs import Terminal, fresh
from support import ROOT, TMP, environment, pgqrs

BUILT = ROOT / "build" / "cli" / "completions"
FILES = {"bash": "pgqrs.bash", "zsh": "_pgqrs", "fish": "pgqrs.fish"}

# What is typed before the tabulator, and what it becomes.
CASES = [
    ("pgqrs que", "pgqrs queue"),
    ("pgqrs queue pau", "pgqrs queue pause"),
    ("pgqrs message export --arch", "pgqrs message export --archive"),
    ("pgqrs queue list --form", "pgqrs queue list --format"),
    ("pgqrs queue list --format js", "pgqrs queue list --format json"),
    ("pgqrs queue list --format=js", "pgqrs queue list --format=json"),
    ("pgqrs --format json queue cre", "pgqrs --format json queue create"),
    ("pgqrs -d queue mess", "pgqrs -d queue message"),
    ("pgqrs queue alter q --notify fa", "pgqrs queue alter q --notify false"),
    ("pgqrs queue show compl", "pgqrs queue show completed.queue"),
    ("pgqrs work --concurrency 4 compl", "pgqrs work --concurrency 4 completed.queue"),
    ("pgqrs message send x --file unlik", "pgqrs message send x --file unlikely.ndjson"),
    ("pgqrs top --sort in_", "pgqrs top --sort in_flight"),
    ("pgqrs completion fi", "pgqrs completion fish"),
    ("pgqrs queue show completed.queue compl", "pgqrs queue show completed.queue compl"),
    ("pgqrs queue frob", "pgqrs queue frob"),
    ("pgqrs workf", "pgqrs workflow"),
    ("pgqrs workflow dr", "pgqrs workflow drop"),
    ("pgqrs run start compl", "pgqrs run start completed.workflow"),
    ("pgqrs run list --state timed", "pgqrs run list --state timed_out"),
    ("pgqrs run retry --from", "pgqrs run retry --from-step"),
]


def prepare():
    fresh("completed.queue")
    pgqrs("workflow", "create", "completed.workflow", "--queue", "its.queue", "--if-not-exists").expect(0, out=".*")
    (TMP / "unlikely.ndjson").touch()


def type_all(shell, set_up):
    """One shell; each line becomes the argument of an echo that tells it."""
    prepare()
    with Terminal(*shell, columns=200, TERM="dumb", PS1="> ") as terminal:
        terminal.type(set_up + "; echo READ''Y\n")
        position = terminal.wait_for("READY")
        for typed, expected in CASES:
            # Ctrl-A and Ctrl-E: to the beginning and the end of the line.
            terminal.type(typed + "\t" + "\x01echo GOT: \x05 :END''ED\n")
            before, position = position, terminal.wait_for(":ENDED", position)
            got = terminal.text[before:position].rsplit("GOT:", 1)[1].removesuffix(":ENDED").strip()
            assert got == expected, f"{typed!r} became {got!r}"


def test_bash():
    type_all(("bash", "--norc", "-i"), f"bind 'set enable-bracketed-paste off'; . {BUILT}/pgqrs.bash")


def test_zsh():
    """As a file in fpath, and sourced."""
    type_all(("zsh", "-f", "-i"), f"fpath=({BUILT} $fpath); autoload -Uz compinit; compinit -u -D")
    type_all(("zsh", "-f", "-i"), "autoload -Uz compinit; compinit -u -D; . <(pgqrs completion zsh)")


def test_fish():
    prepare()
    for typed, expected in CASES:
        result = subprocess.run(
            ["fish", "--no-config", "-c", f"source {BUILT}/pgqrs.fish; complete -C '{typed}'"],
            cwd=TMP,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(),
        )
        found = [line.split("\t")[0] for line in result.stdout.splitlines()]
        wanted = [expected.split()[-1]] if typed != expected else []
        assert found == wanted, f"{typed!r}: {found}, expected {wanted}; {result.stderr}"


def test_without_a_connection():
    """Names of queues are a help, not a hindrance."""
    script = (
        f'. {BUILT}/pgqrs.bash; COMP_WORDS=(pgqrs queue show ""); COMP_CWORD=3; _pgqrs pgqrs; '
        'echo "${#COMPREPLY[@]}"'
    )
    result = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environment(PGHOST="/nowhere"),
    )
    assert result.stdout == "0\n" and result.stderr == "", str(result)


def test_up_to_date():
    """What the build has put beside the command is what the command prints."""
    for shell, name in FILES.items():
        assert pgqrs("completion", shell).expect(0, out="(?s).*").out == (BUILT / name).read_text(
            encoding="utf-8"
        ), shell
    pgqrs("completion", "tcsh").expect(2, "error: shell must be one of: bash, zsh, fish")


def test_every_option():
    """Each option that the help of a command has."""
    text = (BUILT / "pgqrs.bash").read_text(encoding="utf-8")
    for option in ("--skip-bad", "--kill-after", "--older-than", "--no-color", "--envelope"):
        assert f"\n{option}:" in text or f"'{option}:" in text, option
    assert "manual" not in text, "hidden commands stay hidden"
