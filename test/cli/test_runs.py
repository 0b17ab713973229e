"""What sessions cannot show of runs: pictures on terminals, waits that end meanwhile, interrupted waits."""

import re
import signal

from support import end, pgqrs, psql, start, wait_until
from test_terminal import COLOUR, on_terminal, width

DATABASE = "runs"
UTF8 = {"LC_ALL": "C.UTF-8"}


def new_run():
    pgqrs("workflow", "create", "trip", "--if-not-exists").expect(0, out=".*")
    return pgqrs("-q", "run", "start", "trip").expect(0, out=r"\d+").out.strip()


def worked_on():
    """A run that has failed once, has waited, and is in the middle of a step."""
    run = new_run()
    psql(
        f"""SELECT count(*) FROM pgqrs.claim_runs('trip');
        SELECT pgqrs.complete_step({run}, 1, 'reserve', '1');
        SELECT pgqrs.begin_step({run}, 1, 'charge');
        SELECT pgqrs.fail_step({run}, 1, 'charge', 'declined', retryable => false);
        SELECT pgqrs.sleep({run}, 1, '漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字', '1 h')"""
    )
    return run


def test_timelines_fit():
    run = worked_on()
    for columns in (80, 100, 140):
        lines = on_terminal("run", "timeline", run, columns=columns, **UTF8)
        assert lines[0].startswith(f'\x1b[1mrun {run} of workflow "trip", started '), lines[0]
        assert ", sleeping until 2" in lines[0], lines[0]
        assert max(map(width, lines[1:])) <= columns, f"{columns} wide: {lines}"
        bars = [COLOUR.sub("", line) for line in lines[3:7]]
        ends = {width(line[: line.index(kind)]) for line, kind in zip(bars, ("run ", "step ", "step ", "sleep "))}
        assert len(ends) == 1, f"kinds stand below each other: {bars}"
        assert "漢" in bars[3] and bars[3].split("  ")[-1].strip() != "", "the sleep goes on"
        assert "▸" in bars[0] and "▸" in bars[3] and "x" in bars[2], str(bars)
    # The step may have taken long enough for a bar.
    assert re.search("\x1b\\[31m█*x", lines[5]) and "\x1b[36m░" in lines[6], "failures and waits have colours"
    psql("SELECT pgqrs.drop_workflow('trip', true)")


def test_characters():
    run = worked_on()
    plain = on_terminal("--no-color", "run", "timeline", run, LC_ALL=None, LC_CTYPE=None, LANG="C")
    assert "\x1b" not in "".join(plain), "no colours"
    without_name = "".join(plain).replace("漢", "").replace("字", "")
    assert without_name.isascii() and "/" in without_name, f"ASCII where the locale is not UTF-8: {plain}"
    assert "░" in pgqrs("run", "timeline", run, LC_ALL=None, LC_CTYPE=None, LANG="de_DE.utf8").out
    assert "░" in pgqrs("run", "timeline", run, LC_ALL=None, LC_CTYPE="C.UTF-8", LANG="C").out
    assert "░" not in pgqrs("run", "timeline", run, "--ascii", **UTF8).out
    psql("SELECT pgqrs.drop_workflow('trip', true)")


def waits():
    waiting = "datname = 'runs' AND query LIKE 'CALL pgqrs.wait_run%'"
    return psql(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}") == "1"


def test_a_wait_ends_with_the_run():
    for call, code, err in (
        ("complete_run({}, 1, '7')", 0, ""),
        ("fail_run({}, 1, 'no', retryable => false)", 9, r"error: run \d+ failed: no"),
    ):
        run = new_run()
        process = start("-q", "run", "wait", run, "--timeout", "1m")
        wait_until(waits, "it waits")
        psql(f"SELECT count(*) FROM pgqrs.claim_runs('trip'); SELECT pgqrs.{call.format(run)}")
        end(process).expect(code, err, "7" if code == 0 else "")
    psql("SELECT pgqrs.drop_workflow('trip', true)")


def test_a_wait_is_interrupted():
    process = start("run", "wait", new_run())
    wait_until(waits, "it waits")
    process.send_signal(signal.SIGINT)
    end(process).expect(130, "error: interrupted", "")
    psql("SELECT pgqrs.drop_workflow('trip', true)")
