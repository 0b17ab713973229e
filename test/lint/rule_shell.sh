#!/usr/bin/env bash
# Rule: shell scripts parse.
set -euo pipefail
cd "$1"
bad=0
while IFS= read -r script; do
    bash -n "$script" || bad=1
done < <(
    find . -name .git -prune -o -name build -prune -o -name node_modules -prune -o -type f -name '*.sh' -print
    # Scripts without a suffix, such as .ci/run: their first line says so.
    find . -name .git -prune -o -name build -prune -o -name node_modules -prune -o -type f -perm -100 ! -name '*.*' -print0 |
        xargs -0 -r awk 'FNR == 1 && /^#!.*sh/ { print FILENAME } { nextfile }'
)
exit $bad
