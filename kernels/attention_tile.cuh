// The two products that attention and its gradients are made of, for a block of 7 warps that owns 112 rows
// and walks over tiles of 56 columns: 784 = 7·112 = 14·56, so nothing is padded there.
//
//   scores      sum (112,56) = A (112,D)·B (56,D)^T, both streamed through shared memory 16 of D at a time
//   accumulate  acc (112,32·GROUPS) += P (112,56)·B (56,32·GROUPS), P from shared memory
//
// A warp owns 16 rows, a thread 4 of them (lane / 8 + 4·r) and every 8th column: 4 x 7 sums, or 4 x 4·GROUPS.
// So a row's maximum and sum take three shuffles, and P passes between the lanes of one warp only. Pitches
// are chosen so that no access to shared memory has a bank conflict.
#pragma once
#include "common.cuh"

constexpr int ROWS = 112;
constexpr int COLS = 56;
constexpr int CHUNK = 16;
constexpr int ATTENTION_THREADS = 224;
constexpr float LOG2_E = 1.4426950408889634f;
constexpr float LN_2 = 0.6931471805599453f;

template <int GROUPS>
struct AttentionBuffers {
  union {
    struct {
      float a[ROWS][CHUNK + 4];
      float b[COLS][CHUNK + 4];
    };
    float tile[COLS][32 * GROUPS];
  };
  float p[ROWS][72];
};

// One head of q, k, v or a gradient: T rows of D floats, `pitch` apart.
struct Head {
  const float* data;
  int pitch, T, D;
  bool wide;

  __device__ __forceinline__ Head(const float* data, int pitch, int T, int D)
      : data(data), pitch(pitch), T(T), D(D), wide(rows_aligned16(data, pitch)) {}

  __device__ __forceinline__ float4 fetch(int row, int d) const {
    return load4(data + (int64)row * pitch + d, row < T ? D - d : 0, wide);
  }
};

__device__ __forceinline__ int lane_of() { return threadIdx.x & 31; }
__device__ __forceinline__ int warp_of() { return threadIdx.x >> 5; }
// This thread's r-th row within the block, and c-th column within the tile.
__device__ __forceinline__ int own_row(int r) { return warp_of() * 16 + lane_of() / 8 + 4 * r; }
__device__ __forceinline__ int own_col(int c) { return lane_of() % 8 + 8 * c; }

// Sum and maximum over the 8 lanes that share a row.
__device__ __forceinline__ float row_sum(float v) {
  for (int lane = 4; lane > 0; lane >>= 1) {
    v += __shfl_xor_sync(0xffffffffu, v, lane);
  }
  return v;
}

__device__ __forceinline__ float row_max(float v) {
  for (int lane = 4; lane > 0; lane >>= 1) {
    v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, lane));
  }
  return v;
}

// @param active whether any element of this warp's rows is wanted; all warps come along to the barriers
template <int GROUPS>
__device__ __forceinline__ void scores(AttentionBuffers<GROUPS>& buffers, const Head& a, int row0,
                                       const Head& b, int col0, bool active, float (&sum)[4][7]) {
  const int row = warp_of() * 8 + lane_of() % 8;
  const int part = lane_of() / 8 * 4;
#pragma unroll
  for (int r = 0; r < 4; r++) {
#pragma unroll
    for (int c = 0; c < 7; c++) {
      sum[r][c] = 0.0f;
    }
  }
  for (int d = 0; d < a.D; d += CHUNK) {
    const float4 a0 = a.fetch(row0 + row, d + part);
    const float4 a1 = a.fetch(row0 + row + COLS, d + part);
    const float4 b0 = b.fetch(col0 + row, d + part);
    __syncthreads();  // nobody reads what was there any more
    *reinterpret_cast<float4*>(&buffers.a[row][part]) = a0;
    *reinterpret_cast<float4*>(&buffers.a[row + COLS][part]) = a1;
    *reinterpret_cast<float4*>(&buffers.b[row][part]) = b0;
    __syncthreads();
    if (!active) {
      continue;
    }
#pragma unroll 1
    for (int k = 0; k < CHUNK; k += 4) {
      float4 av[4];
#pragma unroll
      for (int r = 0; r < 4; r++) {
        av[r] = *reinterpret_cast<const float4*>(&buffers.a[own_row(r)][k]);
      }
#pragma unroll
      for (int c = 0; c < 7; c++) {
        const float4 bv = *reinterpret_cast<const float4*>(&buffers.b[own_col(c)][k]);
#pragma unroll
        for (int r = 0; r < 4; r++) {
          sum[r][c] = fmaf(av[r].x, bv.x, sum[r][c]);
          sum[r][c] = fmaf(av[r].y, bv.y, sum[r][c]);
          sum[r][c] = fmaf(av[r].z, bv.z, sum[r][c]);
          sum[r][c] = fmaf(av[r].w, bv.w, sum[r][c]);
        }
      }
    }
  }
}

// Leaves this thread's part of P where `accumulate` finds it.
template <int GROUPS>
__device__ __forceinline__ void place(AttentionBuffers<GROUPS>& buffers, const float (&p)[4][7]) {
#pragma unroll
  for (int r = 0; r < 4; r++) {
#pragma unroll
    for (int c = 0; c < 7; c++) {
      buffers.p[own_row(r)][own_col(c)] = p[r][c];
    }
  }
}

__device__ __forceinline__ float part(float4 v, int k) {
  return k < 2 ? (k == 0 ? v.x : v.y) : (k == 2 ? v.z : v.w);
}

__device__ __forceinline__ void add_scaled(float4& sum, float p, float4 v, bool keep) {
  const float4 next = make_float4(fmaf(p, v.x, sum.x), fmaf(p, v.y, sum.y), fmaf(p, v.z, sum.z),
                                  fmaf(p, v.w, sum.w));
  sum.x = keep ? next.x : sum.x;
  sum.y = keep ? next.y : sum.y;
  sum.z = keep ? next.z : sum.z;
  sum.w = keep ? next.w : sum.w;
}

// EDGE: the diagonal runs through the tile. There sums select what they take, since a zero times a NaN
// behind the diagonal would still be NaN. `sees(row, col)` is asked in that case only.
template <bool EDGE, int GROUPS, class Sees>
__device__ __forceinline__ void accumulate(AttentionBuffers<GROUPS>& buffers, const Head& b,
                                           int col0, int d0, bool active, Sees sees,
                                           float4 (&acc)[4][GROUPS]) {
  __syncthreads();  // nobody reads what was there any more, and P is complete
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = warp_of() * 4 + lane_of() / 8 + 28 * half;
      const int d = g * 32 + lane_of() % 8 * 4;
      *reinterpret_cast<float4*>(&buffers.tile[row][d]) = b.fetch(col0 + row, d0 + d);
    }
  }
  __syncthreads();
  if (!active) {
    return;
  }
#pragma unroll 1
  for (int j = 0; j < COLS; j += 4) {
    float4 pv[4];
#pragma unroll
    for (int r = 0; r < 4; r++) {
      pv[r] = *reinterpret_cast<const float4*>(&buffers.p[own_row(r)][j]);
    }
#pragma unroll
    for (int k = 0; k < 4; k++) {
#pragma unroll
      for (int g = 0; g < GROUPS; g++) {
        const float4 v =
            *reinterpret_cast<const float4*>(&buffers.tile[j + k][g * 32 + lane_of() % 8 * 4]);
#pragma unroll
        for (int r = 0; r < 4; r++) {
          add_scaled(acc[r][g], part(pv[r], k), v, !EDGE || sees(own_row(r), j + k));
        }
      }
    }
  }
}
