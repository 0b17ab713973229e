#!/usr/bin/env bash
# Builds the C++ examples as a user does: with the library installed (into the build folder), found by pkg-config.
#
#   build_cpp.sh EXAMPLES BUILD
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

examples=$1 build=$2
flock "$PGQRS_ROOT/.build-lock" make -C "$PGQRS_ROOT" --no-print-directory -s -j "$(job_count)" -f client.mk client
make -C "$PGQRS_ROOT" --no-print-directory -s -f client.mk install-built PREFIX="$build/installed" DESTDIR= LDCONFIG=:
cp "$examples"/* "$build/"
PKG_CONFIG_PATH=$build/installed/lib/pkgconfig make -C "$build" -s LDFLAGS="-Wl,-rpath,$build/installed/lib"
