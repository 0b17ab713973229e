"""What a terminal gets: a fitting width, colours, notes. Others get none of it."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

from support import DEADLINE, environment, pgqrs, psql

COLOUR = re.compile(r"\x1b\[[0-9]*m")


def on_terminal(*arguments, columns=80, **env):
    """Everything it prints to a terminal of that width, lines without their ends."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe("pgqrs", ["pgqrs", *arguments], environment(**env))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    printed, limit = b"", time.monotonic() + DEADLINE
    try:
        while select.select([terminal], [], [], max(0, limit - time.monotonic()))[0]:
            piece = os.read(terminal, 65536)
            if not piece:
                break
            printed += piece
    except OSError:  # the other side has ended
        pass
    os.close(terminal)
    os.waitpid(child, 0)
    assert time.monotonic() < limit, f"pgqrs {arguments} did not end"
    return printed.decode().splitlines()


def width(line):
    """Those characters of the tests that are wide are Chinese."""
    return sum(2 if "\u4e00" <= character <= "\u9fff" else 1 for character in COLOUR.sub("", line))


def fill():
    psql("DELETE FROM pgqrs.messages")
    for payload in (
        '{"to": "ada@example.com", "text": "' + "long " * 40 + '"}',
        '"漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"',
        '"größer"',
    ):
        pgqrs("message", "send", "mails", payload, "--type", "letter").expect(0)


def test_tables_fit():
    fill()
    for columns in (60, 80, 100, 132):
        lines = on_terminal("message", "list", "mails", columns=columns)
        assert len(lines) == 4, str(lines)
        assert max(map(width, lines)) in (columns, columns - 1), f"{columns} wide: {lines}"
        assert lines[1].endswith("…"), f"cut: {lines[1]}"
    assert max(map(width, on_terminal("message", "list", "mails", columns=40))) < 60, "narrow as it can be"
    assert max(map(width, on_terminal("message", "list", "mails", COLUMNS="70"))) in (69, 70), "COLUMNS counts"


def test_others_get_all():
    fill()
    text = pgqrs("message", "list", "mails").expect(0).out
    assert "…" not in text and "\x1b" not in text and "long " * 40 in text, "neither cut nor coloured"
    assert pgqrs("message", "list", "mails", COLUMNS="40").out == text, "COLUMNS is for terminals"


def test_records_are_not_cut():
    fill()
    number = psql("SELECT min(id) FROM pgqrs.messages")
    assert "long " * 40 in " ".join(on_terminal("message", "show", "mails", number, columns=40)), "the whole payload"


def test_colours():
    pgqrs("queue", "pause", "mails").expect(0)
    line = [line for line in on_terminal("queue", "list") if "mails" in line][0]
    assert "\x1b[33mtrue" in line, f"paused is yellow: {line!r}"
    assert on_terminal("queue", "show", "nothing")[0].startswith("\x1b[31merror:\x1b[0m "), "errors are red"
    for arguments, env in ((("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})):
        for command in (("queue", "list"), ("queue", "show", "nothing")):
            assert "\x1b" not in "".join(on_terminal(*arguments, *command, **env)), f"plain: {arguments} {env}"
    pgqrs("queue", "resume", "mails").expect(0)


def test_notes():
    psql("DELETE FROM pgqrs.messages")
    assert on_terminal("message", "list", "mails", "--no-color")[0] == "no messages", "said on a terminal"
    assert on_terminal("message", "dequeue", "mails") == ["no message"], "said on a terminal"
    assert on_terminal("-q", "message", "dequeue", "mails") == [], "not with -q"
    pgqrs("message", "dequeue", "mails").expect(0, "", "")


def test_control_characters():
    """A description cannot take over the terminal."""
    pgqrs("queue", "alter", "mails", "--description", "a\x1b[2Jb\x07\u009b31m").expect(0)
    text = "\n".join(on_terminal("--no-color", "queue", "list", columns=200))
    assert r"a\x1b[2Jb\x07\x9b31m" in text and "\x1b" not in text, repr(text)
    assert r'"a\u001b[2Jb\u0007' in pgqrs("queue", "show", "mails", "--format", "json").out, "JSON has it escaped"
    pgqrs("queue", "alter", "mails", "--description", "").expect(0)
