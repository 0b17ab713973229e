#!/usr/bin/env bash
# make lint: every test/lint/rule_*.sh, then self_test.sh, which shows that each rule can fail. A rule gets the folder to
# check as its argument, prints what is wrong, and exits 1; status 77 means it cannot be checked here (it says why).
# Last line on stdout: `N passed, N failed`.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/../lib/common.sh"
. "$here/../lib/packages.sh"

need_packages jq binutils
passed=0 failed=0
for rule in "$here"/rule_*.sh "$here/self_test.sh"; do
    name=$(basename "$rule" .sh)
    status=0
    bash "$rule" "$PGQRS_ROOT" || status=$?
    case $status in
        0) echo "ok $name"; passed=$((passed + 1)) ;;
        77) echo "skipped $name" ;;
        *) echo "not ok $name"; failed=$((failed + 1)) ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
