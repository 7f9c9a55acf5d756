// What Muon (Jordan et al. 2024) needs beside products of matrices.
#include "common.cuh"

#ifndef BF16

// y = s·(3.4445·I - 4.7750·s²·A + 2.0315·s⁴·A²), all (N,N): the polynomial of a Newton-Schulz step, where A = X·Xᵀ.
// `first` takes s from A's trace, which is the square of X's Frobenius norm; else s is 1. Every block adds the trace
// up in the same order. N² fits an int, as it is no more than the weights. Reads 8 and writes 4 bytes per element.
extern "C" __global__ void __launch_bounds__(256)
newton_schulz(const float* __restrict__ a, const float* __restrict__ square, float* __restrict__ y,
              int n, int first) {
  __shared__ float inverse;
  float trace = 0.0f;
  for (int i = threadIdx.x; i < n && first; i += 256) {
    trace += a[i * (n + 1)];
  }
  trace = block_sum<256>(trace);
  if (threadIdx.x == 0) {
    inverse = first ? 1.0f / (sqrtf(trace) + 1e-7f) : 1.0f;
  }
  __syncthreads();
  const float s = inverse;
  const float s3 = s * s * s;
  const float constant = 3.4445f * s, linear = -4.7750f * s3, quadratic = 2.0315f * s3 * s * s;
  const int stride = gridDim.x * blockDim.x;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n * n; i += stride) {
    const float diagonal = i % (n + 1) == 0 ? constant : 0.0f;
    y[i] = diagonal + linear * a[i] + quadratic * square[i];
  }
}

#endif

// w = (1 - rate·decay)·w - rate·scale·direction, with rate = numbers[1]. With -DBF16 the new weights are written once
// more, rounded, for products to read.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(muon)(float* __restrict__ w, const float* __restrict__ direction,
#ifdef BF16
                 Stored* __restrict__ rounded,
#endif
                 const float* __restrict__ numbers, float decay, float scale, int64 n) {
  const float keep = 1.0f - numbers[1] * decay;
  const float by = numbers[1] * scale;
  const bool wide = aligned16(w) && aligned16(direction);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 old = load4(w + i, left, wide);
    const float4 d = load4(direction + i, left, wide);
    const float4 wi = make_float4(keep * old.x - by * d.x, keep * old.y - by * d.y,
                                  keep * old.z - by * d.z, keep * old.w - by * d.w);
    store4(w + i, wi, left, wide);
#ifdef BF16
    store4(rounded + i, wi, left, wide && aligned16(rounded));
#endif
  }
}
