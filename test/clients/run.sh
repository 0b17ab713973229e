#!/usr/bin/env bash
# The examples in every language (examples/, listed in ./languages) against private servers, directly and through
# PgBouncer. Installs what the languages need.
#
#   test/clients/run.sh [LANGUAGE...]     all, or those named
#
#   clients.py    what is tested     shop.py    databases, programs, waiting
#
# Prints `ok TEST` or `not ok TEST`; reasons go to stderr. The last line on stdout is `N passed, N failed`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build counts private_server pgbouncer; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done

main() {
    promise_closing_line
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) $(cli_packages) \
        python3 python3-psycopg pgbouncer $(language_packages "$@")
    build_extension
    run_interruptible flock "$PGQRS_ROOT/.build-lock" make -C "$PGQRS_ROOT" --no-print-directory -s -j "$(job_count)" \
        -f client.mk cli >&2
    make_private_server
    on_exit remove_pgbouncers
    case " ${*:-node} " in *' node '*) find_node_pg ;; esac
    start_everything
    local status=0
    set_user_prefix
    PGQRS_AS_USER_COMMAND=$(printf '%q ' "${PGQRS_AS_USER[@]}")
    export PGQRS_TMP PGQRS_BIN PGQRS_ROOT PGQRS_AS_USER_COMMAND
    run_interruptible /usr/bin/python3 -E -s -B "$here/clients.py" "$@" >"$PGQRS_TMP/clients.out" || status=$?
    cat "$PGQRS_TMP/clients.out"
    PASSED=0 FAILED=0
    take_closing_line "$PGQRS_TMP/clients.out" >/dev/null || status=1
    PGQRS_CLOSED=yes
    return "$status"
}

# The second field of the lines; node-pg is find_node_pg's.
language_packages() {
    local name packages rest
    while IFS='|' read -r name packages rest; do
        name=${name// /}
        case "$name" in '' | '#'*) continue ;; esac
        if [ $# -eq 0 ] || [[ " $* " == *" $name "* ]]; then echo "${packages//node-pg/}"; fi
    done <"$here/languages"
}

# Debian's package fits Debian's node only. Beside a node from elsewhere its JavaScript is unpacked into our folder.
find_node_pg() {
    local folder=$PGQRS_TMP/node
    if apt-get -qq -s install node-pg >/dev/null 2>&1; then
        need_packages node-pg
        return
    fi
    say 'unpacking node-pg: the node here is not Debian'\''s'
    mkdir "$folder"
    (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download node-pg node-split2 node-xtend >&2 &&
        for package in ./*.deb; do dpkg-deb -x "$package" .; done) || die 'could not fetch node-pg'
    export NODE_PATH=$folder/usr/share/nodejs
}

# app is not a superuser: it owns its databases, and so may create the extension there.
start_everything() {
    local server password
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '"%s" "%s"\n' app "$password" pgbouncer "$password" >"$PGQRS_TMP/users"
    give_to_server_user "$PGQRS_TMP/users"
    chmod 600 "$PGQRS_TMP/users"
    start_tcp_server plain 'fsync = off'
    start_tcp_server preload 'fsync = off' "shared_preload_libraries = 'pgqrs'"
    for server in plain preload; do
        use_server "$server"
        psql -X -q -c "CREATE ROLE app LOGIN PASSWORD '$password'"
        declare -gx "CLIENTS_${server^^}_PORT=$PGPORT"
    done
    # Fewer connections than there are clients.
    start_pgbouncer pooler preload 'default_pool_size = 3' 'query_wait_timeout = 60'
    export CLIENTS_POOLER_PORT=$PGBOUNCER_PORT
    start_pgbouncer reset preload 'default_pool_size = 3' 'server_reset_query = DISCARD ALL' 'server_reset_query_always = 1'
    export CLIENTS_RESET_PORT=$PGBOUNCER_PORT
    # One connection for all: what one client leaves behind meets the next one.
    start_pgbouncer single preload 'default_pool_size = 1' "$(prepared_statements)"
    export CLIENTS_SINGLE_PORT=$PGBOUNCER_PORT CLIENTS_PASSWORD=$password
    CLIENTS_PGBOUNCER=$(pgbouncer_version)
    export CLIENTS_PGBOUNCER
    say "PgBouncer $CLIENTS_PGBOUNCER"
}

pgbouncer_version() { /usr/sbin/pgbouncer --version | sed -nE '1s/.* ([0-9.]+).*/\1/p'; }

# From 1.21 on PgBouncer can follow prepared statements of the protocol.
prepared_statements() {
    case $(printf '%s\n' 1.21 "$(pgbouncer_version)" | sort -V | head -n 1) in
        1.21) echo 'max_prepared_statements = 100' ;;
    esac
}

main "$@"
