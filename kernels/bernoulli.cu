// pixels[n,d] = uniform((first + n)·D + d) < sigmoid(logits[n,d] / temperature), from <= d < to, uniforms by the
// words of philox.cuh.
#include "philox.cuh"

extern "C" __global__ void __launch_bounds__(256)
bernoulli(const Draw* __restrict__ draw, const float* __restrict__ logits, float temperature,
          int from, int to, float* __restrict__ pixels, int N, int D) {
  const Draw d = *draw;
  const int64 n = (int64)N * (to - from);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 k = (int64)blockIdx.x * blockDim.x + threadIdx.x; k < n; k += stride) {
    const int64 at = k / (to - from) * D + from + k % (to - from);
    pixels[at] = bernoulli_pixel(d.uniform(at, D), logits[at], temperature);
  }
}
