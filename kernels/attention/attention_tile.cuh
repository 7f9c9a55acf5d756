// The two products that attention and its gradients are made of, for a block of 7 warps that owns 112 rows
// and walks over tiles of 56 columns: 784 = 7·112 = 14·56, so nothing is padded there.
//
//   scores      sum (112,56) = A (112,D)·B (56,D)^T, both streamed through shared memory, a chunk of D at a time
//   accumulate  acc (112,N) += P (112,56)·B (56,N), N the width of a head, rounded up: 16, 32, 48, 64, 96, 128
//
// A block has all N columns of its results, so no score is computed twice. A warp owns 16 rows. How they are
// shared among its lanes is said by attention_fma.cuh in fp32 and by attention_mma.cuh on tensor cores, under
// the same names:
//   OWN_ROWS, OWN_COLS, own_row(r), own_col(c)   the scores of a thread
//   ROW_LANES                                    neighbouring lanes that share a row
//   Left<N>                                      P, or what stands in its place, `keep` once for a later `get`
//   Result<N>                                    OWN_ROWS x GROUPS x V sums, V neighbours from column(g) on
#pragma once
#include "attention/attention_heads.cuh"

constexpr int ROWS = 112;               // as ATTENTION_THREADS
constexpr int COLS = 56;                // half of ROWS
constexpr int ATTENTION_THREADS = 224;  // CudaCausalAttention.STAGED, two for each row of ROWS

#ifdef TENSOR_CORES
#include "attention/attention_mma.cuh"
#else
#include "attention/attention_fma.cuh"
#endif

// Sum and maximum over the lanes that share a row.
__device__ __forceinline__ float row_sum(float v) {
  for (int lane = ROW_LANES / 2; lane > 0; lane >>= 1) {
    v += __shfl_xor_sync(WARP, v, lane);
  }
  return v;
}

__device__ __forceinline__ float row_max(float v) {
  for (int lane = ROW_LANES / 2; lane > 0; lane >>= 1) {
    v = fmaxf(v, __shfl_xor_sync(WARP, v, lane));
  }
  return v;
}
