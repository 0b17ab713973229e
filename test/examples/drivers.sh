#!/usr/bin/env bash
# All drivers of doc/clients.md against private servers, directly and through PgBouncer: by hand, because it installs
# compilers, interpreters and frameworks. make test runs those lines of drivers/list that say `always`.
#
#   test/examples/drivers.sh [DRIVER...]     all, or those named: test/examples/drivers.sh Django 'lib/pq'
#
# It shows what each driver answers. The last line on stdout is `N passed, N failed`; all else goes to stderr.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build counts private_server pgbouncer pytest; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done
# shellcheck source-path=SCRIPTDIR
. "$here/servers.sh"

export WERROR=1

main() {
    promise_closing_line
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) $(pytest_packages) python3-psycopg pgbouncer $(packages_of 3 "$@")
    build server
    make_private_server
    on_exit remove_pgbouncers
    install_npm_packages "$@"
    start_everything
    export_places
    # What these programs cannot say themselves.
    DRIVER_PGX=$(version_of golang-github-jackc-pgx-v4-dev)
    DRIVER_PQ=$(version_of golang-github-lib-pq-dev)
    DRIVER_TOKIO_POSTGRES=$(version_of librust-tokio-postgres-dev)
    EXAMPLES_DRIVERS=$(printf '%s\n' "${@:-all}")
    export EXAMPLES_DRIVERS DRIVER_PGX DRIVER_PQ DRIVER_TOKIO_POSTGRES
    stage 'drivers' run_pytest -s "$here/test_drivers.py"
    close_counts
}

# One field of the lines, of the drivers named or of all. node-pg comes from npm here.
packages_of() {
    local field=$1
    shift
    printf '%s\n' "$@" | awk -F' *[|] *' -v field="$field" '
        NR == FNR { wanted[$0] = 1; if ($0 != "") some = 1; next }
        /^#/ || NF < 6 { next }
        !some || ($1 in wanted) { gsub(/node-pg/, "", $field); print $field }' - "$here/drivers/list"
}

install_npm_packages() {
    local -a packages=()
    # shellcheck disable=SC2207
    packages=($(packages_of 4 "$@" | tr ' ' '\n' | sort -u))
    [ ${#packages[@]} -gt 0 ] || return 0
    command -v npm >/dev/null || need_packages npm
    mkdir "$PGQRS_TMP/npm"
    say "npm packages: ${packages[*]}"
    npm install --prefix "$PGQRS_TMP/npm" --no-audit --no-fund --silent "${packages[@]}" >&2 ||
        die 'npm install failed'
    export NODE_PATH=$PGQRS_TMP/npm/node_modules
}

version_of() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null || true; }

main "$@"
