// dst[n,to + k] = src[n,from + k], k < count, of src (N,C) and dst (N,D): a pixel of all images, or back.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(copy_columns)(const Stored* __restrict__ src, Stored* __restrict__ dst, int N, int from,
                         int C, int to, int D, int count) {
  const int64 all = (int64)N * count;
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < all; i += stride) {
    const int64 n = i / count;
    const int64 k = i % count;
    dst[n * D + to + k] = src[n * C + from + k];
  }
}

#ifdef BF16
// dst = src, each number rounded.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(rounded_copy)(const float* __restrict__ src, Stored* __restrict__ dst, int64 n) {
  const bool wide = aligned16(src) && aligned16(dst);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    store4(dst + i, load4(src + i, left, wide), left, wide);
  }
}
#endif
