#!/usr/bin/python3
"""Takes the fenced code blocks out of a Markdown file.

    split_blocks.py FILE FOLDER

Writes the text of each block to a file in FOLDER and prints a line a block, in order, fields separated by tabs:

    LINE  LANGUAGE  KIND  WHERE

KIND says what to do with it: sql, python, sh, ini; output (to be what the sql block directly before it printed); session;
excerpt (to be part of the file whose name is in WHERE with the suffix .from); illustration; error (WHERE is then what is
wrong with it).
"""

import re
import sys

RUN = ("sql", "python", "sh", "ini")
FENCE = re.compile(r"^( *)(`{3,}|~{3,}) *([^\s`]*)[^`]*$")
# A fence after the marker of a quote or a list would go unseen.
HIDDEN_FENCE = re.compile(r"^ *(>|[-*+] |\d+[.)] ).*(```|~~~)")
OUTPUT_MARK = "<!-- output -->"
FROM_MARK = re.compile(r"^<!-- from ([A-Za-z0-9_./-]+) -->$")


def kind_of(language, marked, follows):
    """(kind, what is wrong): marked by OUTPUT_MARK? `follows`: kind of the block before if no text lies between."""
    if marked:
        if language not in ("text", "console"):
            return "error", "an output is a text or console block"
        if follows != "sql":
            return "error", "an output directly follows an sql block"
        return "output", None
    if language in RUN:
        return language, None
    if language == "text":
        return "illustration", None
    if language == "console":
        return "session", None
    return "error", f"no way to test this language; there is one for {', '.join(RUN)}, text and console"


def blocks_of(lines):
    """Yields (line number, language, kind, what is wrong or the file it is from, lines of the block)."""
    marked, source, follows = 0, None, None
    numbered = enumerate(lines, 1)
    for number, line in numbered:
        opening = FENCE.match(line)
        if opening:
            indent, fence, language = opening.groups()
            language = language or "none"
            closing = re.compile(rf"^ *{fence[0]}{{{len(fence)},}} *$")
            kind, wrong = ("excerpt", source) if source else kind_of(language, marked, follows)
            block = []
            for _, inner in numbered:
                if closing.match(inner):
                    break
                block.append(re.sub(rf"^ {{0,{len(indent)}}}", "", inner))
            else:
                kind, wrong = "error", "the block is not closed"
            yield number, language, kind, wrong, block
            marked, source, follows = 0, None, kind
        elif (line.strip() == OUTPUT_MARK or FROM_MARK.match(line)) and not marked:
            marked = number
            source = FROM_MARK.match(line) and FROM_MARK.match(line)[1]
        elif line.strip():
            if marked:
                yield marked, "none", "error", "no block after the mark", []
            if HIDDEN_FENCE.match(line):
                yield number, "none", "error", "a fence after a quote's or list's marker is not seen", []
            marked, source, follows = 0, None, None
    if marked:
        yield marked, "none", "error", "no block after the mark", []


def main():
    path, folder = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for number, language, kind, wrong, block in blocks_of(lines):
        where = f"{folder}/{number}.{kind}"
        if kind == "session" and not (block and block[0].startswith("$ ")):
            kind, wrong = "error", f"a console block begins with a command, or with {OUTPUT_MARK} before it"
        with open(where, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in block)
        if kind == "excerpt":
            with open(where + ".from", "w", encoding="utf-8") as file:
                file.write(wrong)
            wrong = None
        print(number, language, kind, wrong or where, sep="\t")


main()
