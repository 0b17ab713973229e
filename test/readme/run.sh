#!/usr/bin/env bash
# Compares the documentation with what it is about (check_documents.py), and runs every fenced code block of README.md, doc/*.md
# and examples/README.md, each file against a new private server. A block's language says how:
#
#   sql       psql, stops at the first error; each block is a session of its own. In a file whose blocks do not
#             create the extension it is there from the start
#   console   commands after `$ `, and what they print: test/cli/session.py says how. `pgqrs` is the one built here, and
#             connects to the server of the file. A file whose sessions run `pgqrs install` begins without the extension
#   text, console   after the line `<!-- output -->`: is what the sql block directly before printed, compared as
#             match_output.py says. Without that line, text is an illustration and not checked
#   python    Debian's Python 3 with psycopg 3, as it stands; an endless worker is interrupted when no message is left
#             (run_program.py)
#   sh        bash -e in a copy of the checkout with its build products, without the lines `make test` (this is part of it)
#             and `make demo`. sudo does not change the user; pg_config is the private one, so `make install` installs
#             there, without the C++ client, and `make install-client` into a folder
#   ini       a preloaded server starts with these settings and complains about none
#
# After the line `<!-- from FILE -->` a block of any language is not run: it has to be part of that file of the checkout, as
# it stands, such as of an example that test/examples runs.
#
# Any other language fails, so that nothing goes untested silently.
#
#   test/readme/run.sh [FILE...]      prints `ok FILE:LINE LANGUAGE` or `not ok ...` a block; reasons go to stderr
#                                     With FILEs only their blocks are run
#
# The last line on stdout is `N passed, N failed`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build counts private_server; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done

python=(/usr/bin/python3 -I)
declare -A seconds=([sql]=60 [python]=20 [sh]=900 [session]=300)
work=
server=
file_number=0
export LC_ALL=C.UTF-8 PGCLIENTENCODING=UTF8

# As test/run.sh builds: objects of another mode would be built again.
export WERROR=1

main() {
    promise_closing_line
    local file
    local -a files=("$@")
    # test/examples runs the recipes of doc/clients.md, which need servers of their own.
    [ $# -gt 0 ] || mapfile -t files < <(
        echo "$PGQRS_ROOT/README.md"
        find "$PGQRS_ROOT/doc" "$PGQRS_ROOT/examples" -name '*.md' \
            ! -path '*/doc/clients.md' 2>/dev/null | sort
    )
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) $(client_packages) python3 python3-psycopg jq
    [ $# -gt 0 ] || check_documents
    build cli server
    make_private_server
    mkdir "$PGQRS_TMP/readme"
    for file in "${files[@]}"; do run_file "$file"; done
    close_counts && [ "$PGQRS_PASSED" != 0 ]
}

check_documents() {
    local line
    while IFS= read -r line; do
        echo "$line"
        case $line in
            'ok '*) PGQRS_PASSED=$((PGQRS_PASSED + 1)) ;;
            *) PGQRS_FAILED=$((PGQRS_FAILED + 1)) ;;
        esac
    done < <("${python[@]}" "$here/check_documents.py" "$PGQRS_ROOT" || echo 'not ok the documents are checked')
}

# Everything of one file is in $work; the last sql block's output stays in $work/printed for the output block after it.
run_file() {
    local file=$1 shown=${1#"$PGQRS_ROOT/"} line language kind where
    file_number=$((file_number + 1))
    server=file$file_number
    work=$PGQRS_TMP/readme/$server
    mkdir "$work" "$work/blocks"
    "${python[@]}" "$here/split_blocks.py" "$file" "$work/blocks" >"$work/index"
    if grep -qE $'\t(sql|python|sh|session)\t' "$work/index"; then
        start_server "$server" 'fsync = off'
        grep -qsiE 'CREATE EXTENSION (IF NOT EXISTS )?pgqrs|^\$ pgqrs install' "$work"/blocks/*.{sql,session} ||
            psql -X -q -c 'CREATE EXTENSION pgqrs'
    fi
    while IFS=$'\t' read -r line language kind where <&3; do
        if [ "$kind" = illustration ]; then
            echo "illustration $shown:$line $language"
        elif "check_$kind" "$where" >"$work/log" 2>&1; then
            echo "ok $shown:$line $language"
            PGQRS_PASSED=$((PGQRS_PASSED + 1))
        else
            echo "not ok $shown:$line $language"
            PGQRS_FAILED=$((PGQRS_FAILED + 1))
            say "$shown:$line:"
            tail -n 60 "$work/log" >&2
        fi
    done 3<"$work/index"
    [ ! -e "$PGQRS_TMP/$server" ] || stop_server "$server"
}

check_error() {
    echo "$1"
    return 1
}

check_sql() {
    local status=0
    limited sql psql -X -v ON_ERROR_STOP=1 -P pager=off -f "$1" >"$work/printed" || status=$?
    cat "$work/printed"
    return "$status"
}

check_output() { "${python[@]}" "$here/match_output.py" "$1" "$work/printed"; }

check_excerpt() { "${python[@]}" "$here/match_excerpt.py" "$1" "$PGQRS_ROOT/$(cat "$1.from")"; }

check_python() {
    limited python env -C "$work" -u DATABASE_URL "${python[@]}" "$here/run_program.py" "${python[@]}" "$1"
}

check_session() {
    limited session env -C "$work" PATH="$PGQRS_ROOT/build/cli:$PATH" "${python[@]}" "$PGQRS_ROOT/test/cli/session.py" "$1"
}

check_sh() {
    [ -e "$work/clone" ] || copy_checkout
    grep -vxE 'make (test|demo) *' "$1" >"$work/script" || true
    limited sh env -C "$work/clone" -u WERROR -u PGQRS_BUILT PATH="$work/programs:$PGQRS_ROOT/build/cli:$PATH" \
        PG_CONFIG="$PGQRS_BIN/pg_config" WITH_CLIENT=no PREFIX="$work/prefix" LDCONFIG=: MAKEFLAGS="-j$(job_count)" \
        DEBIAN_FRONTEND=noninteractive APT_CONFIG="$work/apt.conf" bash -e "$work/script"
}

# A custom setting is checked when the library is loaded: a wrong name or value shows then, as a warning in the log.
check_ini() {
    local name=settings log status=0
    local -a lines
    rm -rf "${PGQRS_TMP:?}/$name" "$PGQRS_TMP/$name".*
    mapfile -t lines <"$1"
    # In a subshell, which start_server may end and whose environment goes with it.
    (
        start_server "$name" "shared_preload_libraries = 'pgqrs'" "${lines[@]}"
        psql -X -q -A -t -c "SELECT name || ': ' || error FROM pg_file_settings WHERE error IS NOT NULL"
        stop_server "$name"
    ) >"$work/settings" 2>&1 || status=$?
    cat "$work/settings"
    log=$(server_log "$name")
    ! grep -E 'WARNING|ERROR|FATAL|invalid' "$log" || status=1
    [ "$status" = 0 ] && [ ! -s "$work/settings" ]
}

# LIMIT COMMAND...; the command's standard input is empty.
limited() {
    local limit=${seconds[$1]} status=0
    shift
    run_interruptible timeout -k 5 "$limit" "$@" </dev/null || status=$?
    [ "$status" != 124 ] || echo "did not end within $limit s"
    return "$status"
}

# With what is built already, so that the commands of the documentation are tested and not the compiler; and a sudo that stays the
# same user except to install packages, of which none is upgraded.
copy_checkout() {
    case $("$PGQRS_BIN/pg_config" --pkglibdir) in
        "$PGQRS_TMP"/*) ;;
        *) die 'make install would not go to the private installation' ;;
    esac
    mkdir "$work/clone" "$work/programs"
    tar -C "$PGQRS_ROOT" --exclude=./.git --exclude=./.build-lock --exclude=./test/bench/results -cf - . |
        tar -C "$work/clone" -xf -
    printf '%s "%s";\n' APT::Get::Upgrade false DPkg::Lock::Timeout 300 >"$work/apt.conf"
    cat >"$work/programs/sudo" <<'SUDO'
#!/bin/sh
[ "$1" != -u ] || shift 2
case $(id -u)$1 in
    0*) exec "$@" ;;
    *apt-get) PATH=${PATH#*:}; exec sudo APT_CONFIG="$APT_CONFIG" DEBIAN_FRONTEND=noninteractive "$@" ;;
    *) exec "$@" ;;
esac
SUDO
    chmod 755 "$work/programs/sudo"
}

main "$@"
