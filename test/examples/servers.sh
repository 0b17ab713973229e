# Sourced: what run.sh and drivers.sh have in common. Needs the parts of test/lib that they source.
#
#   find_node_pg       installs node-pg, or unpacks it and sets NODE_PATH
#   driver_packages [WHICH]   prints the Debian packages of the drivers, without node-pg; WHICH: those of that kind
#   start_everything   private servers and PgBouncers; EXAMPLES_*_PORT are their ports
#   export_places      the variables that the Python tests read

# Driver names have blanks, so the fields are read as they are.
driver_packages() {
    local name which packages rest
    while IFS='|' read -r name which packages rest; do
        case "$name" in '' | '#'*) continue ;; esac
        case "$which" in *"${1:-}"*) echo "${packages//node-pg/}" ;; esac
    done <"$here/drivers/list"
}

export_places() {
    set_user_prefix
    PGQRS_AS_USER_COMMAND=$(printf '%q ' "${PGQRS_AS_USER[@]}")
    export PGQRS_TMP PGQRS_BIN PGQRS_ROOT PGQRS_AS_USER_COMMAND
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
    # The pools of all databases stay open.
    start_tcp_server plain 'fsync = off' 'max_connections = 400'
    start_tcp_server preload 'fsync = off' 'max_connections = 400' "shared_preload_libraries = 'pgqrs'"
    for server in plain preload; do
        use_server "$server"
        psql -X -q -c "CREATE ROLE app LOGIN PASSWORD '$password'"
        declare -gx "EXAMPLES_${server^^}_PORT=$PGPORT"
    done
    # Fewer connections than there are clients.
    start_pgbouncer pooler preload 'default_pool_size = 3' 'query_wait_timeout = 60'
    export EXAMPLES_POOLER_PORT=$PGBOUNCER_PORT
    start_pgbouncer reset preload 'default_pool_size = 3' 'server_reset_query = DISCARD ALL' 'server_reset_query_always = 1'
    export EXAMPLES_RESET_PORT=$PGBOUNCER_PORT
    # One connection for all: what one client leaves behind meets the next one.
    start_pgbouncer single preload 'default_pool_size = 1' "$(prepared_statements)"
    export EXAMPLES_SINGLE_PORT=$PGBOUNCER_PORT EXAMPLES_PASSWORD=$password
    EXAMPLES_PGBOUNCER=$(pgbouncer_version)
    export EXAMPLES_PGBOUNCER
    say "PgBouncer $EXAMPLES_PGBOUNCER"
}

pgbouncer_version() { /usr/sbin/pgbouncer --version | sed -nE '1s/.* ([0-9.]+).*/\1/p'; }

# From 1.21 on PgBouncer can follow prepared statements of the protocol.
prepared_statements() {
    case $(printf '%s\n' 1.21 "$(pgbouncer_version)" | sort -V | head -n 1) in
        1.21) echo 'max_prepared_statements = 100' ;;
    esac
}
