# Sourced: a private PostgreSQL in one temporary folder, so that tests and the demo write nothing into the system's
# directories and never meet a user's cluster. Needs common.sh, build.sh, choose_postgres and a finished build.
#
#   make_private_server             creates the folder and the installation; both go on every way out
#   make_template USER              a cluster to copy, with that superuser; PGQRS_TEMPLATE is its path
#   start_server NAME [LINE...]     a new cluster, started; each LINE goes to postgresql.conf; points PGHOST, PGPORT... at it
#   start_tcp_server NAME [LINE...] the same, and it listens on 127.0.0.1, too; there it wants passwords (scram-sha-256)
#   free_port                       prints a TCP port of 127.0.0.1 that nobody listens on; needs python3
#   use_server NAME                 points PGHOST, PGPORT... at a server started before
#   stop_server NAME                fast shutdown
#   restart_server NAME             stop and start with the same data
#   as_server_user COMMAND...       runs as the server's user (postgres when we are root), in the folder
#   run_as_server_user COMMAND...   the same through run_interruptible, for what takes long
#   start_as_server_user COMMAND... the same through start_group
#   give_to_server_user PATH...     hands files in the folder to that user
#   server_log NAME                 path of the server's log
#
# Sets PGQRS_TMP (the folder), PGQRS_BIN (private programs, including pg_config), PGQRS_PGXS_DIR (test programs).
#
# How the installation is private: PostgreSQL finds its share and library directories relative to its own executable. So
# the programs are copied into the same layout below the folder, the real share and library files are linked in, and
# `make install DESTDIR=` adds ours.
#
# Owner of all state is the folder; its lifetime is the script's. Unless started with
# start_tcp_server, servers listen on a socket in the folder only.

PGQRS_TMP=
PGQRS_NEXT_PORT=5432

make_private_server() {
    on_exit remove_private_server
    create_folder
    link_installation
    flock "$PGQRS_ROOT/.build-lock" make -C "$PGQRS_ROOT" --no-print-directory -s install \
        PG_CONFIG="$PG_CONFIG" DESTDIR="$PGQRS_TMP/inst" WITH_CLIENT=no >"$PGQRS_TMP/install.log" 2>&1 ||
        { cat "$PGQRS_TMP/install.log" >&2; die "make install failed"; }
    chmod -R a+rX "$PGQRS_TMP/inst"
}

# The socket's path must stay below 108 bytes, and user postgres must be able to walk to the folder.
create_folder() {
    local parent
    for parent in "${TMPDIR:-/tmp}" /tmp; do
        PGQRS_TMP=$(readlink -f "$(mktemp -d "$parent/pgqrs.XXXXXX")")
        give_to_server_user "$PGQRS_TMP"
        if [ ${#PGQRS_TMP} -le 60 ] && as_server_user test -w . 2>/dev/null; then
            as_server_user mkdir s
            return
        fi
        rm -rf "$PGQRS_TMP"
    done
    PGQRS_TMP=
    die "no temporary folder that the server's user can use"
}

as_server_user() {
    set_user_prefix
    "${PGQRS_AS_USER[@]}" "$@" {PGQRS_STDOUT}>&- {PGQRS_STDERR}>&-
}

run_as_server_user() {
    set_user_prefix
    run_interruptible "${PGQRS_AS_USER[@]}" "$@"
}

start_as_server_user() {
    set_user_prefix
    start_group "${PGQRS_AS_USER[@]}" "$@"
}

# The caller's directory may be one that user postgres cannot enter.
set_user_prefix() {
    PGQRS_AS_USER=(env -C "$PGQRS_TMP")
    [ "$(id -u)" != 0 ] || PGQRS_AS_USER=(setpriv --reuid postgres --regid postgres --init-groups
        env -C "$PGQRS_TMP" HOME="$PGQRS_TMP" USER=postgres LOGNAME=postgres)
}

give_to_server_user() {
    if [ "$(id -u)" = 0 ]; then chown -R postgres: "$@"; fi
}

link_installation() {
    local inst=$PGQRS_TMP/inst bin share lib include
    bin=$("$PG_CONFIG" --bindir)
    share=$("$PG_CONFIG" --sharedir)
    lib=$("$PG_CONFIG" --pkglibdir)
    include=$("$PG_CONFIG" --includedir-server)
    mkdir -p "$inst$bin" "$inst$share/extension" "$inst$lib" "$inst$(dirname "$include")"
    cp "$bin"/* "$inst$bin/"
    link_all "$share" "$inst$share"
    link_all "$share/extension" "$inst$share/extension"
    link_all "$lib" "$inst$lib"
    ln -s "$include" "$inst$include"
    PGQRS_BIN=$inst$bin
    PGQRS_PGXS_DIR=$inst$lib/pgxs
    export PATH=$PGQRS_BIN:$PATH
}

# An installed pgqrs is left out: a link to it would be what we test.
link_all() {
    local entry
    for entry in "$1"/*; do
        case "${entry##*/}" in pgqrs*) continue ;; esac
        [ -e "$2/${entry##*/}" ] || ln -s "$entry" "$2/"
    done
}

# PGQRS_TEMPLATE: a cluster nobody has started, with the superuser $1. initdb takes long; every cluster is a copy of what
# it made once.
make_template() {
    PGQRS_TEMPLATE=$PGQRS_TMP/template_$1
    [ ! -d "$PGQRS_TEMPLATE" ] || return 0
    as_server_user "$PGQRS_BIN/initdb" -D "$PGQRS_TEMPLATE" -U "$1" -A trust -E UTF8 --no-locale --no-sync \
        >"$PGQRS_TEMPLATE.log" 2>&1 || { cat "$PGQRS_TEMPLATE.log" >&2; die "initdb failed"; }
}

start_server() {
    local name=$1 data=$PGQRS_TMP/$1
    shift
    make_template postgres
    as_server_user cp -a "$PGQRS_TEMPLATE" "$data"
    echo "$PGQRS_NEXT_PORT" >"$PGQRS_TMP/$name.port"
    {
        printf "listen_addresses = ''\nunix_socket_directories = '%s/s'\nport = %s\n" "$PGQRS_TMP" "$PGQRS_NEXT_PORT"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >>"$data/postgresql.conf"
    PGQRS_NEXT_PORT=$((PGQRS_NEXT_PORT + 1))
    launch_server "$name"
}

# Everybody on the machine can knock at TCP: the superuser is for the socket only.
start_tcp_server() {
    local name=$1
    shift
    printf '%s\n' 'local all all trust' 'host all postgres all reject' 'host all all 127.0.0.1/32 scram-sha-256' \
        >"$PGQRS_TMP/$name.hba"
    give_to_server_user "$PGQRS_TMP/$name.hba"
    PGQRS_NEXT_PORT=$(free_port)
    start_server "$name" "listen_addresses = '127.0.0.1'" "hba_file = '$PGQRS_TMP/$name.hba'" "$@"
}

free_port() {
    /usr/bin/python3 -I -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

launch_server() {
    local log
    log=$(server_log "$1")
    as_server_user "$PGQRS_BIN/pg_ctl" -D "$PGQRS_TMP/$1" -l "$log" -w -s start >&2 ||
        { tail -n 30 "$log" >&2; die "the private server did not start"; }
    use_server "$1"
}

use_server() {
    PGPORT=$(cat "$PGQRS_TMP/$1.port")
    export PGPORT PGHOST=$PGQRS_TMP/s PGUSER=postgres PGDATABASE=postgres
    unset PGSERVICE PGPASSWORD PGOPTIONS PGSSLMODE PGHOSTADDR
}

stop_server() { as_server_user "$PGQRS_BIN/pg_ctl" -D "$PGQRS_TMP/$1" -m fast -w -s stop >&2; }

restart_server() {
    stop_server "$1"
    launch_server "$1"
}

server_log() { echo "$PGQRS_TMP/$1.log"; }

# Only servers whose data lies in our folder are ended, by the process id their own lock file names.
remove_private_server() {
    local lock
    [ -n "$PGQRS_TMP" ] && [ -d "$PGQRS_TMP" ] || return 0
    while IFS= read -r lock; do
        end_postmaster "$(head -n 1 "$lock" 2>/dev/null)" "$(dirname "$lock")"
    done < <(find "$PGQRS_TMP" -name postmaster.pid 2>/dev/null)
    cd /
    rm -rf "$PGQRS_TMP"
}

end_postmaster() {
    local pid=$1 data=$2 tries=0
    [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$data" ] || return 0
    kill -QUIT "$pid" 2>/dev/null || return 0
    while [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$data" ] && [ "$tries" -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    [ "$tries" -lt 100 ] || kill -KILL "$pid" 2>/dev/null || true
}
