// What a GPU reaches at best, for `bench`: in a copy, in multiply-adds and in products on tensor cores, which are the
// ceilings of the roofline (Williams et al. 2009). No op launches these.

#if defined(TF32) || defined(BF16)
#include "tile/tile.cuh"

// Eight sums a warp, so that one product need not wait for another. The factors have random bits: zeros draw less
// power, and would be multiplied at a higher clock than an op's.
extern "C" __global__ void __launch_bounds__(256)
IN_PRECISION(roofline_mma)(float* __restrict__ out, int turns) {
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
}

#else
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
roofline_fma(float* __restrict__ out, float factor, float summand, int turns) {
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
}
#endif
