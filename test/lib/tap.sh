# Sourced: runs the TAP tests of test/t with prove and PostgreSQL's own test modules, as the server's user, with the
# private installation first in PATH. Counts subtests at top level; a skipped one counts as neither.
#
#   run_tap [FILE...]   all of test/t/*.pl, or those named (without folder and suffix)
#
# Needs private_server.sh, counts.sh and stage_files of regress.sh.

run_tap() {
    local status=0 log=$PGQRS_TMP/tap.log
    local -a files=()
    [ $# -gt 0 ] || mapfile -t files < <(names_of "$PGQRS_ROOT/test/t" pl)
    [ $# -eq 0 ] || files=("$@")
    [ ${#files[@]} -gt 0 ] || return 0
    files=("${files[@]/#/test/t/}")
    files=("${files[@]/%/.pl}")
    stage_files
    as_server_user mkdir -p tap/log
    # TESTDIR serves 15, the other two later versions. Sockets of the tests' clusters go below TMPDIR.
    run_as_server_user env -C "$PGQRS_TMP/stage" PATH="$PGQRS_BIN:$PATH" TMPDIR="$PGQRS_TMP/s" \
        PG_REGRESS="$PGQRS_PGXS_DIR/src/test/regress/pg_regress" PGPORT=65432 \
        TESTDIR="$PGQRS_TMP/tap" TESTDATADIR="$PGQRS_TMP/tap/tmp_check" TESTLOGDIR="$PGQRS_TMP/tap/log" \
        prove -v -I "$PGQRS_PGXS_DIR/src/test/perl" "${files[@]}" >"$log" 2>&1 || status=$?
    PASSED=$(grep -E '^ok [0-9]+' "$log" | grep -cvE '# (skip|SKIP)' || true)
    FAILED=$(grep -cE '^not ok [0-9]+' "$log" || true)
    [ "$status" = 0 ] || show_tap_logs "$log"
    return "$status"
}

show_tap_logs() {
    local file
    show_tail "$1" 80
    for file in "$PGQRS_TMP"/tap/log/*.log "$PGQRS_TMP"/tap/tmp_check/log/*.log; do
        [ ! -e "$file" ] || show_tail "$file" 25
    done
}
