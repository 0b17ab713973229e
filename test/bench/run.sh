#!/usr/bin/env bash
# make bench: pgqrs beside hand-written prepared statements on identical tables, on one private server, fsync on. The two
# sides take turns; what counts is the median of the ratios. Not a test: machines are noisy, and nothing fails here.
#
#   test/bench/run.sh [ROUNDS [SECONDS]]      7 rounds, 4 seconds for each measurement
#
#   tables.sql       the identical tables          enqueue_*.sql    one message a transaction
#   consume_*.sql    one message: delivery and archive, a transaction each
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build private_server; do
    # shellcheck disable=SC1090
    . "$here/../lib/$part.sh"
done

rounds=${1:-7}
seconds=${2:-4}

main() {
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages)
    build_extension
    make_private_server
    start_server bench 'shared_buffers = 1GB' 'max_wal_size = 4GB'
    psql -X -q -c 'CREATE EXTENSION pgqrs'
    printf '%-28s %8s %10s %10s   %s\n' case clients pgqrs by_hand 'ratio: median (least to most)'
    local clients
    for clients in 1 8; do
        psql -X -q -f "$here/tables.sql" >/dev/null
        compare 'enqueue one' enqueue "$clients"
        compare 'dequeue and archive one' consume "$clients"
    done
    psql -X -c "SELECT relid::regclass AS table, n_tup_upd AS deliveries, n_tup_hot_upd AS hot
        FROM pg_stat_user_tables WHERE relname = 'messages'"
}

compare() {
    local name=$1 script=$2 clients=$3 round ours theirs
    : >"$PGQRS_TMP/pairs"
    for ((round = 0; round < rounds; round++)); do
        ours=$(rate "${script}_pgqrs.sql" "$clients")
        theirs=$(rate "${script}_by_hand.sql" "$clients")
        echo "$ours $theirs" >>"$PGQRS_TMP/pairs"
    done
    awk -v name="$name" -v clients="$clients" '
        # Sorts the list, too.
        function median(list, count,   i, j, t) {
            for (i = 2; i <= count; i++)
                for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
            return list[int((count + 1) / 2)]
        }
        { ours[NR] = $1; theirs[NR] = $2; ratio[NR] = $1 / $2 }
        END {
            r = median(ratio, NR)
            printf "%-28s %8d %10d %10d   %.2f (%.2f to %.2f)\n", name, clients, median(ours, NR), median(theirs, NR), r,
                ratio[1], ratio[NR]
        }' "$PGQRS_TMP/pairs"
}

# Transactions of the script a second.
rate() {
    "$PGQRS_BIN/pgbench" -n -M prepared -c "$2" -j 2 -T "$seconds" -f "$here/$1" postgres 2>/dev/null |
        sed -n 's/^tps = \([0-9]*\).*/\1/p'
}

main
