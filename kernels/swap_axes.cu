// y (B,A,C) = x (A,B,C) with the first two axes swapped, and dx += the way back. Threads follow the
// result, grid-stride. C is 3 or 1 here, and all of it a few hundred kilobytes.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(swap_axes)(const Stored* __restrict__ x, Stored* __restrict__ y, int A, int B, int C,
                      int add) {
  const int64 size = (int64)A * B * C;
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < size; i += stride) {
    const int channel = (int)(i % C);
    const int64 row = i / C;  // b·A + a
    const float value = load1(&x[(row % A * B + row / A) * C + channel]);
    store1(y + i, add ? load1(y + i) + value : value);
  }
}
