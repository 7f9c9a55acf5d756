// What a GPU reaches at best, for `bench`: in a copy, from L2, in multiply-adds and in products on tensor cores, which
// are the ceilings of the roofline (Williams et al. 2009); and how long what cannot be bought takes: a load, a launch, a
// barrier over the grid. No op launches these.

// GHz between two places of a thread.
struct Clock {
  long long clocks, nanoseconds;
  __device__ Clock() : clocks(clock64()), nanoseconds(now()) {}
  static __device__ long long now() {
    long long time;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time));
    return time;
  }
  __device__ float gigahertz() const {
    return (float)(clock64() - clocks) / (float)(now() - nanoseconds);
  }
};

#if defined(TF32) || defined(BF16)
#include "tile/tile.cuh"

// Eight sums a warp, so that one product need not wait for another. The factors have random bits: zeros draw less
// power, and would be multiplied at a higher clock than an op's.
extern "C" __global__ void __launch_bounds__(256)
IN_PRECISION(roofline_mma)(float* __restrict__ out, float* __restrict__ gigahertz, int turns) {
  const Clock start;
  constexpr int SUMS = 8;
  Word a[4], b[2];
  float c[SUMS][4] = {};
  const Word random = (threadIdx.x + 1) * 2654435761u;
#pragma unroll
  for (int k = 0; k < 4; k++) a[k] = 0x3f803f80u | ((random << k) & 0x007f007fu);
#pragma unroll
  for (int k = 0; k < 2; k++) b[k] = 0xbf803f80u | ((random >> k) & 0x007f007fu);
  for (int turn = 0; turn < turns; turn++) {
#pragma unroll
    for (int k = 0; k < SUMS; k++) Format::mma(c[k], a, b);
  }
  float sum = 0;
#pragma unroll
  for (int k = 0; k < SUMS; k++) sum += c[k][0] + c[k][1] + c[k][2] + c[k][3];
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
  if (threadIdx.x == 0 && blockIdx.x == 0) *gigahertz = start.gigahertz();
}

#else
#include <cooperative_groups.h>

#include "common.cuh"

// n a multiple of 4, both 16-byte aligned.
extern "C" __global__ void __launch_bounds__(256) roofline_copy(const float4* __restrict__ from,
                                                                float4* __restrict__ to, int64 n) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < n / 4; i += stride)
    to[i] = from[i];
}

// 128 multiply-adds a turn, in sixteen sums that do not wait for each other.
extern "C" __global__ void __launch_bounds__(256)
roofline_fma(float* __restrict__ out, float* __restrict__ gigahertz, float factor, float summand,
             int turns) {
  const Clock start;
  constexpr int SUMS = 16;
  float c[SUMS];
#pragma unroll
  for (int k = 0; k < SUMS; k++) c[k] = threadIdx.x + k;
  for (int turn = 0; turn < turns; turn++) {
#pragma unroll
    for (int k = 0; k < 8 * SUMS; k++) c[k % SUMS] = fmaf(c[k % SUMS], factor, summand);
  }
  float sum = 0;
#pragma unroll
  for (int k = 0; k < SUMS; k++) sum += c[k];
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
  if (threadIdx.x == 0 && blockIdx.x == 0) *gigahertz = start.gigahertz();
}

// Each block reads all n numbers, a multiple of 4, past L1: where they fit into L2, from there.
extern "C" __global__ void __launch_bounds__(256) roofline_l2(const float4* __restrict__ from,
                                                              float* __restrict__ out, int n) {
  const int words = n / 4;
  const int first = blockIdx.x * 64 % words;  // not all at the same place
  float sum = 0;
#pragma unroll 4
  for (int i = threadIdx.x; i < words; i += blockDim.x) {
    const int at = first + i;
    const float4 v = __ldcg(from + (at < words ? at : at - words));
    sum += v.x + v.y + v.z + v.w;
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

// A ring of n places, each of which holds the next: `stride` further on.
extern "C" __global__ void __launch_bounds__(256) roofline_ring(int* __restrict__ ring, int stride,
                                                                int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    ring[i] = (int)(((int64)i + stride) % n);
}

// One thread goes around it, past L1: a load cannot begin before the one before it is done. Clocks of a load.
extern "C" __global__ void roofline_chase(const int* __restrict__ ring, float* __restrict__ clocks,
                                          int loads) {
  int at = 0;
  for (int k = 0; k < loads / 8; k++) at = __ldcg(ring + at);  // the TLB has it then
  const long long start = clock64();
  for (int k = 0; k < loads; k++) at = __ldcg(ring + at);
  clocks[0] = (float)(clock64() - start) / loads;
  clocks[1] = at;
}

extern "C" __global__ void roofline_nothing() {}

// All blocks wait for each other again and again.
extern "C" __global__ void __launch_bounds__(256) roofline_barrier(int turns) {
  for (int turn = 0; turn < turns; turn++) cooperative_groups::this_grid().sync();
}
#endif
