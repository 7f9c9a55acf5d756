#!/bin/sh
# Starts Hindsight from its bundle, with the Java that lies beside this file.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
case $here in
  *:*)
    echo "hindsight: cannot run in $here: a ':' separates the folders of a class path; rename it" >&2
    exit 1
    ;;
esac
# Java reads file names in the locale's encoding, and plain ASCII has no umlauts.
[ "$(locale charmap 2>/dev/null)" != ANSI_X3.4-1968 ] || export LC_ALL=C.UTF-8
main=dev.hindsight.cli.Main
case ${1:-} in
  bench) main=dev.hindsight.bench.Main ;;
  gpu-day) main=dev.hindsight.bench.gpuday.GpuDayMain ;;
esac
[ "$main" = dev.hindsight.cli.Main ] || shift
exec "$here/runtime/bin/java" -XX:+UseG1GC --enable-native-access=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow --add-modules jdk.incubator.vector \
  -Dhindsight.bundle=true "-Dhindsight.goldens=$here/goldens" \
  "-Dhindsight.softgpu.library=$here/shim/libcuda.so.1" \
  -cp "$here/lib/*" "$main" "$@"
