#!/usr/bin/env bash
# Rule: pgqrs.so exports the functions the server looks up and nothing else. All extensions of a backend share one name
# space: a stray symbol can replace that of another library, or be replaced.
set -euo pipefail
cd "$1"
[ -e pgqrs.so ] || {
    echo 'pgqrs.so is not built'
    exit 77
}
exported=$(nm -D --defined-only --format=posix pgqrs.so | cut -d' ' -f1)
[ -n "$exported" ] || {
    echo 'pgqrs.so exports nothing'
    exit 1
}
stray=$(echo "$exported" | grep -vxE 'pgqrs_[a-z0-9_]+|pg_finfo_pgqrs_[a-z0-9_]+|Pg_magic_func|_PG_init|_PG_fini' || true)
[ -z "$stray" ] || {
    echo "exported, but not ours to export:"
    echo "$stray" | c++filt | head -n 20
    exit 1
}
