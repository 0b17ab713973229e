#!/usr/bin/python3
"""Compares what a program printed with what the documentation shows.

    match_output.py EXPECTED ACTUAL

Blanks around a line and empty lines do not count. In EXPECTED, the line `...` stands for one or more lines, and the
character `…` within a line for one or more characters. Since what varies can change the width of its column, widths
do not count in an EXPECTED with `…`. Status 1, with the differences, when they do not match.
"""

import difflib
import re
import sys


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]


def without_widths(lines):
    return [re.sub("-{3,}", "---", re.sub(" +", " ", line)) for line in lines]


def pattern_of(line):
    if line == "...":
        return r"(?:[^\n]*\n)+?"
    return r"[^\n]+?".join(re.escape(part) for part in line.split("…")) + r"\n"


def main():
    expected, actual = (lines_of(path) for path in sys.argv[1:])
    if any("…" in line for line in expected):
        expected, actual = without_widths(expected), without_widths(actual)
    pattern = "".join(pattern_of(line) for line in expected)
    if re.fullmatch(pattern, "".join(line + "\n" for line in actual)):
        return
    print(*difflib.unified_diff(expected, actual, "documented", "printed", lineterm=""), sep="\n", file=sys.stderr)
    sys.exit(1)


main()
