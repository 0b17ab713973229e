# Sourced: counts what stages report and prints the closing line.
#
#   stage NAME FUNCTION [ARG...]   runs a stage; the function sets PASSED and FAILED (and shows why, on stderr)
#   close_counts                   prints exactly `N passed, N failed`; status 1 if any failed or a stage ran nothing
#   promise_closing_line           from here on a run that breaks off prints the line too, with one failure more
#
# A failing stage does not stop the next one.

PGQRS_PASSED=0
PGQRS_FAILED=0
PGQRS_EMPTY=()

stage() {
    local name=$1 status=0
    shift
    say "$name"
    PASSED=0 FAILED=0
    "$@" || status=$?
    # A stage that broke off without naming a failed test still failed.
    if [ "$status" != 0 ] && [ "$FAILED" = 0 ]; then FAILED=1; fi
    [ $((PASSED + FAILED)) -gt 0 ] || PGQRS_EMPTY+=("$name")
    say "$name: $PASSED passed, $FAILED failed"
    PGQRS_PASSED=$((PGQRS_PASSED + PASSED))
    PGQRS_FAILED=$((PGQRS_FAILED + FAILED))
}

close_counts() {
    local name
    for name in "${PGQRS_EMPTY[@]}"; do printf 'error: stage "%s" ran no test\n' "$name" >&2; done
    echo "$PGQRS_PASSED passed, $PGQRS_FAILED failed"
    PGQRS_CLOSED=yes
    [ "$PGQRS_FAILED" = 0 ] && [ ${#PGQRS_EMPTY[@]} = 0 ]
}

PGQRS_CLOSED=

promise_closing_line() { on_exit close_broken_run; }

close_broken_run() {
    [ -n "$PGQRS_CLOSED" ] || echo "$PGQRS_PASSED passed, $((PGQRS_FAILED + 1)) failed"
}

# Adds the counts of a script that ends with the same closing line. $1: file with its output.
take_closing_line() {
    local line
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1) || return 1
    PASSED=$((PASSED + ${line%% *}))
    line=${line#*, }
    FAILED=$((FAILED + ${line%% *}))
}

show_tail() {
    say "last lines of ${1##*/}:"
    tail -n "${2:-60}" "$1" >&2 2>/dev/null || true
}
