# Sourced: runs the Catch2 unit tests of the core layer (test/unit/Makefile). No server. Counts test cases.
#
#   run_unit [CATCH2 ARGUMENT...]
#
# Needs common.sh, a finished build of unit, and counts.sh.

run_unit() {
    local binary=$PGQRS_ROOT/build/unit/unit_tests xml=$PGQRS_ROOT/build/unit/results.xml status=0
    compgen -G "$PGQRS_ROOT/test/unit/*_test.cpp" >/dev/null || return 0
    rm -f "$xml"
    run_interruptible "$binary" "$@" -r xml -o "$xml" >&2 || status=$?
    # Version 2 gives the sum once a group and once for all: the last one counts.
    PASSED=$(sed -nE 's/.*<OverallResultsCases.* successes="([0-9]+)".*/\1/p' "$xml" | tail -n 1)
    FAILED=$(sed -nE 's/.*<OverallResultsCases.* failures="([0-9]+)".*/\1/p' "$xml" | tail -n 1)
    PASSED=${PASSED:-0} FAILED=${FAILED:-0}
    [ "$status" = 0 ] || "$binary" "$@" >&2 || true
    return "$status"
}
