#!/usr/bin/env bash
# make test-versions: builds and tests this tree on later Debian releases, each in a chroot of its own: trixie with
# PostgreSQL 17, forky with 18. Needs root and a network. Warnings are errors there too.
#
#   test/versions.sh [RELEASE...]     PGQRS_CHROOT_CACHE=FOLDER keeps the chroots between runs (about 1 GB)
#
# The last line on stdout is `N passed, N failed`, over all releases.
#
# All runs inside a mount and process namespace that ends with the command: no mount or server can be left behind, even
# after a kill.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
for part in common packages counts build client; do
    # shellcheck disable=SC1090
    . "$here/lib/$part.sh"
done

declare -A major_of=([trixie]=17 [forky]=18)
work=
stages=(unit regress isolation tap soak client)

main() {
    local release
    local -a releases=("$@")
    [ $# -gt 0 ] || releases=(trixie forky)
    [ "$(id -u)" = 0 ] || die 'needs root, for chroots'
    promise_closing_line
    on_exit remove_work_folder
    work=$(mktemp -d /var/tmp/pgqrs-versions.XXXXXX)
    need_packages debootstrap util-linux
    for release in "${releases[@]}"; do
        [ -n "${major_of[$release]:-}" ] || die "no release named $release here"
        stage "PostgreSQL ${major_of[$release]} on $release" test_release "$release"
    done
    close_counts
}

remove_work_folder() { [ -z "$work" ] || rm -rf --one-file-system "$work"; }

test_release() {
    local release=$1 major=${major_of[$1]} status=0
    local root=${PGQRS_CHROOT_CACHE:-$work}/$release
    make_chroot "$release" "$root" || return 1
    copy_tree "$root/pgqrs"
    # The test's own folder is made in the chroot's /tmp.
    in_chroot "$root" env PG_CONFIG="/usr/lib/postgresql/$major/bin/pg_config" \
        bash /pgqrs/test/run.sh "${stages[@]}" >"$work/$release.out" || status=$?
    rm -rf "$root/pgqrs"
    take_closing_line "$work/$release.out" || return 1
    return "$status"
}

# The marker is written last: a half-made chroot is made again.
make_chroot() {
    local release=$1 root=$2 major=${major_of[$1]}
    if [ ! -e "$root/.pgqrs-ready" ]; then
        say "making a $release chroot"
        rm -rf --one-file-system "$root"
        mkdir -p "$root"
        bootstrap "$release" "$root" >"$work/bootstrap.log" 2>&1 || {
            show_tail "$work/bootstrap.log" 20
            return 1
        }
        no_services "$root"
        # A frozen mirror of a testing release looks expired; signatures are checked all the same.
        echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/90pgqrs"
        # shellcheck disable=SC2046
        in_chroot "$root" apt-get -q update >"$work/apt.log" 2>&1 && in_chroot "$root" env DEBIAN_FRONTEND=noninteractive \
            apt-get -qy install --no-install-recommends g++ make binutils "postgresql-$major" \
            "postgresql-server-dev-$major" libipc-run-perl perl jq faketime $(client_test_packages) >>"$work/apt.log" 2>&1 || {
            show_tail "$work/apt.log" 20
            return 1
        }
        touch "$root/.pgqrs-ready"
    fi
}

# An older debootstrap has no script for a newer release; sid's fits all of them. No mirror is named: debootstrap has a
# default.
bootstrap() {
    local scripts=/usr/share/debootstrap
    if [ ! -e "$scripts/scripts/$1" ]; then
        cp -R "$scripts" "$work/debootstrap"
        ln -s sid "$work/debootstrap/scripts/$1"
        scripts=$work/debootstrap
    fi
    run_interruptible env DEBOOTSTRAP_DIR="$scripts" debootstrap --variant=minbase "$1" "$2"
}

# Installing PostgreSQL would create and start a cluster.
no_services() {
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
    chmod 755 "$1/usr/sbin/policy-rc.d"
    mkdir -p "$1/etc/postgresql-common"
    echo 'create_main_cluster = false' >"$1/etc/postgresql-common/createcluster.conf"
}

# TMPDIR and PG_* of the outside mean nothing inside.
in_chroot() {
    local root=$1
    shift
    # shellcheck disable=SC2016
    run_interruptible unshare --mount --pid --fork --kill-child bash -c '
        set -e
        root=$1; shift
        mount -t proc proc "$root/proc"
        mkdir -p "$root/dev/shm"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        exec chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' \
        in_chroot "$root" "$@"
}

# What git would commit, so that no object file of this machine comes along; without git, all but build products.
copy_tree() {
    rm -rf "$1"
    mkdir "$1"
    if git -C "$PGQRS_ROOT" rev-parse >/dev/null 2>&1; then
        (cd "$PGQRS_ROOT" && git ls-files -z --cached --others --exclude-standard |
            tar --null --ignore-failed-read -T - -cf - 2>/dev/null) | tar -C "$1" -xf -
    else
        tar -C "$PGQRS_ROOT" --exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude=./build --exclude=./.git \
            -cf - . | tar -C "$1" -xf -
    fi
}

main "$@"
