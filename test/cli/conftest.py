"""How pytest runs the tests of the command, each session in a database of its own.

A file of tests may name its database in DATABASE; otherwise it is postgres. There is a queue "mails" in it.
"""

import os
import pathlib

import pytest

pytest.register_assert_rewrite("support", "jobs")

import session  # pylint: disable=wrong-import-position
import support  # pylint: disable=wrong-import-position

prepared = set()


def pytest_collect_file(file_path, parent):
    return SessionFile.from_parent(parent, path=file_path) if file_path.suffix == ".session" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Each session is a group, and the other files are one. Of these the one about passwords comes last, since it
    looks at what all have printed. Groups run at the same time.
    """
    items.sort(key=lambda item: item.path.stem == "test_passwords")
    for item in items:
        group = item.path.stem if isinstance(item, SessionStep) else "tests"
        item.add_marker(pytest.mark.xdist_group(group))


class SessionFile(pytest.File):
    """Its commands, one a test, named by their line."""

    def collect(self):
        for step in session.steps_of_file(self.path):
            yield SessionStep.from_parent(self, name=str(step.line), step=step)

    def setup(self):
        database = f"cli_{self.path.stem}"
        support.psql(f"CREATE DATABASE {database}", "postgres")
        os.environ["PGDATABASE"] = database


class SessionStep(pytest.Item):
    """A command, and what it prints."""

    def __init__(self, *, step, **more):
        super().__init__(**more)
        self.step = step

    def runtest(self):
        _, difference = session.compare(self.step)
        if difference:
            raise session.Different(difference)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, session.Different):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self.step.line - 1, f"{pathlib.Path(self.path).name}:{self.step.line}"


@pytest.fixture(scope="module", autouse=True)
def in_database(request):
    name = getattr(request.module, "DATABASE", "postgres")
    if name != "postgres":
        support.psql(f"CREATE DATABASE {name}", "postgres")
    os.environ["PGDATABASE"] = name
    if name not in prepared:
        prepared.add(name)
        support.prepare()
