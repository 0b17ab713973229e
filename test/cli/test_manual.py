"""The manual page is the one that the command makes of its template, and has no faults."""

import re
import subprocess

from support import ROOT, pgqrs

PAGE = ROOT / "doc" / "pgqrs.1"


def test_up_to_date():
    made = pgqrs("manual", str(ROOT / "src" / "cli" / "help" / "pgqrs.1.in")).expect(0, out="(?s).*").out
    assert made == PAGE.read_text(encoding="utf-8"), "doc/pgqrs.1 is old: make -f client.mk manual"
    assert "@" not in re.sub(r"ada@example|\S+@\S+\.com", "", made), "all of the template is filled in"


def test_no_faults():
    for command in (("groff", "-ww", "-man", "-Tutf8", "-z", str(PAGE)), ("man", "--warnings", "-l", str(PAGE))):
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0 and result.stderr == "", f"{command}: {result.stderr}"


def test_says_all():
    text = subprocess.run(["man", "-l", str(PAGE)], capture_output=True, text=True, timeout=60, check=True).stdout
    text = re.sub(r".\x08", "", text)
    for line in ("pgqrs message export queue", "--kill-after DURATION", "141", "RUNNING COMMANDS", "pgqrs work queue"):
        assert line in text, line
    assert "manual template" not in text, "hidden commands stay hidden"


def test_a_template_is_needed():
    pgqrs("manual", "/nonexistent").expect(1, 'error: cannot read "/nonexistent"')
