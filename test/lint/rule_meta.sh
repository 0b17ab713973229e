#!/usr/bin/env bash
# Rule: META.json is valid JSON, has the fields the PGXN meta spec requires, and agrees with pgqrs.control.
set -euo pipefail
cd "$1"
version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" pgqrs.control)
[ -n "$version" ] || {
    echo 'pgqrs.control has no default_version'
    exit 1
}
# The spec wants three numbers where the control file has two.
jq -e --arg version "$version" '
    def need(condition; message): if condition then empty else message end;
    [ need(.name == "pgqrs"; "name"),
      need((.abstract | type) == "string"; "abstract"),
      need((.maintainer | type) == "array" or (.maintainer | type) == "string"; "maintainer"),
      need((.license - ["apache_2_0", "mit"]) == []; "license"),
      need(.version | startswith($version + "."); "version: pgqrs.control says " + $version),
      need(.version | test("^[0-9]+\\.[0-9]+\\.[0-9]+$"); "version: not a semantic version"),
      need(.provides.pgqrs.version == .version; "provides.pgqrs.version"),
      need(.provides.pgqrs.file == "sql/pgqrs--" + $version + ".sql"; "provides.pgqrs.file"),
      need(.["meta-spec"].version == "1.0.0"; "meta-spec") ]
    | if . == [] then true else ("META.json: wrong " + join(", ") + "\n" | halt_error(1)) end' META.json >/dev/null ||
    exit 1
