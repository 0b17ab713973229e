# Sourced: builds and runs the Catch2 tests of the client library (test/client/Makefile) against a private server of their
# own, named client. Counts test cases.
#
#   client_packages            prints the Debian packages the client and its tests need
#   start_client_server        a server with the extension, and a role with a password
#   run_client [CATCH2 ARGUMENT...]
#   run_installed              test/client/installed.sh: outside programs with the installed library
#
# Needs common.sh, build.sh, counts.sh, private_server.sh and regress.sh.

client_packages() { echo "$(cli_packages)" catch2 cmake; }

start_client_server() {
    [ ! -d "$PGQRS_TMP/client" ] || return 0
    start_server client 'fsync = off' 'max_prepared_transactions = 10' 'max_connections = 200'
    # The tests stop and start the server themselves.
    write_server_script
    as_server_user sed -i '1i local all secretive scram-sha-256' "$PGQRS_TMP/client/pg_hba.conf"
    psql -X -q -v ON_ERROR_STOP=1 -c "CREATE ROLE secretive LOGIN PASSWORD 'ge/he:im@ #%?'" \
        -c 'CREATE EXTENSION pgqrs' -c 'SELECT pg_reload_conf()' >/dev/null
}

# $PGQRS_TMP/client.sh stop|start|restart
write_server_script() {
    set_user_prefix
    {
        echo '#!/bin/sh'
        printf 'exec'
        printf ' %q' "${PGQRS_AS_USER[@]}" "$PGQRS_BIN/pg_ctl" -D "$PGQRS_TMP/client" -l "$(server_log client)" \
            -m fast -w -s
        # shellcheck disable=SC2016
        echo ' "$1" >&2'
    } >"$PGQRS_TMP/client.sh"
    chmod 755 "$PGQRS_TMP/client.sh"
}

build_client_tests() {
    run_interruptible flock "$PGQRS_ROOT/.build-lock" make -C "$PGQRS_ROOT/test/client" --no-print-directory -s \
        -j "$(job_count)" >&2
}

run_client() {
    local binary=$PGQRS_ROOT/${PGQRS_CLIENT_BUILD:-build}/client_tests/client_tests log=$PGQRS_TMP/client.out status=0
    [ -n "${PGQRS_CLIENT_BUILD:-}" ] || build_client_tests || return 1
    start_client_server
    use_server client
    run_interruptible env PGQRS_TEST_SERVER="$PGQRS_TMP/client.sh" TMPDIR="$PGQRS_TMP" "$binary" "$@" >"$log" || status=$?
    # One of: All tests passed (9 assertions in 3 test cases); test cases: 3 | 2 passed | 1 failed
    PASSED=$(sed -nE 's/^All tests passed .* in ([0-9]+) test cases?.*/\1/p; s/^test cases:.*[^0-9]([0-9]+) passed.*/\1/p' "$log")
    FAILED=$(sed -nE 's/^test cases:.*[^0-9]([0-9]+) failed.*/\1/p' "$log")
    PASSED=${PASSED:-0} FAILED=${FAILED:-0}
    [ "$status" = 0 ] || sed -n 1,400p "$log" >&2
    server_is_sound client || status=1
    return "$status"
}

run_installed() {
    start_client_server
    use_server client
    export PGQRS_TMP
    run_script "$PGQRS_ROOT/test/client/installed.sh"
}
