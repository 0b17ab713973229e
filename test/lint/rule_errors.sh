#!/usr/bin/env bash
# Rule: PostgreSQL's error primitives are used by the layers pg and engine only. Anywhere else a longjmp would skip destructors.
set -euo pipefail
cd "$1"
# Comments may name them: what follows // and lines that continue a block comment are dropped.
found=$({ find src include -name '*.[ch]pp' 2>/dev/null || true; } | { grep -vE '^src/(pg|engine)/' || true; } | sort |
    xargs -r awk '{ line = $0; sub(/\/\/.*/, "", line) }
        line ~ /^ *(\*|\/\*)/ { next }
        line ~ /(^|[^A-Za-z0-9_])(PG_TRY|PG_CATCH|PG_FINALLY|PG_END_TRY|PG_RE_THROW|ereport|elog|errfinish|sigsetjmp|siglongjmp|setjmp|longjmp) *\(/ {
            print FILENAME ":" FNR ":" $0 }')
[ -z "$found" ] || {
    echo "$found"
    echo "use pg::guard and pg::Error instead"
    exit 1
}
