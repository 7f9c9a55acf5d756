// y = a + b, and dst += src. Four elements per thread and turn, grid-stride.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) IN_STORAGE(add)(const Stored* a, const Stored* b,
                                                                  Stored* y,
                                                                  int64 n) {  // y may be a or b
  const bool wide = aligned16(a) && aligned16(b) && aligned16(y);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    store4(y + i, load4(a + i, left, wide) + load4(b + i, left, wide), left, wide);
  }
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(accumulate)(const Stored* __restrict__ src, Stored* __restrict__ dst, int64 n) {
  const bool wide = aligned16(src) && aligned16(dst);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    store4(dst + i, load4(dst + i, left, wide) + load4(src + i, left, wide), left, wide);
  }
}
