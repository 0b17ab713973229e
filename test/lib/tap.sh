# Sourced: runs TAP tests with prove and PostgreSQL's own test modules, as the server's user, with the private
# installation first in PATH; as many files at the same time as the machine has processors. Counts subtests at top level; a
# skipped one counts as neither.
#
#   run_tap FOLDER [FILE...]   all of FOLDER/*.pl of the checkout, or those named (without folder and suffix)
#
# Needs private_server.sh, counts.sh and stage_files of regress.sh.

run_tap() {
    local folder=$1 status=0 log=$PGQRS_TMP/tap.log output=$PGQRS_TMP/tap/output
    shift
    local -a files=("$@")
    [ $# -gt 0 ] || mapfile -t files < <(names_of "$PGQRS_ROOT/$folder" pl)
    [ ${#files[@]} -gt 0 ] || return 0
    files=("${files[@]/#/$folder/}")
    files=("${files[@]/%/.pl}")
    stage_files
    rm -rf "$output"
    as_server_user mkdir -p tap/log "$output"
    make_initdb
    # Every cluster begins with it. Tests look at what maintenance would take away; storms run with it.
    [ "$folder" != test/t ] || echo 'pgqrs.maintenance_interval = 0' >"$PGQRS_TMP/tap/conf"
    [ "$folder" = test/t ] || : >"$PGQRS_TMP/tap/conf"
    # TESTDIR serves 15, the other two later versions. Sockets of the tests' clusters go below TMPDIR. What each file
    # prints goes to a file of its own below the output folder.
    run_as_server_user env -C "$PGQRS_TMP/stage" PATH="$PGQRS_TMP/initdb:$PGQRS_BIN:$PATH" TMPDIR="$PGQRS_TMP/s" \
        PG_REGRESS="$PGQRS_PGXS_DIR/src/test/regress/pg_regress" PGPORT=65432 \
        TESTDIR="$PGQRS_TMP/tap" TESTDATADIR="$PGQRS_TMP/tap/tmp_check" TESTLOGDIR="$PGQRS_TMP/tap/log" \
        TEMP_CONFIG="$PGQRS_TMP/tap/conf" INITDB_TEMPLATE="$PGQRS_TEMPLATE" PERL_TEST_HARNESS_DUMP_TAP="$output" \
        prove --timer -j "$(job_count)" -I test/lib -I "$PGQRS_PGXS_DIR/src/test/perl" "${files[@]}" >"$log" 2>&1 || status=$?
    PASSED=$(count_results '^ok [0-9]+' -vE '# (skip|SKIP)')
    FAILED=$(count_results '^not ok [0-9]+' .)
    [ "$status" = 0 ] || show_tap_logs "$log" "$output"
    return "$status"
}

# Lines like $1 that grep with the other arguments leaves.
count_results() {
    local pattern=$1
    shift
    { grep -rhE "$pattern" "$PGQRS_TMP/tap/output" || true; } | { grep -c "$@" || true; }
}

# The test modules make each cluster with initdb. Later versions copy INITDB_TEMPLATE instead. 15 does not know that: it
# finds this initdb, which copies the same; called in any other way it is initdb.
make_initdb() {
    make_template "$(as_server_user id -un)"
    mkdir -p "$PGQRS_TMP/initdb"
    cat >"$PGQRS_TMP/initdb/initdb" <<SCRIPT
#!/bin/sh
case \$#"\$1\$3\$4\$5" in
    5-D-Atrust-N) exec cp -a '$PGQRS_TEMPLATE' "\$2" ;;
esac
exec '$PGQRS_BIN/initdb' "\$@"
SCRIPT
    chmod -R a+rX "$PGQRS_TMP/initdb"
    chmod a+x "$PGQRS_TMP/initdb/initdb"
}

# Of files in which a test failed, or that ended early, all that they printed.
show_tap_logs() {
    local file
    while IFS= read -r file; do
        show_tail "$file" 80
    done < <(grep -rLE '^1\.\.[0-9]' "$2" || true; grep -rlE '^not ok' "$2" || true)
    show_tail "$1" 80
    for file in "$PGQRS_TMP"/tap/log/*.log "$PGQRS_TMP"/tap/tmp_check/log/*.log; do
        [ ! -e "$file" ] || show_tail "$file" 25
    done
}
