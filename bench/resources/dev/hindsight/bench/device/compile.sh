#!/bin/sh
# Compiles products.cu to the PTX that `bench softgpu` loads: ./compile.sh in this folder, needs nvcc.
set -e
nvcc -ptx -arch=compute_75 -lineinfo products.cu -o products.ptx
sed -i -E 's/^\.version .*/.version 7.6/; s|(\.file[[:space:]]+[0-9]+ ")[^"]*/|\1|; /^\/\/ .*(Compiler Build|Cuda compilation)/d' products.ptx
