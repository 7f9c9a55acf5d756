// Philox 4x32-10 (Salmon et al. 2011), the same words as dev.hindsight.random.Philox: word i of a key is
// lane i % 4 of the block with counter (i / 4, stream).
//   uniform    out[i] = (word i >> 8)·2^-24, in [0, 1)
//   normal     out[i] = std·Box-Muller of words (0, 1) and (2, 3) of each block
//   bernoulli  pixels[n,d] = uniform(n·D + d) < sigmoid(logits[n,d] / temperature), for from <= d < to
#include "common.cuh"

__device__ __forceinline__ uint4 philox(int64 seed, int64 stream, int64 index) {
  unsigned k0 = (unsigned)seed, k1 = (unsigned)(seed >> 32);
  uint4 c = make_uint4((unsigned)index, (unsigned)(index >> 32), (unsigned)stream,
                       (unsigned)(stream >> 32));
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const unsigned high0 = __umulhi(0xD2511F53u, c.x), low0 = 0xD2511F53u * c.x;
    const unsigned high1 = __umulhi(0xCD9E8D57u, c.z), low1 = 0xCD9E8D57u * c.z;
    c = make_uint4(high1 ^ c.y ^ k0, low1, high0 ^ c.w ^ k1, low0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

// A multiple of 2^-24, exact in float.
__device__ __forceinline__ float to_uniform(unsigned word) { return (word >> 8) * 0x1p-24f; }

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
bernoulli(int64 seed, int64 stream, const float* __restrict__ logits, float temperature, int from,
          int to, float* __restrict__ pixels, int N, int D) {
  const int64 n = (int64)N * (to - from);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 k = (int64)blockIdx.x * blockDim.x + threadIdx.x; k < n; k += stride) {
    const int64 at = k / (to - from) * D + from + k % (to - from);
    const uint4 c = philox(seed, stream, at >> 2);
    const int lane = (int)(at & 3);
    const unsigned word = lane < 2 ? (lane == 0 ? c.x : c.y) : (lane == 2 ? c.z : c.w);
    pixels[at] = to_uniform(word) < sigmoid(logits[at] / temperature) ? 1.0f : 0.0f;
  }
}
