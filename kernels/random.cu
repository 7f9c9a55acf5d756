// Random numbers by the words of philox.cuh.
//   uniform    out[i] = (word i >> 8)·2^-24, in [0, 1)
//   normal     out[i] = std·Box-Muller of words (0, 1) and (2, 3) of each block
//   bernoulli  pixels[n,d] = uniform((first + n)·D + d) < sigmoid(logits[n,d] / temperature), from <= d < to
#include "philox.cuh"

extern "C" __global__ void __launch_bounds__(256)
uniform(int64 seed, int64 stream, float* __restrict__ out, int64 n) {
  const bool wide = aligned16(out);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 block = (int64)blockIdx.x * blockDim.x + threadIdx.x; block * 4 < n; block += stride) {
    const uint4 c = philox(seed, stream, block);
    store4(out + block * 4,
           make_float4(to_uniform(c.x), to_uniform(c.y), to_uniform(c.z), to_uniform(c.w)),
           (int)min(n - block * 4, (int64)4), wide);
  }
}

// The radius uses a uniform in (0, 1], whose logarithm is finite.
__device__ __forceinline__ float2 box_muller(unsigned a, unsigned b, float std) {
  const float radius = std * sqrtf(-2.0f * logf(((a >> 8) + 1) * 0x1p-24f));
  float sine, cosine;
  sincospif(2.0f * to_uniform(b), &sine, &cosine);
  return make_float2(radius * cosine, radius * sine);
}

extern "C" __global__ void __launch_bounds__(256)
normal(int64 seed, int64 stream, float std, float* __restrict__ out, int64 n) {
  const bool wide = aligned16(out);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 block = (int64)blockIdx.x * blockDim.x + threadIdx.x; block * 4 < n; block += stride) {
    const uint4 c = philox(seed, stream, block);
    const float2 first = box_muller(c.x, c.y, std);
    const float2 second = box_muller(c.z, c.w, std);
    store4(out + block * 4, make_float4(first.x, first.y, second.x, second.y),
           (int)min(n - block * 4, (int64)4), wide);
  }
}

extern "C" __global__ void __launch_bounds__(256)
bernoulli(const float* __restrict__ draw, const float* __restrict__ logits, float temperature, int from,
          int to, float* __restrict__ pixels, int N, int D) {
  const Draw d(draw);
  const int64 n = (int64)N * (to - from);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 k = (int64)blockIdx.x * blockDim.x + threadIdx.x; k < n; k += stride) {
    const int64 at = k / (to - from) * D + from + k % (to - from);
    pixels[at] = bernoulli_pixel(d.uniform(at, D), logits[at], temperature);
  }
}
