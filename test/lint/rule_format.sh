#!/usr/bin/env bash
# Rule: C++ files are as clang-format leaves them. Not checked where clang-format is missing or another version than the
# one the project formats with, since versions differ in details.
set -euo pipefail
cd "$1"
command -v clang-format >/dev/null || {
    echo 'clang-format is not installed'
    exit 77
}
clang-format --version | grep -q 'version 14\.' || {
    echo 'clang-format is not version 14'
    exit 77
}
{ find src include examples test/unit test/client test/bench -name '*.[ch]pp' 2>/dev/null || true; } | sort | xargs -r clang-format --dry-run -Werror
