#!/usr/bin/env bash
# The command line `pgqrs` against a private server.
#
#   test/cli/run.sh [NAME...]     all, or the sessions and test files named: test/cli/run.sh queue output
#
#   sessions/*.session    commands and what they print in every format, run by session.py, each in a database of its own
#   test_*.py             what a session cannot show; each says what it tests
#   conftest.py           has pytest run both          support.py, jobs.py    what they share
#
# The last line on stdout is `N passed, N failed`; all else goes to stderr.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build counts private_server pytest; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done

# As test/run.sh builds: objects of another mode would be built again.
export WERROR=1

main() {
    promise_closing_line
    local -a files=()
    name_files "$@"
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) $(client_packages) $(pytest_packages) zsh fish man-db groff-base
    build cli server
    make_private_server
    # Envelopes of the tests lie in 2099.
    start_tcp_server cli 'fsync = off' "pgqrs.max_delay = '36525 d'"
    psql -X -q -c "CREATE ROLE clerk LOGIN PASSWORD 'ge:heim@/#?%'"
    export PGQRS_TMP PGQRS_ROOT
    export PATH=$PGQRS_ROOT/build/cli:$PATH
    stage 'command line' run_pytest -n "$(job_count)" --dist loadgroup "${files[@]}"
    close_counts
}

name_files() {
    local name file found
    [ $# -gt 0 ] || files=("$here")
    for name in "$@"; do
        found=
        for file in "$here/sessions/$name.session" "$here/test_$name.py"; do
            [ ! -e "$file" ] || { files+=("$file") && found=yes; }
        done
        [ -n "$found" ] || die "no session or test file named $name"
    done
}

main "$@"
