#!/usr/bin/env bash
# Rule: includes follow the layers. core <- pg <- store <- {fn, bgw} <- module; core <- client <- cli. What a layer may
# include is listed; all else fails, so PostgreSQL's headers stay inside pg and libpq's inside client and cli. The
# client's headers are installed, so they may include less than its sources.
set -euo pipefail
cd "$1"

std='<[a-z_]+>'
libpq='["<]libpq-fe\.h[">]'
posix='<(spawn|unistd|fcntl|poll|signal|spawn|pthread|termios|netinet/in|sys/[a-z]+)\.h>'
json='<nlohmann/[a-z_]+\.hpp>'

# Prints "layers|pattern": the layers whose headers the layer may include, and the other headers it may include.
allowed() {
    case "$1" in
        core) echo "core|$std" ;;
        pg) echo 'pg core|.*' ;;
        store) echo "store pg core|$std" ;;
        fn) echo "fn store pg core|$std" ;;
        bgw) echo "bgw store pg core|$std" ;;
        module) echo "fn bgw store pg core|$std" ;;
        client_header) echo "client core|$std|$json" ;;
        client) echo "client core|$std|$libpq|$posix|$json|[<\"]yaml-cpp/.*" ;;
        client_test) echo "client core|$std|$libpq|$posix|$json|\"catch\.hpp\"" ;;
        cli) echo "cli client core|$std|$libpq|$posix|$json|[<\"](CLI|yaml-cpp|spdlog|fmt)/.*" ;;
        unit) echo "core|$std|\"catch\.hpp\"" ;;
        *) echo "|$std" ;;
    esac
}

layer_of() {
    case "$1" in
        include/pgqrs/client.hpp | include/pgqrs/client/*) echo client_header ;;
        test/client/*) echo client_test ;;
        src/*/*) echo "$1" | cut -d/ -f2 ;;
        include/pgqrs/*/*) echo "$1" | cut -d/ -f3 ;;
        test/unit/*) echo unit ;;
        # include/pgqrs.hpp and the like, and src/module.cpp.
        src/module.cpp) echo module ;;
        *) echo none ;;
    esac
}

check_include() {
    local file=$1 line=$2 header=$3 layer rule target
    layer=$(layer_of "$file")
    rule=$(allowed "$layer")
    case "$header" in
        \"pgqrs/* | \<pgqrs/*)
            target=$(echo "${header#?pgqrs/}" | cut -d/ -f1 | sed -E 's/\.hpp.?$//')
            case " ${rule%%|*} " in *" $target "*) return 0 ;; esac
            ;;
        # A header beside the file belongs to its layer.
        \"*) [ ! -e "$(dirname "$file")/$(echo "$header" | tr -d '"')" ] || return 0 ;;
    esac
    case "$header" in
        \"pgqrs/* | \<pgqrs/*) ;;
        *) [[ ! "$header" =~ ^(${rule#*|})$ ]] || return 0 ;;
    esac
    echo "$file:$line: layer $layer must not include $header"
    return 1
}

bad=0
while IFS=: read -r file line text; do
    header=$(echo "$text" | sed -E 's/^ *# *include *([<"][^>"]*[>"]).*/\1/')
    check_include "$file" "$line" "$header" || bad=1
done < <(grep -rnE '^ *# *include' --include='*.cpp' --include='*.hpp' --include='*.h' src include test/unit test/client 2>/dev/null |
    grep -v '^test/unit/catch.hpp:')
exit $bad
