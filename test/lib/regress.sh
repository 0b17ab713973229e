# Sourced: runs the SQL tests (pg_regress) and the isolation specs against private servers, and counts test files.
# Options are those of `make installcheck` (Makefile).
#
#   stage_files                           copies test/ and expected/ into the private folder, once
#   start_regress SERVER [TEST...]        starts all tests of test/sql, or those named
#   start_isolation SERVER [SPEC...]      starts all specs of test/isolation/specs, or those named
#   finish_regress SERVER, finish_isolation SERVER      waits for them and counts
#
# Runs against several servers go on at the same time. Starting prepares the files all of them share, so that is done by
# this shell alone.
#
# With PGQRS_RESULTS=FOLDER in the environment what the tests printed is copied there, to make expected files from.
#
# Needs private_server.sh and counts.sh.

# The process group of each run that has been started, by the name of its output folder.
declare -A PGQRS_RUNS=()

stage_files() {
    local part
    [ ! -d "$PGQRS_TMP/stage" ] || return 0
    mkdir "$PGQRS_TMP/stage"
    for part in test expected examples; do
        [ ! -e "$PGQRS_ROOT/$part" ] || cp -R "$PGQRS_ROOT/$part" "$PGQRS_TMP/stage/"
    done
    chmod -R u+rwX "$PGQRS_TMP/stage"
    give_to_server_user "$PGQRS_TMP/stage"
}

start_regress() {
    local server=$1
    shift
    start_pg_regress "$server" src/test/regress/pg_regress "$PGQRS_ROOT/test/sql" sql \
        --inputdir=test --dbname=contrib_regression -- "$@"
}

start_isolation() {
    local server=$1
    local -a layout=(--inputdir=test/isolation --dbname=isolation_regression)
    shift
    [ "$PG_MAJOR" -lt 16 ] || layout+=(--expecteddir=test/isolation)
    start_pg_regress "$server" src/test/isolation/pg_isolation_regress "$PGQRS_ROOT/test/isolation/specs" spec \
        "${layout[@]}" -- "$@"
}

finish_regress() { finish_pg_regress "$1" sql; }
finish_isolation() { finish_pg_regress "$1" spec; }

# Output folders are per server, so one mode's differences do not overwrite the other's.
start_pg_regress() {
    local server=$1 program=$2 folder=$3 suffix=$4 out
    local -a options=()
    shift 4
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    local -a tests=("$@")
    [ $# -gt 0 ] || mapfile -t tests < <(names_of "$folder" "$suffix")
    [ ${#tests[@]} -gt 0 ] || return 0
    stage_files
    use_server "$server"
    out=out_${server}_$suffix
    as_server_user mkdir -p "stage/$out"
    # On 15 the expected files are looked for below --outputdir first.
    [ "$suffix" != sql ] || as_server_user ln -sfn ../expected "stage/$out/expected"
    expect_something "$suffix" "${tests[@]}"
    start_as_server_user env -C "$PGQRS_TMP/stage" "$PGQRS_PGXS_DIR/$program" --bindir="$PGQRS_BIN" \
        --load-extension=pgqrs --outputdir="$out" "${options[@]}" --host="$PGHOST" --port="$PGPORT" --user=postgres \
        "${tests[@]}" >"$PGQRS_TMP/$out.log" 2>&1
    PGQRS_RUNS[$out]=$PGQRS_STARTED
}

finish_pg_regress() {
    local server=$1 out=out_$1_$2 status=0
    [ -n "${PGQRS_RUNS[$out]:-}" ] || return 0
    wait_group "${PGQRS_RUNS[$out]}" || status=$?
    [ -z "${PGQRS_RESULTS:-}" ] || { mkdir -p "$PGQRS_RESULTS" && cp "$PGQRS_TMP/stage/$out"/results/*.out "$PGQRS_RESULTS/"; }
    count_pg_regress "$PGQRS_TMP/$out.log"
    [ "$status" = 0 ] || show_differences "$PGQRS_TMP/stage/$out" "$PGQRS_TMP/$out.log"
    server_is_sound "$server" || status=1
    return "$status"
}

# pg_regress gives up at the first test without an expected file; an empty one lets the others run.
expect_something() {
    local folder=$PGQRS_TMP/stage/expected name
    [ "$1" = sql ] || folder=$PGQRS_TMP/stage/test/isolation/expected
    shift
    as_server_user mkdir -p "$folder"
    for name in "$@"; do
        [ -e "$folder/$name.out" ] || { say "$name has no expected file" && as_server_user touch "$folder/$name.out"; }
    done
}

names_of() {
    local file
    for file in "$1"/*."$2"; do
        [ -e "$file" ] || continue
        file=${file##*/}
        echo "${file%".$2"}"
    done
}

# 15 prints `test name ... ok` (or `     name ... ok` in a group), newer ones TAP.
count_pg_regress() {
    PASSED=$(grep -cE '^(ok [0-9]+ |(test)? +[^ ]+ +\.\.\. ok)' "$1" || true)
    FAILED=$(grep -cE '^(not ok [0-9]+ |(test)? +[^ ]+ +\.\.\. FAILED)' "$1" || true)
}

show_differences() {
    if [ -s "$1/regression.diffs" ]; then
        sed -n 1,400p "$1/regression.diffs" >&2
    else
        show_tail "$2"
    fi
}

# A test can pass while a backend crashed behind it: what the server wrote since the last look decides.
server_is_sound() {
    local log seen=$PGQRS_TMP/$1.seen skip=0
    log=$(server_log "$1")
    [ ! -e "$seen" ] || skip=$(cat "$seen")
    wc -c <"$log" >"$seen"
    if tail -c "+$((skip + 1))" "$log" | grep -E 'was terminated by signal|PANIC:|TRAP:|terminating connection because of crash' >&2; then
        say "server $1 crashed; its log:"
        tail -n 40 "$log" >&2
        FAILED=$((FAILED + 1))
        return 1
    fi
}
