// Philox 4x32-10 (Salmon et al. 2011), the same words as dev.hindsight.random.Philox: word i of a key is
// lane i % 4 of the block with counter (i / 4, stream).
#pragma once
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

// dev.hindsight.backend.Draw, as its words lie in memory.
struct Draw {
  int64 seed, stream, first;

  // The uniform of element `at` of a batch of images of `pixels` pixels.
  __device__ __forceinline__ float uniform(int64 at, int pixels) const {
    const int64 index = first * pixels + at;
    const uint4 c = philox(seed, stream, index >> 2);
    const int lane = (int)(index & 3);
    return to_uniform(lane < 2 ? (lane == 0 ? c.x : c.y) : (lane == 2 ? c.z : c.w));
  }
};

__device__ __forceinline__ float bernoulli_pixel(float uniform, float logit, float temperature) {
  return uniform < sigmoid(logit / temperature) ? 1.0f : 0.0f;
}
