"""How pytest runs the tests of the examples: languages, places, and shops.

--language NAME, which can be repeated, chooses languages. A place is where programs connect to: direct (a preloaded
server), plain (one without preloading), and through PgBouncer in transaction mode pooler, reset (DISCARD ALL after
each transaction) and single (one server connection for all). @places(PLACE..., languages=...) runs a test in each of
them with each language; those of one place and language run in one process and one shop.
"""

import pytest

pytest.register_assert_rewrite("shop")

import shop as shops  # pylint: disable=wrong-import-position

open_shops = {}


def pytest_addoption(parser):
    parser.addoption("--language", action="append", default=[])


def pytest_configure(config):
    config.addinivalue_line("markers", "places(place..., languages): where to run a test, and with which languages")
    config.languages = shops.read_languages(config.getoption("language"))


def pytest_generate_tests(metafunc):
    languages = metafunc.config.languages
    places = metafunc.definition.get_closest_marker("places")
    if places:
        wanted = places.kwargs.get("languages", [language.name for language in languages])
        both = [(place, language) for place in places.args for language in languages if language.name in wanted]
        metafunc.parametrize("shop, language", [in_group(*one) for one in both], indirect=["shop"])
    elif "language" in metafunc.fixturenames:
        metafunc.parametrize("language", languages, ids=[language.name for language in languages])


def in_group(place, language):
    name = f"{place}_{language.name}"
    return pytest.param((place, name), language, id=f"{place}-{language.name}", marks=pytest.mark.xdist_group(name))


@pytest.fixture
def languages(request):
    return request.config.languages


@pytest.fixture
def shop(request):
    """As new. What the test started ends with it."""
    place, name = request.param if isinstance(request.param, tuple) else (request.param, request.function.__name__)
    key = f"{name}_{place}"
    if key not in open_shops:
        open_shops[key] = shops.Shop(key, place)
    one = open_shops[key]
    one.clear()
    yield one
    one.end()


def pytest_sessionfinish():
    for one in open_shops.values():
        one.db.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With a test that fails, what its programs said."""
    report = (yield).get_result()
    if call.when == "call" and report.failed and "shop" in item.funcargs:
        programs = "\n".join(str(program) for program in item.funcargs["shop"].programs[-8:])
        report.sections.append(("programs", programs))
