#!/usr/bin/env bash
# The examples in every language (examples/, listed in ./languages) against private servers, directly and through
# PgBouncer. Installs what the languages need.
#
#   test/examples/run.sh [LANGUAGE...]     all, or those named
#
#   test_build.py      the programs are built          test_together.py    all languages at one queue
#   test_languages.py  each language, several at the same time
#   test_workflows.py  workflows whose workers are killed
#   test_drivers.py    drivers (drivers/list), those of them that `always` run: drivers.sh runs all
#   test_recipes.py    what doc/clients.md tells beside them
#   conftest.py        languages, places, shops        shop.py             databases, programs, waiting
#
# The last line on stdout is `N passed, N failed`; all else goes to stderr.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build counts private_server pgbouncer pytest; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done
# shellcheck source-path=SCRIPTDIR
. "$here/servers.sh"

# As test/run.sh builds: objects of another mode would be built again.
export WERROR=1

main() {
    promise_closing_line
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) $(client_packages) $(pytest_packages) \
        python3-psycopg pgbouncer $(language_packages "$@") $([ $# -gt 0 ] || driver_packages always)
    build cli server
    make_private_server
    on_exit remove_pgbouncers
    case " ${*:-node} " in *' node '*) find_node_pg ;; esac
    start_everything
    export_places
    local -a chosen=("${@/#/--language=}")
    stage 'examples: builds' run_pytest "${chosen[@]}" "$here/test_build.py"
    # They wait more than they work.
    stage 'examples: languages' run_pytest "${chosen[@]}" -n 6 --dist loadgroup "$here/test_languages.py"
    stage 'examples: workflows' run_pytest "${chosen[@]}" -n 4 "$here/test_workflows.py"
    stage 'examples: together' run_pytest "${chosen[@]}" "$here/test_together.py"
    if [ $# = 0 ]; then
        stage 'examples: drivers' run_pytest -n 6 --dist loadgroup "$here/test_drivers.py" "$here/test_recipes.py"
    fi
    close_counts
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

main "$@"
