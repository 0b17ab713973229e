#!/usr/bin/env bash
# What a program outside of this tree gets: installs library, headers and command into a temporary folder, and builds
# and runs examples/cpp with them, found by pkg-config (shared and static) and by CMake (shared and static).
#
# Needs the connection's PGHOST, PGPORT... and PGQRS_TMP of test/run.sh. Prints `ok TEST` or `not ok TEST`; the last
# line on stdout is `N passed, N failed`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
examples=$root/examples/cpp
work=$(mktemp -d "${PGQRS_TMP:?run this through test/run.sh client}/installed.XXXXXX")
prefix=$work/prefix
log=$work/log
passed=0 failed=0

main() {
    claim 'make install-client installs' install_client
    claim 'every header compiles alone' headers_alone
    claim 'options compile with all warnings' options_without_warnings
    claim 'the header has the version' header_has_version
    claim 'the shared library exports pgqrs only' exports_only_pgqrs
    claim 'the command runs' "$prefix/bin/pgqrs" --version
    createdb installed
    export PGDATABASE=installed DATABASE_URL=dbname=installed
    psql -X -q -v ON_ERROR_STOP=1 -f "$root/examples/schema.sql" >"$log" 2>&1
    claim 'pkg-config, shared' with_pkg_config "$prefix" --libs
    remove_shared
    claim 'pkg-config, static' with_pkg_config "$work/static" --static --libs
    claim 'CMake, shared' with_cmake pgqrs::pgqrs ''
    claim 'CMake, static' with_cmake pgqrs::static static
    claim 'CMake refuses another major version' refuses_version
    claim 'DESTDIR stands before PREFIX and is written nowhere' with_destdir
    claim 'make uninstall-client leaves nothing' uninstall_client
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

claim() {
    local name=$1 status
    shift
    # set -e does not count inside a condition.
    set +e
    (set -e; "$@") >"$log" 2>&1
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        echo "ok $name"
        passed=$((passed + 1))
    else
        echo "not ok $name"
        tail -n 40 "$log" >&2
        failed=$((failed + 1))
    fi
}

# Where there is no server, and so no pg_config.
top_make() {
    flock "$root/.build-lock" \
        make -C "$root" --no-print-directory -s -j "$(nproc)" PG_CONFIG=/no/pg_config LDCONFIG=: "$@"
}

# A `!` in front of a command would hide its failure from set -e.
not() { ! "$@"; }
links_to_shared() { [[ $(ldd "$1") == *libpgqrs.so.1* ]]; }

install_client() {
    top_make install-client PREFIX="$prefix" DESTDIR= || return 1
    local file
    for file in lib/libpgqrs.a lib/libpgqrs.so lib/libpgqrs.so.1 lib/pkgconfig/pgqrs.pc \
        lib/cmake/pgqrs/pgqrs-config.cmake include/pgqrs/client.hpp bin/pgqrs; do
        [ -e "$prefix/$file" ] || { echo "missing: $file"; return 1; }
    done
}

headers_alone() {
    local header
    (cd "$prefix/include" && find . -name '*.hpp') | while IFS= read -r header; do
        # shellcheck disable=SC2046
        echo "#include <${header#./}>" | "${CXX:-g++}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -x c++ \
            $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags pgqrs) - || { echo "$header"; exit 1; }
    done
}

# With the warnings a user may have: what is left out of options has a default.
options_without_warnings() {
    "${CXX:-g++}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -x c++ \
        $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags pgqrs) - <<'PROGRAM'
#include <pgqrs/client.hpp>
using namespace pgqrs;
[[maybe_unused]] const Settings settings{.max_connections = 1};
[[maybe_unused]] const Config config{.max_connections = 1};
[[maybe_unused]] const Validation validation{.max_depth = 3};
[[maybe_unused]] const QueueOptions queue{.notify = true};
[[maybe_unused]] const EnqueueOptions enqueue{.priority = 1};
[[maybe_unused]] const DequeueOptions dequeue{.lock_time = Duration(1)};
[[maybe_unused]] const WorkOptions work_options{.stop_when_empty = true};
[[maybe_unused]] const NewMessage message{.payload = "1"};
[[maybe_unused]] const NewWorker worker{.queue = "a", .name = "b"};
[[maybe_unused]] const NewQueueMessage queue_message{.queue = "a"};
[[maybe_unused]] const Statement statement{.sql = "SELECT 1"};
[[maybe_unused]] const Error::Parts parts{.sqlstate = "PQ005", .message = "x"};
PROGRAM
}

header_has_version() {
    local version
    version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" "$root/pgqrs.control")
    [ "$(printf '%s\n' '#include <pgqrs/client/version.hpp>' PGQRS_VERSION \
        'PGQRS_VERSION_MAJOR.PGQRS_VERSION_MINOR' PGQRS_VERSION_NUMBER |
        "${CXX:-g++}" -E -P -I "$prefix/include" -x c++ - |
        tr -d ' \n"')" = "$version${version%.*}.${version#*.}(${version%.*}*100+${version#*.})" ]
}

exports_only_pgqrs() {
    local exported
    exported=$(nm -D --defined-only --format=posix "$prefix/lib/libpgqrs.so.1" | cut -d' ' -f1)
    [ -n "$exported" ] || return 1
    not grep -vE '^_Z(N|NK|T.N)5pgqrs' <<<"$exported"
}

# $1: folder with producer and worker. An order with its job, and the invoice the worker makes.
place_and_make() {
    local before after
    before=$(psql -X -At -c 'SELECT count(*) FROM invoices')
    "$1/producer" 3
    STOP_WHEN_EMPTY=1 "$1/worker"
    after=$(psql -X -At -c 'SELECT count(*) FROM invoices')
    [ $((after - before)) = 3 ] || { echo "$before, then $after invoices"; return 1; }
}

# $1: prefix, $2...: options of pkg-config.
with_pkg_config() {
    local prefix=$1 out
    shift
    out=$work/out$*
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    mkdir -p "$out"
    for program in producer worker; do
        # shellcheck disable=SC2046
        "${CXX:-g++}" -std=c++20 -Wall -Wextra -Werror -o "$out/$program" "$examples/$program.cpp" \
            $(pkg-config --cflags pgqrs) $(pkg-config --define-prefix "$@" pgqrs)
    done
    # Linked against what it should be.
    export LD_LIBRARY_PATH=$prefix/lib
    if [ "$1" = --static ]; then not links_to_shared "$out/producer"; else links_to_shared "$out/producer"; fi
    place_and_make "$out"
}

# The linker prefers a shared library that lies beside a static one.
remove_shared() {
    cp -R "$prefix" "$work/static"
    rm "$work"/static/lib/libpgqrs.so*
}

# $1: target, $2: components. The examples' own CMakeLists.txt says pgqrs::pgqrs.
with_cmake() {
    local source=$work/cmake$2
    cp -R "$examples" "$source"
    [ -z "$2" ] || sed -i -e "s/pgqrs::pgqrs/$1/" -e "s/CONFIG REQUIRED/CONFIG REQUIRED COMPONENTS $2/" \
        "$source/CMakeLists.txt"
    grep -q "$1" "$source/CMakeLists.txt"
    cmake -S "$source" -B "$source/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS='-Wall -Wextra -Werror'
    cmake --build "$source/build"
    if [ "$2" = static ]; then
        not links_to_shared "$source/build/producer"
    else
        links_to_shared "$source/build/producer"
    fi
    place_and_make "$source/build"
}

refuses_version() {
    mkdir "$work/version"
    printf '%s\n' 'cmake_minimum_required(VERSION 3.16)' 'project(other CXX)' \
        'find_package(pgqrs 2.0 CONFIG REQUIRED)' >"$work/version/CMakeLists.txt"
    not cmake -S "$work/version" -B "$work/version/build" -DCMAKE_PREFIX_PATH="$prefix"
    grep -q 'considered but not accepted' "$log"
}

with_destdir() {
    local stage=$work/stage
    top_make install-client PREFIX=/usr LIBDIR=/usr/lib/some-linux-gnu DESTDIR="$stage"
    [ -e "$stage/usr/lib/some-linux-gnu/libpgqrs.so.1" ]
    [ -e "$stage/usr/include/pgqrs/client.hpp" ]
    not grep -rF "$stage" "$stage/usr/lib" --include='*.pc' --include='*.cmake'
    # The CMake files find the tree wherever it stands.
    with_staged_cmake "$stage/usr/lib/some-linux-gnu/cmake"
}

with_staged_cmake() {
    cmake -S "$examples" -B "$work/staged" -Dpgqrs_DIR="$1/pgqrs"
    cmake --build "$work/staged" --target producer
}

uninstall_client() {
    top_make uninstall-client PREFIX="$prefix" DESTDIR=
    [ -z "$(find "$prefix" ! -type d)" ]
}

main
