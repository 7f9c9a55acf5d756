// The exponential moving average of weights (Polyak & Juditsky 1992), all parameters in one pass:
//   average = (1 - share)·average + share·w
// Four elements per thread and turn, grid-stride. Reads 8 and writes 4 bytes per parameter.
#include "common.cuh"

__device__ __forceinline__ float ema_one(float w, float average, float share) {
  return (1.0f - share) * average + share * w;
}

extern "C" __global__ void __launch_bounds__(256)
ema(const float* __restrict__ w, float* __restrict__ average, float share, int64 n) {
  const bool wide = aligned16(w) && aligned16(average);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 wi = load4(w + i, left, wide);
    const float4 old = load4(average + i, left, wide);
    store4(average + i,
           make_float4(ema_one(wi.x, old.x, share), ema_one(wi.y, old.y, share),
                       ema_one(wi.z, old.z, share), ema_one(wi.w, old.w, share)),
           left, wide);
  }
}
