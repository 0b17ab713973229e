#!/usr/bin/env bash
# Rule: includes follow the layers.
#
#   core <- pg <- engine <- queue <- { workflow, pgmq } <- { fn, bgw } <- module
#   core <- client <- cli
#
# A layer may include the layers that are listed for it and the other headers that its pattern allows. So PostgreSQL's
# headers stay inside pg, and libpq's inside client and cli. The headers in include/ are installed: they may include less
# than the sources beside them.
set -euo pipefail
cd "$1"
{ grep -rnE '^ *# *include' --include='*.cpp' --include='*.hpp' --include='*.h' src include test/unit test/client test/engine \
    2>/dev/null || true; } | grep -v '/catch\.hpp:' | awk '
BEGIN {
    std = "<[a-z_]+>"
    libpq = "[\"<]libpq-fe\\.h[\">]"
    posix = "<(spawn|unistd|fcntl|poll|signal|pthread|termios|netinet/in|sys/[a-z]+)\\.h>"
    json = "<nlohmann/[a-z_]+\\.hpp>"
    server = "core pg engine queue workflow pgmq fn bgw"
    allow("core", "core", std)
    allow("pg", "core pg", ".*")
    allow("engine", "core pg engine", std)
    allow("queue", "core pg engine queue", std)
    allow("workflow", "core pg engine queue workflow", std)
    allow("pgmq", "core pg engine queue pgmq", std)
    allow("fn", "core pg engine queue workflow pgmq fn", std)
    allow("bgw", "core pg engine queue workflow pgmq bgw", std)
    allow("module", server, std)
    allow("installed", "client", std "|" json)
    allow("client", "core client", std "|" libpq "|" posix "|" json "|[<\"]yaml-cpp/.*")
    allow("cli", "core client cli", std "|" libpq "|" posix "|" json "|[<\"](CLI|yaml-cpp)/.*|<utf8proc\\.h>")
    allow("unit_test", "core", std "|\"catch\\.hpp\"")
    allow("client_test", "core client", std "|" libpq "|" posix "|" json "|\"catch\\.hpp\"")
    allow("engine_test", "core pg engine", std)
    split(server " client cli", names, " ")
    for (i in names) is_layer[names[i]] = 1
}
function allow(layer, layers, headers,    list, i) {
    known[layer] = 1
    other[layer] = "^(" headers ")$"
    split(layers, list, " ")
    for (i in list) may[layer, list[i]] = 1
}
function layer_of(file,    parts) {
    split(file, parts, "/")
    if (parts[1] == "test") return parts[2] "_test"
    if (parts[1] == "include") return "installed"
    return file == "src/module.cpp" ? "module" : parts[2]
}
# Whether the file is there; the answer is kept.
function exists(path,    line, status) {
    if (!(path in seen)) {
        status = (getline line < path)
        close(path)
        seen[path] = status >= 0
    }
    return seen[path]
}
{
    match($0, /^[^:]*:[0-9]*/)
    place = substr($0, 1, RLENGTH)
    file = place
    sub(/:[0-9]*$/, "", file)
    header = $0
    sub(/^[^:]*:[0-9]*: *# *include */, "", header)
    sub(/[">][^">]*$/, substr(header, 1, 1) == "<" ? ">" : "\"", header)
    layer = layer_of(file)
    path = substr(header, 2, length(header) - 2)
    sub(/^pgqrs\//, "", path)
    target = path
    sub(/(\/|\.hpp).*/, "", target)
    if (target in is_layer && header ~ /^"/) {
        if (may[layer, target]) next
    } else if (known[layer]) {
        folder = file
        sub(/\/[^\/]*$/, "", folder)
        # A header beside the file belongs to its layer.
        if (header ~ /^"/ && exists(folder "/" path)) next
        if (header ~ other[layer]) next
    }
    print place ": layer " layer " must not include " header
    bad = 1
}
END { exit bad }'
