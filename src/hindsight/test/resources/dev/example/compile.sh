#!/bin/sh
# Compiles the kernel to the PTX that the test loads: ./compile.sh in this folder, needs nvcc.
set -e
nvcc -ptx -arch=compute_75 square.cu -o square.ptx
sed -i -E 's/^\.version .*/.version 6.3/; /^\/\/ .*(Compiler Build|Cuda compilation)/d' square.ptx
