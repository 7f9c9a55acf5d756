// Pointwise non-linearities: y = f(x), dx += dy·f'(x), and dy *= f'(x) for the linear layers.
// Four elements per thread and turn, grid-stride. f is uniform, so its switch never diverges.
#include "common.cuh"
#include "gelu.cuh"

__device__ __forceinline__ float activate_any(int f, float x) {
  return f == GELU ? gelu(x) : activate_fused(f, x);
}

__device__ __forceinline__ float derivative_any(int f, float x, float y) {
  return f == GELU ? gelu_derivative(x) : derivative_from_output(f, y);
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(activate)(int f, const Stored* __restrict__ x, Stored* __restrict__ y, int64 n) {
  const bool wide = aligned16(x) && aligned16(y);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 v = load4(x + i, left, wide);
    store4(y + i,
           make_float4(activate_any(f, v.x), activate_any(f, v.y), activate_any(f, v.z),
                       activate_any(f, v.w)),
           left, wide);
  }
}

// GELU needs x, the others y; the one that does not serve may be null and is not read.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(activate_backward)(int f, const Stored* __restrict__ x, const Stored* __restrict__ y,
                              const Stored* __restrict__ dy, Stored* __restrict__ dx, int fresh,
                              int64 n) {
  const Stored* known = f == GELU ? x : y;
  const bool wide = aligned16(known) && aligned16(dy) && aligned16(dx);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 v = load4(known + i, left, wide);
    const float4 g = load4(dy + i, left, wide);
    float4 d = load4(dx + i, fresh ? 0 : left, wide);
    d.x += g.x * derivative_any(f, v.x, v.x);
    d.y += g.y * derivative_any(f, v.y, v.y);
    d.z += g.z * derivative_any(f, v.z, v.z);
    d.w += g.w * derivative_any(f, v.w, v.w);
    store4(dx + i, d, left, wide);
  }
}

// dy *= f', in place: the gradient before a fused activation. `known` is x for GELU, else y.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(activate_backward_in_place)(int f, const Stored* __restrict__ known,
                                       Stored* __restrict__ dy, int64 n) {
  const bool wide = aligned16(known) && aligned16(dy);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 v = load4(known + i, left, wide);
    float4 g = load4(dy + i, left, wide);
    g.x *= derivative_any(f, v.x, v.x);
    g.y *= derivative_any(f, v.y, v.y);
    g.z *= derivative_any(f, v.z, v.z);
    g.w *= derivative_any(f, v.w, v.w);
    store4(dy + i, g, left, wide);
  }
}
