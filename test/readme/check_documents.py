#!/usr/bin/python3
"""Compares the documentation with what it is about: check_documents.py ROOT

Prints `ok CLAIM` or `not ok CLAIM` for each claim below, and on stderr what is wrong. run.sh counts the lines.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("doc/*.md"), ROOT / "examples/README.md"])
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
LAYERS = "core|pg|engine|queue|fn|bgw|client|cli"
SOURCE = re.compile(rf"`((?:src/)?(?:{LAYERS})/[\w/]+(?:\.[ch]pp)?)`")
TEST = re.compile(r"`(\w+\.(?:spec|pl|sql|cpp))`")


def text_of(path):
    return path.read_text(encoding="utf-8")


def shown(path):
    return str(path.relative_to(ROOT))


def reference_is_generated():
    """doc/reference.md is what its generator makes of sql/parts"""
    run = subprocess.run([sys.executable, "-I", ROOT / "doc/make_reference.py", "--check"], capture_output=True, text=True)
    return run.stderr.splitlines() if run.returncode else []


def table_rows(path):
    """The rows of all tables of a page, each a list of cells."""
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in text_of(path).splitlines() if line[:1] == "|"]


def errors_are_the_codes():
    """doc/errors.md lists the SQLSTATEs of core/sqlstate.hpp, and which of them the functions raise"""
    entry = re.compile(r'SqlStateEntry\{SqlState::\w+, "(\w+)", "(\w+)", (true|false),')
    states = {code: (name, raised) for code, name, raised in entry.findall(text_of(ROOT / "src/core/sqlstate.hpp"))}
    listed = {row[0]: row for row in table_rows(ROOT / "doc/errors.md") if row[0].startswith("PQ")}
    for code in sorted(states.keys() ^ listed.keys()):
        yield f"{code} is in one of the two only"
    for code in sorted(states.keys() & listed.keys()):
        name, raised = states[code]
        if listed[code][1] != name:
            yield f"{code} is {name}, the page says {listed[code][1]}"
        if (raised == "true") == listed[code][2].startswith("reserved"):
            yield f"{code}: reserved in one of the two only"


def settings_are_the_variables():
    """doc/settings.md lists the settings of the library with their defaults and who may change them"""
    source = text_of(ROOT / "src/engine/settings.cpp") + text_of(ROOT / "src/core/limits.hpp")
    source = re.sub(r"(?<=\d)'(?=\d)", "", source)
    listed = {row[0].strip("`"): row for row in table_rows(ROOT / "doc/settings.md") if row[0].startswith("`pgqrs.")}
    calls = re.findall(r'DefineCustomIntVariable\(\s*"(pgqrs\.\w+)",(.*?)nullptr\);', source, re.DOTALL)
    who = {"PGC_SUSET": "superuser", "PGC_USERSET": "everybody", "PGC_SIGHUP": "configuration file",
           "PGC_POSTMASTER": "start of the server"}
    units = {"GUC_UNIT_MS": {"ms": 1, "s": 1000}, "GUC_UNIT_S": {"s": 1, "min": 60, "h": 3600, "d": 86400}, "GUC_UNIT_MIN": {"min": 1, "h": 60, "d": 1440},
             "GUC_UNIT_BYTE": {"bytes": 1, "MB": 1 << 20}, None: {"": 1}}
    public = {name: call for name, call in calls if "GUC_NO_SHOW_ALL" not in call}
    for name in sorted(public.keys() ^ listed.keys()):
        yield f"{name} is in one of the two only"
    for name in sorted(public.keys() & listed.keys()):
        call = public[name]
        variable, default = re.search(r"&(\w+),\s*([\w:]+)", call).groups()
        if default.startswith("core::"):
            default = re.search(rf"{default[6:]} = ([\d ]+(?:\* *\d+ *)*)", source)[1]
        value = 1
        for factor in default.split("*"):
            value *= int(factor)
        unit = re.search(r"GUC_UNIT_\w+", call)
        number, written = re.match(r"(\d+) ?(\w*)", listed[name][1]).groups()
        if int(number) * units[unit and unit[0]].get(written, 0) != value:
            yield f"{name} ({variable}) is {value} by default, the page says {listed[name][1]}"
        if who[re.search(r"PGC_\w+", call)[0]] not in listed[name][2]:
            yield f"{name}: the page says {listed[name][2]}, the source {re.search(r'PGC_[A-Z]+', call)[0]}"


def anchors_of(path):
    anchors = set()
    for heading in re.findall(r"^#+ (.*)$", FENCED.sub("", text_of(path)), re.MULTILINE):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        while anchor in anchors:
            anchor += "-1"
        anchors.add(anchor)
    return anchors


def links_lead_somewhere():
    """every relative link leads to a file, and to a heading of it"""
    for page in PAGES:
        for target in LINK.findall(FENCED.sub("", text_of(page))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            if not file.exists():
                yield f"{shown(page)}: no file {target}"
            elif anchor and anchor not in anchors_of(file):
                yield f"{shown(page)}: no heading {target}"


def sources_are_there():
    """every source file and test that a page names is there"""
    tests = {path.name for path in ROOT.glob("test/**/*.*")}
    for page in PAGES:
        text = text_of(page)
        for name in SOURCE.findall(text):
            path = ROOT / "src" / name.removeprefix("src/")
            installed = ROOT / "include/pgqrs" / name.removeprefix("src/")
            candidates = [base.with_name(base.name + end) for base in (path, installed) for end in ("", ".hpp", ".cpp")]
            if not any(candidate.exists() for candidate in candidates):
                yield f"{shown(page)}: no file {name}"
        for name in TEST.findall(text):
            if name not in tests and not list(ROOT.glob(f"[!.]*/**/{name}")):
                yield f"{shown(page)}: no test {name}"


def readme_is_short():
    """README.md has at most 250 lines"""
    lines = len(text_of(ROOT / "README.md").splitlines())
    return [f"README.md has {lines} lines"] if lines > 250 else []


def main():
    for check in (
        reference_is_generated,
        errors_are_the_codes,
        settings_are_the_variables,
        links_lead_somewhere,
        sources_are_there,
        readme_is_short,
    ):
        faults = list(check())
        print("not ok" if faults else "ok", check.__doc__)
        print(*(f"  {fault}" for fault in faults), sep="\n", end="\n" if faults else "", file=sys.stderr)


main()
