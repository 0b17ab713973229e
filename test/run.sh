#!/usr/bin/env bash
# make test, make check: builds with warnings as errors and runs all kinds of tests on private servers in a temporary
# folder.
#
#   test/run.sh                          all stages
#   test/run.sh STAGE...                 some: lint unit regress isolation tap soak client cli readme examples demo
#   test/run.sh STAGE... -- NAME...      some, and of those only the tests named: test/run.sh regress -- enqueue dequeue,
#                                        test/run.sh examples -- python node
#
# regress and isolation run twice: on a plain server and on one with shared_preload_libraries = 'pgqrs'. The storms of soak
# are short; PGQRS_SOAK=20 makes them twenty times as long.
# The last line on stdout is `N passed, N failed`; all else goes to stderr. Status is non-zero if a test failed or a
# stage ran none. PG_CONFIG chooses another PostgreSQL.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
here=$(dirname "${BASH_SOURCE[0]}")
for part in common packages build counts private_server regress tap unit client; do
    # shellcheck disable=SC1090
    . "$here/lib/$part.sh"
done

stages=()
names=()
export WERROR=1

main() {
    parse_arguments "$@"
    promise_closing_line
    choose_postgres
    build_stages
    ! wants 'regress|isolation|tap|soak|client' || set_up
    local name
    for name in "${stages[@]}"; do "run_stage_$name"; done
    close_counts
}

parse_arguments() {
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        case "$1" in -h | --help)
            sed -n '2,/^set /{/^#/s/^#* *//p}' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        esac
        declare -F "run_stage_$1" >/dev/null || die "no stage named $1"
        stages+=("$1")
        shift
    done
    [ $# -eq 0 ] || shift
    names=("$@")
    if [ ${#stages[@]} = 0 ]; then
        stages=(lint unit regress isolation tap soak client cli readme examples demo)
    fi
}

# Whether one of these stages is chosen: 'tap|client'
wants() { [[ " ${stages[*]} " =~ \ ($1)\  ]]; }

# What the chosen stages need, together. Scripts that stages call find it built.
build_stages() {
    local -a what=() packages=()
    # shellcheck disable=SC2207
    packages=($(build_packages) libipc-run-perl perl jq faketime)
    # shellcheck disable=SC2207
    if wants 'cli|readme|examples|client'; then
        packages+=($(client_packages))
        what+=(cli)
    fi
    # shellcheck disable=SC2207
    if wants client; then
        packages+=($(client_test_packages))
        [ -n "${PGQRS_CLIENT_BUILD:-}" ] || what+=(client_tests)
    fi
    # shellcheck disable=SC2207
    ! wants tap || packages+=($(tap_packages))
    if wants unit; then
        packages+=(catch2)
        what+=(unit)
    fi
    [ "${stages[*]}" = unit ] || what+=(server)
    ! wants tap || what+=(probe)
    need_packages "${packages[@]}"
    build "${what[@]}"
    export PGQRS_BUILT=yes
}

# Both servers stand for the whole run. One stage's leftovers cannot reach another's database: pg_regress makes its own.
set_up() {
    # Tests look at what maintenance would take away, and execute runs themselves.
    local -a lines=('fsync = off' 'max_prepared_transactions = 10' 'pgqrs.maintenance_interval = 0' 'pgqrs.workflow_runners = 0')
    make_private_server
    if wants 'regress|isolation'; then
        start_server plain "${lines[@]}"
        start_server preload "${lines[@]}" "shared_preload_libraries = 'pgqrs'"
    fi
}

run_stage_lint() { stage 'lint' run_script "$PGQRS_ROOT/test/lint/run.sh"; }
run_stage_unit() { stage 'unit tests' run_unit; }
# Both modes at the same time.
run_stage_regress() {
    start_regress plain "${names[@]}"
    start_regress preload "${names[@]}"
    stage 'SQL tests' finish_regress plain
    stage 'SQL tests, preloaded' finish_regress preload
}
run_stage_isolation() {
    start_isolation plain "${names[@]}"
    start_isolation preload "${names[@]}"
    stage 'isolation specs' finish_isolation plain
    stage 'isolation specs, preloaded' finish_isolation preload
}
run_stage_tap() { stage 'TAP tests' run_tap test/t "${names[@]}"; }
run_stage_soak() { stage 'storms' run_tap test/soak "${names[@]}"; }
run_stage_cli() { stage 'command line' run_script "$PGQRS_ROOT/test/cli/run.sh" "${names[@]}"; }
run_stage_client() {
    stage 'client library' run_client "${names[@]}"
    [ ${#names[@]} -gt 0 ] || stage 'installed client' run_installed
}
run_stage_demo() { stage 'demo' run_demo; }
run_stage_examples() { stage 'examples' run_script "$PGQRS_ROOT/test/examples/run.sh" "${names[@]}"; }
run_stage_readme() { stage 'README' run_script "$PGQRS_ROOT/test/readme/run.sh"; }

# The demo checks its own result.
run_demo() {
    if run_interruptible bash "$PGQRS_ROOT/demo/run.sh" >"$PGQRS_TMP/demo.out"; then
        PASSED=1
    else
        FAILED=1
        show_tail "$PGQRS_TMP/demo.out"
    fi
}

# A script of its own, with arguments, that ends with the closing line.
run_script() {
    local output=$PGQRS_TMP/script.out status=0
    run_interruptible bash "$@" >"$output" || status=$?
    cat "$output" >&2
    take_closing_line "$output" || status=1
    return "$status"
}

main "$@"
