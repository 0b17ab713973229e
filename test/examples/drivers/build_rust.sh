#!/usr/bin/env bash
# Builds the program for tokio-postgres in a folder, with the crates of Debian's packages: nothing is downloaded.
#
#   build_rust.sh FOLDER
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cp -r "$here/rust/." "$1"
mkdir "$1/.cargo"
printf '%s\n' '[source.crates-io]' 'replace-with = "debian"' '[source.debian]' \
    'directory = "/usr/share/cargo/registry"' >"$1/.cargo/config.toml"
# Debian's compiler, too: another one may be first in the path.
env -C "$1" CARGO_HOME="$1/.cargo" RUSTC=/usr/bin/rustc /usr/bin/cargo build --offline --quiet
