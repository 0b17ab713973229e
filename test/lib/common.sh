# Sourced by every script: where the checkout is, messages, running things so that Ctrl-C and kill work at once.
#
#   PGQRS_ROOT         top of the checkout
#   say, die           progress to stderr; a failure with exit status 1
#   run_interruptible  runs a command in a process group of its own and waits; on a signal the group is ended
#   start_group        starts a command so and goes on; PGQRS_STARTED is its number
#   wait_group NUMBER  waits for it; its status
#   on_exit FUNCTION   adds a function to what is done on every way out (the last one added runs first)
#   job_count          how many compile jobs to run

PGQRS_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Inside `make test` these would make our own make calls join the outer one's job server.
unset MAKEFLAGS MFLAGS MAKELEVEL

say() { printf '== %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

job_count() { nproc 2>/dev/null || echo 2; }

# By their numbers.
PGQRS_GROUPS=()

# A trap that fires inside a redirected function would write into that function's log: the clean-up goes back to these.
exec {PGQRS_STDOUT}>&1 {PGQRS_STDERR}>&2

# bash runs a trap only when the foreground command has ended, so a kill would wait for the whole test suite. A
# background command and `wait` answer at once. bash starts those with SIGINT ignored, and nohup with SIGHUP. env undoes
# that, because some tests send these signals themselves. A shell function cannot be run through this, only a command.
run_interruptible() {
    start_group "$@"
    wait_group "$PGQRS_STARTED"
}

start_group() {
    setsid env --default-signal=HUP,INT,QUIT "$@" {PGQRS_STDOUT}>&- {PGQRS_STDERR}>&- &
    PGQRS_STARTED=$!
    PGQRS_GROUPS[PGQRS_STARTED]=$PGQRS_STARTED
}

wait_group() {
    local status=0
    wait "$1" || status=$?
    unset "PGQRS_GROUPS[$1]"
    return "$status"
}

# A dead process that nobody has waited for yet still answers kill -0; in containers that can last.
group_lives() {
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed 's/^.*) //' |
        awk -v group="$1" '$1 != "Z" && $3 == group { found = 1 } END { exit !found }'
}

stop_running() {
    local group tries=0
    local -a groups=("${PGQRS_GROUPS[@]}")
    PGQRS_GROUPS=()
    for group in "${groups[@]}"; do kill -TERM -- "-$group" 2>/dev/null || true; done
    for group in "${groups[@]}"; do
        while group_lives "$group" && [ "$tries" -lt 50 ]; do
            sleep 0.1
            tries=$((tries + 1))
        done
        kill -KILL -- "-$group" 2>/dev/null || true
    done
}

PGQRS_ON_EXIT=(stop_running)

on_exit() { PGQRS_ON_EXIT=("$1" "${PGQRS_ON_EXIT[@]}"); }

leave() {
    local status=$? function
    trap '' HUP INT TERM
    exec 1>&"$PGQRS_STDOUT" 2>&"$PGQRS_STDERR"
    set +e
    stop_running
    for function in "${PGQRS_ON_EXIT[@]}"; do "$function"; done
    exit "$status"
}

trap leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
