# Sourced: chooses the PostgreSQL to build for and builds.
#
#   choose_postgres       sets PG_CONFIG (path) and PG_MAJOR; an exported PG_CONFIG wins, then 15, then what Debian ships
#   build_packages        prints the Debian packages a build needs
#   tap_packages          prints those that TAP tests use where the release has them; without, they skip what needs them
#   client_packages       prints those that the client library, the command and their tests need besides
#   build WHAT...         compiles in the checkout, everything named in one parallel make (test/build.mk): server, cli,
#                         unit, client_tests, probe. WERROR=1 in the environment: warnings are errors. With PGQRS_BUILT=yes
#                         in the environment all is there already.
#
# The build runs as the calling user, who can read the checkout; user postgres often cannot.

choose_postgres() {
    if [ -n "${PG_CONFIG:-}" ]; then
        PG_CONFIG=$(command -v "$PG_CONFIG") || die "PG_CONFIG does not name a program"
        PG_MAJOR=$("$PG_CONFIG" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
    else
        PG_MAJOR=15
        [ -x /usr/lib/postgresql/15/bin/pg_config ] || PG_MAJOR=$(debian_major)
        PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config
    fi
    export PG_CONFIG
}

build_packages() {
    echo g++ make binutils
    # A server from elsewhere brings its own headers.
    case "$PG_CONFIG" in
        /usr/lib/postgresql/* | /usr/bin/*) echo "postgresql-$PG_MAJOR" "postgresql-server-dev-$PG_MAJOR" ;;
    esac
}

tap_packages() {
    local repack=postgresql-$PG_MAJOR-repack
    case "$PG_CONFIG" in
        /usr/lib/postgresql/* | /usr/bin/*) ! apt-cache show "$repack" >/dev/null 2>&1 || echo "$repack" ;;
    esac
}

client_packages() { echo pkgconf libpq-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libutf8proc-dev; }

# Two scripts may run in the same checkout at the same time: one builds, the other waits.
build() {
    [ -z "${PGQRS_BUILT:-}" ] || return 0
    [[ " $* " != *' server '* ]] || [ -e "$("$PG_CONFIG" --pgxs)" ] ||
        die "$PG_CONFIG names no PGXS: install postgresql-server-dev-$PG_MAJOR"
    say "building: $*"
    run_interruptible flock "$PGQRS_ROOT/.build-lock" make -C "$PGQRS_ROOT" -f test/build.mk --no-print-directory -s \
        -j "$(job_count)" PG_CONFIG="$PG_CONFIG" "$@" >&2
}
