#!/usr/bin/env bash
# make bench: pgqrs beside hand-written prepared statements on identical tables and beside other queues, on private
# servers with fsync on. Not a test: machines are noisy, and a goal that is missed is printed and fails nothing.
#
#   test/bench/run.sh [CASES="NAME..."] [MODES="plain preload"] [ROUNDS=5] [SECONDS=3] [SCALE=1]
#   make bench CASES="enqueue_one held_snapshot" ROUNDS=5 SECONDS=4 SCALE=0.1
#
#   CASES      some cases instead of all
#   MODES      plain: CREATE EXTENSION alone; preload: with shared_preload_libraries = 'pgqrs'
#   ROUNDS     how often the two sides take turns; the ratio is the median of the rounds
#   SECONDS    length of one measurement of one side
#   SCALE      shrinks numbers of rows and long waits; 1 for results, 0.01 to see whether all works
#
# All cases in both modes take about 110 minutes. Each finished row is printed to stdout, progress to stderr; the table
# and the chart are written to test/bench/results, which git ignores.
#
# run.sh       packages, servers, peers    bench.py      the list of cases
# measure.py   tools of the cases          report.py     table and chart
# client.cpp   load with times             sql, peers    scripts of both sides, programs of the peers
set -euo pipefail
# As the tests, so that a tree that they have built is built.
export WERROR=1

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build private_server; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done

# Debian's own interpreter: that is the one python3-psycopg belongs to.
python=(/usr/bin/python3 -E -s -B -X utf8)
cases=()
modes=(plain preload)
rounds=5 seconds=3 scale=1
# A checkpoint in the middle of one side's turn would be the other's advantage.
settings=('shared_buffers = 1GB' 'max_wal_size = 8GB' 'checkpoint_timeout = 1h' 'max_connections = 200'
    'max_prepared_transactions = 10')

main() {
    parse_arguments "$@"
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) libpq-dev python3-psycopg
    build server
    make_private_server
    export PGQRS_TMP
    check_cases
    build_client
    if wants peers; then fetch_peers; fi

    mkdir -p "$here/results"
    local mode target
    target=$here/results/$(date +%Y-%m-%dT%H%M%S)
    : >"$PGQRS_TMP/rows"
    for mode in "${modes[@]}"; do
        run_mode "$mode"
        # After each mode, so that a run that is broken off leaves something.
        "${python[@]}" "$here/report.py" "$PGQRS_TMP/rows" "$PGQRS_TMP/machine" "$target"
    done
    say "written: ${target#"$PGQRS_ROOT/"}.md and .svg"
}

# SECONDS is a variable of bash itself: all of these are taken as arguments, not from the environment.
parse_arguments() {
    local argument
    for argument in "$@"; do
        case "$argument" in
            -h | --help) usage && exit 0 ;;
            CASES=*) read -r -a cases <<<"${argument#*=}" ;;
            MODES=*) read -r -a modes <<<"${argument#*=}" ;;
            ROUNDS=*) rounds=${argument#*=} ;;
            SECONDS=*) seconds=${argument#*=} ;;
            SCALE=*) scale=${argument#*=} ;;
            *) die "unknown argument $argument; --help tells more" ;;
        esac
    done
    for argument in "${modes[@]}"; do
        case "$argument" in plain | preload) ;; *) die "no mode named $argument" ;; esac
    done
}

usage() {
    sed -n '2,/^set /{/^#/s/^#* \{0,1\}//p}' "${BASH_SOURCE[0]}"
    echo
    echo 'Cases:'
    sed -n 's/^    "[a-z]*": \[\(.*\)\],$/  \1/p' "$here/bench.py" | tr -d '",'
}

check_cases() {
    local name known
    known=$("${python[@]}" "$here/bench.py" --list)
    for name in "${cases[@]}"; do
        grep -q "^  $name " <<<"$known" || die "no case named $name; there are:
$known"
    done
}

wants() { [ ${#cases[@]} = 0 ] || [[ " ${cases[*]} " == *" $1 "* ]]; }

build_client() {
    g++ -std=c++20 -O2 -Wall -Wextra -I"$("$PG_CONFIG" --includedir)" "$here/client.cpp" -o "$PGQRS_TMP/client" \
        -L"$("$PG_CONFIG" --libdir)" -lpq -pthread
    chmod a+rx "$PGQRS_TMP/client"
}

run_mode() {
    local -a lines=("${settings[@]}")
    [ "$1" = plain ] || lines+=("shared_preload_libraries = 'pgqrs'")
    say "mode $1"
    start_server "$1" "${lines[@]}"
    describe_machine >"$PGQRS_TMP/machine"
    run_interruptible "${python[@]}" "$here/bench.py" --mode="$1" --rounds="$rounds" \
        --seconds="$seconds" --scale="$scale" --rows="$PGQRS_TMP/rows" "${cases[@]}"
    stop_server "$1"
}

describe_machine() {
    echo "date: $(date -u +'%Y-%m-%d %H:%M UTC')"
    echo "processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
    echo "memory: $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
    echo "kernel: $(uname -sr)"
    echo "PostgreSQL: $(psql -X -A -t -c 'SHOW server_version')"
    echo "settings: $(psql -X -A -t -c "SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name)
        FROM pg_settings WHERE source = 'configuration file' AND name NOT IN ('listen_addresses', 'port',
            'unix_socket_directories', 'shared_preload_libraries', 'log_timezone', 'TimeZone', 'DateStyle',
            'default_text_search_config', 'lc_messages', 'lc_monetary', 'lc_numeric', 'lc_time')
            OR name IN ('fsync', 'synchronous_commit')")"
    echo "pgqrs: $(git -C "$PGQRS_ROOT" rev-parse --short HEAD 2>/dev/null || echo 'no commit known')"
    echo "measured: $rounds rounds of $seconds s, scale $scale"
}

# The peers, as far as this machine has them. Nothing is installed: what comes from Debian goes into the private
# installation, what comes from npm into a folder git ignores. Their packages would start services of their own.
fetch_peers() {
    local packages=$PGQRS_TMP/packages/root log=$PGQRS_TMP/peers.log
    if fetch_pgq "$packages" >"$log" 2>&1; then
        export PGQRS_PGQD=$packages/usr/bin/pgqd
        PGQRS_PGQD_LIBRARIES=$(find "$packages/usr/lib" -maxdepth 1 -name '*-linux-gnu*' | paste -sd:)
        export PGQRS_PGQD_LIBRARIES
    fi
    PGQRS_NPM_PROBLEM=
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        PGQRS_NPM_PROBLEM='node or npm is not installed'
    elif ! npm --prefix "$here/peers" install --no-audit --no-fund --no-package-lock >"$log" 2>&1; then
        PGQRS_NPM_PROBLEM="npm could not install it: $(tail -n 1 "$log")"
    fi
    export PGQRS_NPM_PROBLEM
}

fetch_pgq() {
    local package share lib
    share=$("$PG_CONFIG" --sharedir) lib=$("$PG_CONFIG" --pkglibdir)
    mkdir -p "$1"
    (
        set -e
        cd "$1/.."
        apt-get -q download "postgresql-$PG_MAJOR-pgq3" pgqd libevent-2.1-7
        for package in *.deb; do dpkg-deb --extract "$package" "$1"; done
        # A file, not through a link to the system's own.
        cp --remove-destination "$1$share/extension"/pgq* "$PGQRS_TMP/inst$share/extension/"
        cp --remove-destination "$1$lib"/pgq_*.so "$PGQRS_TMP/inst$lib/"
    ) || return 1
    chmod -R a+rX "$1" "$PGQRS_TMP/inst"
}

main "$@"
