#!/bin/sh
# Starts Hindsight from its bundle, with the Java that lies beside this file.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
main=dev.hindsight.cli.Main
if [ "${1:-}" = bench ]; then
  main=dev.hindsight.bench.Main
  shift
fi
exec "$here/runtime/bin/java" -XX:+UseG1GC --enable-native-access=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow --add-modules jdk.incubator.vector \
  -Dhindsight.bundle=true "-Dhindsight.goldens=$here/goldens" \
  "-Dhindsight.softgpu.library=$here/shim/libcuda.so.1" \
  -cp "$here/lib/*" "$main" "$@"
