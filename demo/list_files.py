#!/usr/bin/python3
"""Stores every path the installed Debian packages list in the table listed_paths, with what is there.

Looks at names only, reads no file. The PG* environment variables say which server.
"""

import os
import stat
import subprocess

import psycopg


def listed_paths():
    """Yields (package, path) in dpkg's order, each path once."""
    query = ["dpkg-query", "--show", "--showformat", "${binary:Package}\n${db-fsys:Files}\n"]
    seen = set()
    package = ""
    # A package's name stands at the start of its line, its paths are indented.
    for line in subprocess.run(query, stdout=subprocess.PIPE, check=True).stdout.split(b"\n"):
        if not line.startswith(b" "):
            package = line.decode()
        elif line not in seen:
            seen.add(line)
            yield package, line[1:]


def kind_of(path):
    try:
        path.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return "missing"
    if stat.S_ISREG(mode):
        return "file"
    return "symbolic link" if stat.S_ISLNK(mode) else "directory"


def main():
    with psycopg.connect() as connection, connection.cursor() as cursor:
        with cursor.copy("COPY listed_paths (n, package, path, kind) FROM STDIN") as copy:
            for n, (package, path) in enumerate(listed_paths()):
                copy.write_row((n, package, path.decode(errors="backslashreplace"), kind_of(path)))
        cursor.execute("ANALYZE listed_paths")


main()
