# Sourced: a private PgBouncer between clients and a private server. Needs private_server.sh and a server that listens on
# 127.0.0.1 (start_tcp_server).
#
#   start_pgbouncer NAME SERVER [LINE...]   in transaction mode, in front of SERVER, as the server's user; each LINE goes
#                                       to the [pgbouncer] section; sets PGBOUNCER_PORT
#   remove_pgbouncers                       for on_exit, after make_private_server: ends them
#
# It listens on 127.0.0.1 only. Everybody it lets in is in $PGQRS_TMP/users, lines of "name" "password".

start_pgbouncer() {
    local name=$1 server=$2 folder=$PGQRS_TMP/$1 tries=0
    shift 2
    PGBOUNCER_PORT=$(free_port)
    as_server_user mkdir "$folder"
    {
        printf '[databases]\n* = host=127.0.0.1 port=%s\n' "$(cat "$PGQRS_TMP/$server.port")"
        printf '%s\n' '[pgbouncer]' 'listen_addr = 127.0.0.1' "listen_port = $PGBOUNCER_PORT" 'unix_socket_dir =' \
            'auth_type = scram-sha-256' "auth_file = $PGQRS_TMP/users" 'admin_users = pgbouncer' \
            "logfile = $folder/log" "pidfile = $folder/pid" 'pool_mode = transaction' \
            'ignore_startup_parameters = extra_float_digits' 'server_login_retry = 1'
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$folder/ini"
    give_to_server_user "$folder/ini"
    as_server_user /usr/sbin/pgbouncer -q -d "$folder/ini" || { show_tail "$folder/log" && die "PgBouncer $name did not start"; }
    until [ -s "$folder/pid" ] && (: >"/dev/tcp/127.0.0.1/$PGBOUNCER_PORT") 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -le 100 ] || { show_tail "$folder/log" && die "PgBouncer $name does not answer"; }
        sleep 0.1
    done
}

# By the process id of its own file, and only if that process was started with our configuration. It has nothing to save.
remove_pgbouncers() {
    local file pid
    [ -n "$PGQRS_TMP" ] && [ -d "$PGQRS_TMP" ] || return 0
    for file in "$PGQRS_TMP"/*/pid; do
        [ -s "$file" ] || continue
        pid=$(head -n 1 "$file")
        if tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "${file%/pid}/ini"; then kill -KILL "$pid"; fi
    done
}
