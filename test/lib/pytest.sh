# Sourced: runs Python tests with Debian's pytest and counts them.
#
#   pytest_packages          prints the Debian packages it needs
#   run_pytest ARGUMENT...   in the private folder; what it prints goes to stderr
#
# Needs private_server.sh and counts.sh.

pytest_packages() { echo python3 python3-pytest python3-pytest-xdist; }

# Nothing of the user's Python is looked at, and nothing is written beside the tests.
run_pytest() {
    local results=$PGQRS_TMP/pytest.xml status=0
    rm -f "$results"
    run_interruptible env -C "$PGQRS_TMP" -u NO_COLOR -u COLUMNS HOME="$PGQRS_TMP" TERM=xterm LC_ALL=C.UTF-8 \
        /usr/bin/python3 -E -s -B -m pytest --quiet --no-header --tb=short -p no:cacheprovider --junitxml="$results" \
        "$@" >&2 || status=$?
    PASSED=0 FAILED=0
    [ -e "$results" ] || return 1
    FAILED=$(($(pytest_count failures) + $(pytest_count errors)))
    PASSED=$(($(pytest_count tests) - FAILED - $(pytest_count skipped)))
    return "$status"
}

pytest_count() { sed -nE "s/.*<testsuite [^>]*$1=\"([0-9]+)\".*/\1/p" "$PGQRS_TMP/pytest.xml" | head -n 1; }
