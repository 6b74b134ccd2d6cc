#!/usr/bin/env bash
# Builds the roscpp peers of TransportBench into the folder given.
# Needs g++, pkg-config, libroscpp-dev and libsensor-msgs-dev.
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
for peer in roscpp_pub roscpp_sub; do
  if [ "$here/$peer.cpp" -nt "$out/$peer" ]; then
    # shellcheck disable=SC2046 # the flags are words
    g++ -O2 -o "$out/$peer" "$here/$peer.cpp" \
      $(pkg-config --cflags --libs roscpp roscpp_serialization rostime rosconsole) -lpthread
  fi
done
