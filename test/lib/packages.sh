# Sourced: installs the Debian packages a script needs.
#
#   need_packages a b c   installs those that are missing, and says which; does nothing when all are there
#   debian_major          PostgreSQL major version this Debian release ships

need_packages() {
    local package installed
    local -a missing=() as_root=()
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        [[ $'\n'$installed$'\n' == *$'\n'"$package installed"$'\n'* ]] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            printf 'error: missing packages. Run as root:\n  apt-get update && apt-get install -y --no-install-recommends %s\n' \
                "${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    say "installing Debian packages: ${missing[*]}"
    update_lists && apt_get install -y --no-install-recommends "${missing[@]}" ||
        die "could not install: ${missing[*]}"
}

# Once a run: scripts that this one calls find the lists fresh.
update_lists() {
    [ -z "${PGQRS_LISTS_UPDATED:-}" ] || return 0
    apt_get update
    export PGQRS_LISTS_UPDATED=yes
}

# apt's own output goes to stderr, so that a script's closing line stays alone on stdout.
apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >&2
}

debian_major() {
    local VERSION_ID='' ID=''
    # shellcheck disable=SC1091
    [ ! -r /etc/os-release ] || . /etc/os-release
    case "$ID$VERSION_ID" in
        debian12) echo 15 ;;
        debian13) echo 17 ;;
        debian14) echo 18 ;;
        *) echo 15 ;;
    esac
}
