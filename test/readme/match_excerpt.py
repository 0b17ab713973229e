#!/usr/bin/python3
"""Whether a block is, line by line and but for the indentation of the whole, part of a file: match_excerpt.py BLOCK FILE"""

import sys
import textwrap


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def main():
    block, lines = lines_of(sys.argv[1]), lines_of(sys.argv[2])
    wanted = textwrap.dedent("\n".join(block))
    for start in range(len(lines) - len(block) + 1):
        if textwrap.dedent("\n".join(lines[start : start + len(block)])) == wanted:
            return 0 if wanted.strip() else 1
    missing = [line for line in block if line.strip() not in {line.strip() for line in lines}]
    print(f"not in {sys.argv[2]} in this order; lines it does not have at all: {missing}")
    return 1


sys.exit(main())
