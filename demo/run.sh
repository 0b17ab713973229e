#!/usr/bin/env bash
# make demo: the queue at its main job, on real input. Installs what is missing, builds, and starts a private server in
# a temporary folder. One job for each of up to 5,000 files that the installed packages list; four workers store size
# and SHA-256; one is killed in the middle. Every number printed is read from the database. All is gone afterwards, also
# on failure or Ctrl-C. Status is non-zero when a check fails.
#
#   schema.sql       the application's tables         list_files.py   finds the files
#   enqueue.sql      files and jobs, one transaction  worker.py       the worker
#   check.sql        each job exactly once?           digests.sql     for sha256sum --check
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages build private_server; do
    # shellcheck disable=SC1090
    . "$here/../test/lib/$part.sh"
done

sample=5000
worker_count=4
victim=worker-2
# Debian's own interpreter: that is the one python3-psycopg belongs to. Paths are taken as UTF-8 whatever the locale is.
python=(/usr/bin/python3 -I -X utf8)
export PGCLIENTENCODING=UTF8
declare -A worker_pid=()

main() {
    choose_postgres
    # shellcheck disable=SC2046
    need_packages $(build_packages) python3-psycopg
    build server
    make_private_server
    # After make_private_server, so that it runs before the server goes.
    on_exit stop_workers
    say 'starting a private server'
    start_server demo 'fsync = on'
    sql_file schema.sql >/dev/null

    find_files
    enqueue
    start_workers
    watch_until 'm.archived >= m.total_enqueued * 0.3'
    kill_victim
    watch_until 'm.pending + m.in_flight + m.delayed = 0'
    stop_workers
    show_redelivery
    show_results
    check
}

heading() { printf '\n== %s\n' "$*"; }

# One value, a table, a file; the last without output of its own.
value() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }
table() {
    psql -X -q -v ON_ERROR_STOP=1 -P pager=off -P footer=off -c "$1" | sed -e '/^$/d' -e 's/^/  /' -e 's/ *$//'
}
sql_file() { psql -X -q -A -t -v ON_ERROR_STOP=1 -f "$here/$1" "${@:2}"; }

find_files() {
    heading 'files: what the installed Debian packages list'
    run_interruptible "${python[@]}" "$here/list_files.py"
    value "SELECT format('  %s packages list %s paths:', count(DISTINCT package), count(*)) FROM listed_paths"
    value "SELECT '  ' || string_agg(format('%s: %s', kind, number), ', ' ORDER BY number DESC)
        FROM (SELECT kind, count(*) AS number FROM listed_paths GROUP BY kind) AS kinds"
}

enqueue() {
    heading "jobs: one for each of up to $sample files, evenly spaced over the files and missing ones"
    sql_file enqueue.sql -v qty="$sample" -v ending=ROLLBACK
    echo "  rows and jobs in one transaction, rolled back:  $(count_enqueued)"
    sql_file enqueue.sql -v qty="$sample" -v ending=COMMIT
    echo "  rows and jobs in one transaction, committed:    $(count_enqueued)"
}

count_enqueued() {
    value "SELECT format('%s files, %s jobs', (SELECT count(*) FROM files), pgqrs.count_messages('checksums'))"
}

start_workers() {
    local n
    heading "$worker_count workers, each lease lasts $(value "
        SELECT extract(epoch FROM visibility_timeout)::real FROM pgqrs.get_queue('checksums')") s"
    for ((n = 1; n <= worker_count; n++)); do
        "${python[@]}" "$here/worker.py" "worker-$n" &
        worker_pid[worker-$n]=$!
    done
    until [ "$(value "SELECT pgqrs.count_workers('checksums')")" = "$worker_count" ]; do
        all_alive
        sleep 0.05
    done
}

# Only our own children that still run: bash forgets a child that ended.
stop_workers() {
    local pid tries=0
    for pid in $(jobs -p); do
        kill -TERM "$pid" 2>/dev/null || continue
        # It may be stopped just now, see kill_victim.
        kill -CONT "$pid" 2>/dev/null || true
    done
    while [ -n "$(jobs -pr)" ] && [ "$tries" -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    for pid in $(jobs -pr); do kill -KILL "$pid" 2>/dev/null || true; done
    worker_pid=()
}

# Shows progress until the condition over m, the queue's metrics, holds. A line per fifth of the jobs, or every 5 s.
watch_until() {
    local reached fifth line now deadline=$((SECONDS + 120))
    while :; do
        IFS='|' read -r reached fifth line < <(value "
            SELECT $1, m.archived * 5 / m.total_enqueued,
                format('  %s s   pending %s   in flight %s   archived %s', $(seconds_until 'm.measured_at'),
                    lpad(m.pending::text, 4), lpad(m.in_flight::text, 2), lpad(m.archived::text, 4))
            FROM pgqrs.queue_metrics('checksums') AS m")
        now=$SECONDS
        if [ "$fifth" != "$shown_fifth" ] || [ "$now" -ge $((shown_at + 5)) ]; then
            echo "$line"
            shown_fifth=$fifth shown_at=$now
        fi
        [ "$reached" != t ] || return 0
        [ "$now" -lt "$deadline" ] || die 'the workers do not finish'
        all_alive
        sleep 0.1
    done
}
shown_fifth=0 shown_at=0

# SQL for the time from the first result.
seconds_until() {
    echo "to_char(coalesce(extract(epoch FROM $1 - (SELECT min(finished_at) FROM results)), 0), '990.0')"
}

all_alive() {
    local name
    for name in "${!worker_pid[@]}"; do
        kill -0 "${worker_pid[$name]}" 2>/dev/null || die "$name ended by itself"
    done
}

# Stopped, a worker cannot finish anything while we look. Two leases, since the finish of one can be under way already.
kill_victim() {
    local pid=${worker_pid[$victim]} status=0 tries=0
    while :; do
        kill -STOP "$pid"
        [ "$(value "SELECT count(*) >= 2 FROM $(leases_of_victim)")" != t ] || break
        kill -CONT "$pid"
        tries=$((tries + 1))
        [ "$tries" -lt 500 ] || die "$victim never held two leases"
        sleep 0.02
    done
    kill -KILL "$pid"
    unset "worker_pid[$victim]"
    wait "$pid" 2>/dev/null || status=$?
    # What it had begun is rolled back when its connection is gone.
    until [ "$(value "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$victim'")" = 0 ]; do
        sleep 0.02
    done
    value "INSERT INTO held_at_kill
        SELECT m.id, m.read_ct, m.worker_id, m.vt, clock_timestamp() FROM $(leases_of_victim)"
    [ "$(value 'SELECT count(*) FROM held_at_kill')" -gt 0 ] || die "$victim held nothing when it was killed"
    heading "kill -9 of $victim (exit status $status) while it held these jobs"
    table "SELECT h.job_id, h.read_ct, 'in ' || round(extract(epoch FROM h.vt - h.killed_at), 1) || ' s' AS lease_ends,
            CASE WHEN length(f.path) > 70 THEN '...' || right(f.path, 67) ELSE f.path END AS path
        FROM held_at_kill AS h JOIN files AS f USING (job_id) ORDER BY h.job_id"
    echo
}

leases_of_victim() {
    echo "pgqrs.messages AS m JOIN pgqrs.workers AS w ON w.id = m.worker_id AND w.name = '$victim'
        WHERE m.vt > clock_timestamp()"
}

show_redelivery() {
    heading 'the same jobs: delivered again after their leases, to other workers'
    table "SELECT h.job_id, h.read_ct || ' -> ' || a.read_ct AS read_ct, r.worker, r.status,
            'after ' || round(extract(epoch FROM a.delivered_at - h.killed_at), 2) || ' s' AS delivered,
            'after ' || round(extract(epoch FROM a.archived_at - h.killed_at), 2) || ' s' AS archived
        FROM held_at_kill AS h JOIN pgqrs.archive AS a ON a.id = h.job_id JOIN results AS r USING (job_id)
        ORDER BY h.job_id"
}

show_results() {
    heading 'results, by the worker that stored them'
    table "SELECT coalesce(worker, 'all') AS worker, count(*) AS jobs,
            count(*) FILTER (WHERE status = 'hashed') AS hashed,
            count(*) FILTER (WHERE status = 'missing') AS missing,
            count(*) FILTER (WHERE status = 'unreadable') AS unreadable,
            round(coalesce(sum(bytes), 0) / 1e6, 1) AS megabytes
        FROM results GROUP BY ROLLUP (results.worker) ORDER BY results.worker NULLS LAST"
    value "SELECT format('  %s jobs in %s s, of them %s delivered more than once', count(*),
            ltrim($(seconds_until 'max(finished_at)')), count(*) FILTER (WHERE read_ct > 1))
        FROM results"
    heading 'metrics of the queue'
    table "SELECT queue, pending, in_flight, delayed, archived, total_enqueued, total_finished
        FROM pgqrs.queue_metrics('checksums')"
    echo
}

check() {
    local line status=0
    check_digests || status=1
    line=$(sql_file check.sql)
    echo "$line"
    [[ "$line" == *': ok' ]] || status=1
    return "$status"
}

# A second opinion on every digest.
check_digests() {
    local list=$PGQRS_TMP/digests verdict=ok
    sql_file digests.sql >"$list"
    sha256sum --check --strict --quiet "$list" || verdict=FAILED
    value "SELECT format('check: sha256sum finds the same for %s files: $verdict', count(sha256)) FROM results"
    [ "$verdict" = ok ]
}

main "$@"
