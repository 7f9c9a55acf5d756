#!/bin/sh
# Compiles kernels.cu to kernels.ptx as the shipped kernels are: the lowest version that knows sm_75,
# no line tables of inlined functions (they need version 7.0), no path of the machine.
set -e
cd "$(dirname "$0")"
nvcc -ptx -arch=compute_75 -lineinfo -o kernels.raw kernels.cu
sed -E -e 's/^\.version .*/.version 6.3/' \
  -e 's/^(\t\.loc\t[0-9 ]+), function_name .*/\1/' \
  -e '/^\t\.section\t\.debug_str/,/^\t\}/d' \
  -e 's|^(\t\.file\t[0-9]+) "/.*/([^"/]+)"|\1 "\2"|' kernels.raw > kernels.ptx
rm kernels.raw
for arch in 75 80 86 89 90 100 120; do ptxas -arch=sm_$arch -o /dev/null kernels.ptx; done
