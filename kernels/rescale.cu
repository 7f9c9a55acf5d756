// y = x·scale + shift and dx += scale·dy, four elements per thread and turn, grid-stride.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(rescale)(const Stored* __restrict__ x, float scale, float shift, Stored* __restrict__ y,
                    int64 n) {
  const bool wide = aligned16(x) && aligned16(y);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 v = load4(x + i, left, wide);
    store4(y + i,
           make_float4(fmaf(v.x, scale, shift), fmaf(v.y, scale, shift), fmaf(v.z, scale, shift),
                       fmaf(v.w, scale, shift)),
           left, wide);
  }
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(rescale_backward)(const Stored* __restrict__ dy, float scale, Stored* __restrict__ dx,
                             int fresh, int64 n) {
  const bool wide = aligned16(dy) && aligned16(dx);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 g = load4(dy + i, left, wide);
    const float4 d = load4(dx + i, fresh ? 0 : left, wide);
    store4(dx + i,
           make_float4(fmaf(scale, g.x, d.x), fmaf(scale, g.y, d.y), fmaf(scale, g.z, d.z),
                       fmaf(scale, g.w, d.w)),
           left, wide);
  }
}
