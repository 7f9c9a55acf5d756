// out (1) = sqrt(sum of x²), in two passes: each block leaves one partial sum, one block adds those up.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
norm_squares(const float* __restrict__ x, float* __restrict__ partial, int64 n) {
  const bool wide = aligned16(x);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  float sum = 0.0f;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const float4 v = load4(x + i, (int)min(n - i, (int64)4), wide);
    sum += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
  }
  sum = block_sum<256>(sum);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
  }
}

extern "C" __global__ void __launch_bounds__(256) norm_root(const float* __restrict__ partial,
                                                            float* __restrict__ out, int count) {
  float sum = 0.0f;
  for (int i = threadIdx.x; i < count; i += 256) {
    sum += partial[i];
  }
  sum = block_sum<256>(sum);
  if (threadIdx.x == 0) {
    out[0] = sqrtf(sum);
  }
}
