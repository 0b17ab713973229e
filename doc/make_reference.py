#!/usr/bin/python3
"""Writes doc/reference.md from the declarations and COMMENT ON texts in sql/parts.

    doc/make_reference.py            writes the file
    doc/make_reference.py --check    says whether the file is what it would write; status 1 when it is not

In the comment of a function, a line that begins with the name of an argument and a colon describes that argument, and a line
that begins with "Raises" names the errors. A comment of other shape is one paragraph.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "doc/reference.md"
TOPICS = {
    "30_queues": "Queues",
    "40_produce": "Produce",
    "50_consume": "Consume",
    "60_finish": "Finish",
    "65_failure": "Failure",
    "67_dead_letters": "Dead letters",
    "70_look": "Look",
    "80_workers": "Workers",
    "82_maintenance": "Maintenance",
    "85_grants": "Rights",
    "86_workflows": "Workflows",
    "87_steps": "Steps",
    "88_suspend": "Waits",
    "89_children": "Children",
    "90_runs": "Runs",
    "91_runner": "In the server",
}
COMMENT = re.compile(r"COMMENT ON (SCHEMA|DOMAIN|TYPE|TABLE|COLUMN|FUNCTION|PROCEDURE) ([^']*?) IS\s+'((?:[^']|'')*)';")
ROUTINE = re.compile(r"CREATE (FUNCTION|PROCEDURE) pgqrs\.(\w+)\((.*?)\)(?:\s+RETURNS (.*?))?\s+LANGUAGE", re.DOTALL)
ROWS = re.compile(r"CREATE (TYPE|TABLE) pgqrs\.(\w+)(?: AS)? \((.*?)\n\)", re.DOTALL)
DOMAIN = re.compile(r"CREATE DOMAIN pgqrs\.(\w+) AS (\w+)\s+CONSTRAINT \w+ CHECK (.*?);", re.DOTALL)

INTRODUCTION = """\
# Reference

<!-- doc/make_reference.py writes this file from sql/parts. Change the comments there, and run it. -->

Every function, type and table of the schema `pgqrs`. In psql, `\\df+ pgqrs.enqueue` shows the same text; `\\x` makes it readable.

{schema}

- Name the arguments after the first two: `delay => '5 s'`.
- NULL for an argument that has a default means the default.
- Integer arguments are `bigint`, so that drivers can send what they have. `integer` fits.
- Times come from the server's clock when the function is called, not from the start of the transaction.
- [errors.md](errors.md) lists the SQLSTATEs, [limits.md](limits.md) the limits, [settings.md](settings.md) the settings.
"""


def text_of(comment):
    return comment.replace("''", "'")


def escaped(text):
    """The text of a comment as Markdown: names of functions and settings as code, SQLSTATEs as links."""
    text = text.replace("<", "&lt;")
    text = re.sub(r"\b((?:CALL )?(?:pgqrs\.)?[a-z_]+\((?:worker => \.\.\.)?\))", r"`\1`", text)
    text = re.sub(r"(?<![`\w.])(pgqrs\.(?!&)[a-z_]+)(?![\w(`])", r"`\1`", text)
    return re.sub(r"\b(PQ\d{3})\b", r"[\1](errors.md)", text)


def one_line(text):
    return " ".join(text.split())


def split_arguments(text):
    """The arguments of a declaration; commas inside parentheses and quotes do not separate them."""
    return [one_line(part) for part in re.split(r",(?![^(]*\))(?=(?:[^']*'[^']*')*[^']*$)", text) if part.strip()]


def name_of(argument):
    return argument.removeprefix("INOUT ").split()[0]


class Reference:
    def __init__(self):
        self.comments = {}
        self.parts = {}
        for path in sorted((ROOT / "sql/parts").glob("*.sql")):
            self.parts[path.stem] = path.read_text(encoding="utf-8")
            for kind, name, text in COMMENT.findall(self.parts[path.stem]):
                key = name.partition("(")[0].removeprefix("pgqrs.")
                self.comments[kind, key] = text_of(text)

    def lines(self):
        schema = one_line(self.comments["SCHEMA", "pgqrs"])
        yield INTRODUCTION.format(schema=escaped(schema))
        for part, title in TOPICS.items():
            yield f"- [{title}](#{title.lower().replace(' ', '-')}): {', '.join(self.links(part))}"
        yield "- [Types](#types): " + ", ".join(f"[{name}](#type-{name})" for _, name, _ in self.rows("TYPE"))
        yield "- [Tables](#tables): " + ", ".join(f"[{name}](#table-{name})" for _, name, _ in self.rows("TABLE"))
        yield ""
        for part, title in TOPICS.items():
            yield f"## {title}\n"
            for routine in ROUTINE.findall(self.parts[part]):
                yield from self.routine(*routine)
        yield "## Types\n"
        for rows in self.rows("TYPE"):
            yield from self.columns(*rows)
        yield from self.domains()
        yield "## Tables\n"
        yield "Everybody with the right may SELECT from the tables. Change rows with the functions.\n"
        for rows in self.rows("TABLE"):
            yield from self.columns(*rows)

    def links(self, part):
        return [f"[{name}](#{name})" for _, name, _, _ in ROUTINE.findall(self.parts[part])]

    def routine(self, kind, name, arguments, answer):
        arguments = split_arguments(arguments)
        call = ", ".join(re.sub(r" DEFAULT (.*)", r" = \1", argument) for argument in arguments)
        head = f"pgqrs.{name}({call})"
        if len(head) > 100:
            listed = ",\n".join("    " + re.sub(r" DEFAULT (.*)", r" = \1", argument) for argument in arguments)
            head = f"pgqrs.{name}(\n{listed}\n)"
        if answer:
            head += f" RETURNS {one_line(answer)}"
        if kind == "PROCEDURE":
            head = "CALL " + head
        yield f"### {name}\n\n```text\n{head}\n```\n"
        yield from self.description(self.comments[kind, name], {name_of(argument) for argument in arguments})

    def description(self, comment, names):
        """The paragraphs of a comment; arguments become a list."""
        items = [["text", ""]]
        for line in comment.split("\n"):
            argument = re.match(r"(\w+): (.*)", line)
            if argument and argument[1] in names:
                items.append(["argument", f"- `{argument[1]}`: {escaped(argument[2])}"])
            elif line.startswith("Raises "):
                items.append(["errors", escaped(line)])
            else:
                items[-1][1] += ("\n" if items[-1][1] else "") + escaped(line)
        previous = None
        for kind, text in items:
            if previous and not (kind == previous == "argument"):
                yield ""
            yield text.replace("\n", "\n  ") if kind == "argument" else text
            previous = kind
        yield ""

    def rows(self, kind):
        for text in self.parts.values():
            yield from (rows for rows in ROWS.findall(text) if rows[0] == kind)

    def columns(self, kind, name, body):
        yield f"### {kind.capitalize()} {name}\n\n{escaped(one_line(self.comments[kind, name]))}\n"
        yield "| column | type | |\n|---|---|---|"
        for declaration in split_arguments(body):
            column = re.match(r"(?!CONSTRAINT |PRIMARY )(\w+) ([\w.]+)", declaration)
            if column:
                description = one_line(self.comments["COLUMN", f"{name}.{column[1]}"])
                yield f"| `{column[1]}` | `{column[2]}` | {escaped(description)} |"
        yield ""

    def domains(self):
        yield "### Domains\n\n| type | based on | condition | |\n|---|---|---|---|"
        for name, base, condition in DOMAIN.findall(self.parts["10_types"]):
            description = escaped(one_line(self.comments["DOMAIN", name]))
            yield f"| `pgqrs.{name}` | `{base}` | `{one_line(condition)}` | {description} |"
        outcome = escaped(one_line(self.comments["TYPE", "outcome"]))
        yield f"| `pgqrs.outcome` | enum | `done`, `dead`, `cancelled` | {outcome} |\n"


def main():
    made = "\n".join(Reference().lines()).rstrip("\n") + "\n"
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text(encoding="utf-8") != made:
            sys.exit("doc/reference.md is old: run doc/make_reference.py")
    else:
        TARGET.write_text(made, encoding="utf-8")


main()
