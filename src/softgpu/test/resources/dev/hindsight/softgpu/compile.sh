#!/bin/sh
# Compiles the test kernels to the PTX that the tests load: ./compile.sh [name...] in this folder, needs nvcc.
set -e
for source in ${*:-../kernels/*.cu}; do
  name=$(basename "$source" .cu)
  more=
  case $name in
    *newer) arch=90 version=8.0 ;;
    *hopper) arch=90a version=8.6 ;;
    *cluster) arch=90 version=8.3 ;;
    launching) arch=80 version=7.6 more=-rdc=true ;;
    *) arch=80 version=7.6 ;;
  esac
  nvcc -ptx -std=c++17 -arch=compute_$arch -lineinfo $more "../kernels/$name.cu" -o "$name.ptx"
  sed -i -E 's/^\.version .*/.version '$version'/; s|(\.file[[:space:]]+[0-9]+ ")[^"]*/|\1|; /^\/\/ .*(Compiler Build|Cuda compilation)/d' "$name.ptx"
done
