#!/usr/bin/env bash
# The command line `pgqrs` against a private server.
#
#   test/cli/run.sh [NAME...]     all, or the sessions and test files named: test/cli/run.sh queue output
#
#   sessions/*.session    commands and what they print in every format, run by session.py, each in a database of its own
#   tests.py              runs the other files, which say what they test
#
# Prints `ok TEST` or `not ok TEST`; reasons go to stderr. The last line on stdout is `N passed, N failed`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build counts private_server; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done

main() {
    promise_closing_line
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) $(client_packages) python3 zsh fish man-db groff-base
    build cli server
    make_private_server
    start_tcp_server cli 'fsync = off'
    psql -X -q -c "CREATE ROLE clerk LOGIN PASSWORD 'ge:heim@/#?%'"
    export PGQRS_TMP PGQRS_ROOT
    export PATH=$PGQRS_ROOT/build/cli:$PATH
    run_interruptible env -C "$PGQRS_TMP" -u NO_COLOR -u COLUMNS HOME="$PGQRS_TMP" TERM=xterm LC_ALL=C.UTF-8 \
        /usr/bin/python3 -E -s -B "$here/tests.py" "$@" >"$PGQRS_TMP/tests.out" || true
    cat "$PGQRS_TMP/tests.out"
    PASSED=0 FAILED=0
    take_closing_line "$PGQRS_TMP/tests.out" || return 1
    PGQRS_CLOSED=yes
    [ "$PASSED" != 0 ] && [ "$FAILED" = 0 ]
}

main "$@"
