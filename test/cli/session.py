#!/usr/bin/python3
"""Runs a session: commands, and what each printed.

    session.py [--accept] FILE      prints `ok FILE:LINE` or `not ok FILE:LINE` a command; reasons go to stderr

A line `$ COMMAND` is given to bash (`> ` continues it); the lines after it are its stdout and stderr as they come, and
`[exit N]` when its status is not 0. `…` stands for one or more characters within a line, a line `...` for one or more
lines. Empty lines at the end and lines `# ...` before a command do not count. With --accept the file gets what was
printed.
"""

import difflib
import re
import subprocess
import sys

SECONDS = 60
# Times, and lengths of time that are measured.
VARYING = (r"\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+(?=Z)|(?<=[ ,]) *\d+\.\d{4,}(?=[s,])|(?<= on )\S+( in \d+ ms)", "…")


class Step:
    def __init__(self, line, command, before):
        self.line, self.command, self.before, self.expected = line, command, before, []


def steps_of(lines):
    """The steps, and the lines after the last comment."""
    steps, between = [], []
    for number, line in enumerate(lines, 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:], between))
            between = []
        elif line.startswith("> ") and steps and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
        elif not steps or between or line.startswith("# "):
            between.append(line)
        else:
            steps[-1].expected.append(line)
    return steps, between


def run(command):
    result = subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    lines = result.stdout.decode("utf-8", "replace").replace("\r\n", "\n").splitlines()
    return lines + ([f"[exit {result.returncode}]"] if result.returncode else [])


def without_end(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def pattern_of(line):
    if line == "...":
        return r"(?:[^\n]*\n)+?"
    return r"[^\n]+?".join(re.escape(part) for part in line.split("…")) + r"\n"


def matches(expected, printed):
    pattern = "".join(pattern_of(line) for line in expected)
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


class Different(Exception):
    """A command printed something else than the session says."""


def compare(step):
    """What the session should say, and how that differs from what it says: '' if it does not."""
    expected = without_end(step.expected)
    try:
        printed = without_end(run(step.command))
    except subprocess.TimeoutExpired:
        printed = [f"did not end within {SECONDS} s"]
    if matches(expected, printed):
        return expected, ""
    difference = difflib.unified_diff(expected, printed, "expected", "printed", lineterm="")
    return printed, "\n".join([f"$ {step.command}", *difference])


def steps_of_file(path):
    with open(path, encoding="utf-8") as file:
        return steps_of(file.read().splitlines())[0]


def play(path, accept=False):
    """(passed, failed)"""
    with open(path, encoding="utf-8") as file:
        steps, rest = steps_of(file.read().splitlines())
    good, text = 0, []
    for step in steps:
        printed, difference = compare(step)
        print(f"{'not ok' if difference else 'ok'} {path}:{step.line}")
        if difference:
            print(difference, file=sys.stderr)
        good += not difference
        text += step.before + ["$ " + step.command.replace("\n", "\n> ")] + printed
    if accept:
        text = [re.sub(*VARYING, line) if line[:1] not in "$>" else line for line in text]
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in text + rest)
    return good, len(steps) - good


def main():
    arguments = sys.argv[1:]
    accept = arguments[:1] == ["--accept"]
    passed, failed = play(arguments[-1], accept)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
