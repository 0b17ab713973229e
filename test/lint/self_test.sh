#!/usr/bin/env bash
# Shows that each rule can fail: builds a small clean tree in a temporary folder, expects every rule to accept it, then
# plants one violation after the other and expects the rule to refuse it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
bad=0

make_clean_tree() {
    mkdir -p "$tree"/src/{core,pg,engine,queue,fn,client,cli} "$tree"/include/pgqrs/client "$tree"/test/{unit,client}
    cp "$here/../../.clang-format" "$here/../../pgqrs.control" "$here/../../META.json" "$tree/"
    echo '#include <string>' >"$tree/src/core/name.hpp"
    echo '#include "postgres.h"' >"$tree/src/pg/guard.hpp"
    printf '#include "pg/guard.hpp"\n#include "core/name.hpp"\nvoid f() { ereport(ERROR, (1)); }\n' >"$tree/src/engine/claim.cpp"
    printf '#include "queue/queues.hpp"\n#include "pg/guard.hpp"\n// may say ereport(ERROR)\n' >"$tree/src/fn/queues.cpp"
    printf '#include "core/name.hpp"\n#include "libpq-fe.h"\n' >"$tree/src/client/send.cpp"
    printf '#include "beside.hpp"\n#include <yaml-cpp/yaml.h>\n#include <nlohmann/json.hpp>\n#include <poll.h>\n' >>"$tree/src/client/send.cpp"
    echo '#include <string>' >"$tree/src/client/beside.hpp"
    echo '#include "pgqrs/client/send.hpp"' >"$tree/include/pgqrs/client.hpp"
    printf '#include <nlohmann/json.hpp>\n' >"$tree/include/pgqrs/client/send.hpp"
    printf '#include <CLI/CLI.hpp>\n#include "pgqrs/client.hpp"\n' >"$tree/src/cli/main.cpp"
    printf '#include "catch.hpp"\n#include "pgqrs/client.hpp"\n' >"$tree/test/client/send_test.cpp"
    printf '#include "catch.hpp"\n#include "core/name.hpp"\n' >"$tree/test/unit/name_test.cpp"
    printf 'void f() { ereport(ERROR, (1)); }\n' >"$tree/src/pg/guard.cpp"
    echo 'true' >"$tree/good.sh"
    library 'int pgqrs_version() { return 1; }'
    cp -a "$tree" "$work/clean"
}

clean_tree() {
    rm -rf "$tree"
    cp -a "$work/clean" "$tree"
}

# Without the export list of the real build: the rule has to find what leaks.
library() { echo "extern \"C\" $1" | "${CXX:-g++}" -shared -fPIC -x c++ -o "$tree/pgqrs.so" -; }

accepts() {
    local status=0
    bash "$here/rule_$1.sh" "$tree" >"$work/out" 2>&1 || status=$?
    [ $status = 0 ] || [ $status = 77 ] || {
        echo "rule_$1 refuses a clean tree:"
        cat "$work/out"
        bad=1
    }
}

# $1 rule, $2 what was planted
refuses() {
    local status=0
    bash "$here/rule_$1.sh" "$tree" >/dev/null 2>&1 || status=$?
    [ $status = 1 ] || [ $status = 77 ] || [ $status = 123 ] || {
        echo "rule_$1 does not notice: $2 (status $status)"
        bad=1
    }
    clean_tree
}

# $1 file, $2 line
plant() { echo "$2" >>"$tree/$1"; }

plant_include() {
    plant "$1" "#include $2"
    refuses layers "$2 in $1"
}

make_clean_tree
for rule in layers symbols errors meta shell format; do accepts "$rule"; done

plant_include src/core/name.cpp '"pg/guard.hpp"'
plant_include src/core/name.cpp '"postgres.h"'
plant_include src/core/name.cpp '<libpq-fe.h>'
plant_include src/core/name.cpp '"nowhere.hpp"'
plant_include src/pg/guard.cpp '"engine/claim.hpp"'
plant_include src/engine/claim.cpp '"queue/queues.hpp"'
plant_include src/engine/claim.cpp '"utils/builtins.h"'
plant_include src/queue/queues.cpp '"utils/builtins.h"'
plant_include src/queue/queues.cpp '"fn/queues.hpp"'
plant_include src/queue/queues.cpp '"workflow/runs.hpp"'
plant_include src/fn/queues.cpp '"fmgr.h"'
plant_include src/fn/queues.cpp '"pgqrs/client/send.hpp"'
plant_include src/client/send.cpp '"pg/guard.hpp"'
plant_include src/client/send.cpp '"cli/main.hpp"'
plant_include include/pgqrs/client/send.hpp '<libpq-fe.h>'
plant_include include/pgqrs/client/send.hpp '"core/name.hpp"'
plant_include include/pgqrs/client.hpp '<yaml-cpp/yaml.h>'
plant_include src/client/send.cpp '<CLI/CLI.hpp>'
plant_include src/queue/queues.cpp '"pgqrs/client.hpp"'
plant_include test/client/send_test.cpp '"queue/queues.hpp"'
plant_include src/cli/main.cpp '"queue/queues.hpp"'
plant_include test/unit/name_test.cpp '"pg/guard.hpp"'

library 'int stray() { return 1; }'
refuses symbols 'an exported function without prefix'

for text in '    ereport(ERROR, (errmsg("x")));' 'PG_TRY();' 'if (x) elog (ERROR, "x");'; do
    plant src/queue/queues.cpp "$text"
    refuses errors "$text"
done

echo '{ "name": "pgqrs", }' >"$tree/META.json"
refuses meta 'broken JSON'
sed -i "s/^default_version.*/default_version = '9.9'/" "$tree/pgqrs.control"
refuses meta 'another version in the control file'

plant bad.sh 'if true; then'
refuses shell 'a script that does not parse'
mkdir -p "$tree/tool" && printf '#!/bin/sh\nfi\n' >"$tree/tool/run" && chmod +x "$tree/tool/run"
refuses shell 'a script without a suffix that does not parse'

plant src/core/name.cpp 'int   f( ){return 1 ;}'
refuses format 'bad formatting'

exit $bad
