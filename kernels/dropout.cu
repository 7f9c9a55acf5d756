// y[i] = x[i] / (1 - rate) where the uniform of element i is at least rate, else 0; `add` adds that to y
// instead, which is the gradient. The uniforms are those of the draw's key from `offset` on, a multiple of 4.
#include "philox.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(dropout)(const Draw* __restrict__ draw, int64 offset, float rate, int add,
                    const Stored* __restrict__ x, Stored* __restrict__ y, int64 n) {
  const Draw key = *draw;
  const bool wide = aligned16(x) && aligned16(y);
  const float scale = 1.0f / (1.0f - rate);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 block = (int64)blockIdx.x * blockDim.x + threadIdx.x; block * 4 < n; block += stride) {
    const uint4 u = philox(key.seed, key.stream, offset / 4 + block);
    const int left = (int)min(n - block * 4, (int64)4);
    const float4 v = load4(x + block * 4, left, wide);
    float4 out = make_float4(to_uniform(u.x) >= rate ? v.x * scale : 0.0f,
                             to_uniform(u.y) >= rate ? v.y * scale : 0.0f,
                             to_uniform(u.z) >= rate ? v.z * scale : 0.0f,
                             to_uniform(u.w) >= rate ? v.w * scale : 0.0f);
    if (add) {
      out = out + load4(y + block * 4, left, wide);
    }
    store4(y + block * 4, out, left, wide);
  }
}
