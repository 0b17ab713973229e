#!/usr/bin/env bash
# Rule: shell scripts parse.
set -euo pipefail
cd "$1"
bad=0
while IFS= read -r script; do
    bash -n "$script" || bad=1
done < <(
    find . -name .git -prune -o -name build -prune -o -name node_modules -prune -o -type f -name '*.sh' -print
    # Scripts without a suffix, such as .ci/run.
    find . -name .git -prune -o -name build -prune -o -name node_modules -prune -o -type f -perm -100 ! -name '*.*' -print |
        while IFS= read -r file; do
            ! head -c 30 "$file" | head -n 1 | grep -q '^#!.*sh' 2>/dev/null || echo "$file"
        done
)
exit $bad
