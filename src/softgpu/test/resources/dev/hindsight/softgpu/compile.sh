#!/bin/sh
# Compiles the test kernels to the PTX that the tests load: ./compile.sh in this folder, needs nvcc.
set -e
for source in ../kernels/*.cu; do
  name=$(basename "$source" .cu)
  nvcc -ptx -arch=compute_80 -lineinfo "$source" -o "$name.ptx"
  sed -i -E 's/^\.version .*/.version 7.6/; s|(\.file[[:space:]]+[0-9]+ ")[^"]*/|\1|; /^\/\/ .*(Compiler Build|Cuda compilation)/d' "$name.ptx"
done
