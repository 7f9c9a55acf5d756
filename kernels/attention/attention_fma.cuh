// Tiles of attention in fp32. A thread has 4 of its warp's 16 rows (lane / 8 + 4·r) and every 8th column:
// 4 x 7 scores, or 4 x N/8 results. P goes through shared memory, between the lanes of one warp only.
// Pitches are chosen so that no access to shared memory has a bank conflict.
#pragma once

constexpr int OWN_ROWS = 4;
constexpr int OWN_COLS = 7;
constexpr int ROW_LANES = 8;
constexpr int CHUNK = 16;

__device__ __forceinline__ int own_row(int r) { return warp_of() * 16 + lane_of() / 8 + 4 * r; }
__device__ __forceinline__ int own_col(int c) { return lane_of() % 8 + 8 * c; }

// Of B, `accumulate` has so many columns in shared memory at a time.
template <int N>
constexpr int PIECE = N > 96 ? N / 2 : N;

template <int N>
struct AttentionBuffers {
  union {
    struct {
      float a[ROWS][CHUNK + 4];
      float b[COLS][CHUNK + 4];
    };
    alignas(16) float tile[COLS][PIECE<N>];
  };
  alignas(16) float p[ROWS][COLS];
};

// In shared memory, so it takes no registers while the next scores are computed.
template <int N>
struct Left {
  AttentionBuffers<N>& buffers;

  __device__ __forceinline__ explicit Left(AttentionBuffers<N>& buffers) : buffers(buffers) {}

  __device__ __forceinline__ void put(int r, int c, float v) {
    buffers.p[own_row(r)][own_col(c)] = v;
  }
  __device__ __forceinline__ void keep() {}
  __device__ __forceinline__ float get(int r, int c) const {
    return buffers.p[own_row(r)][own_col(c)];
  }
};

template <int N>
struct Result {
  static constexpr int V = N % 32 == 0 ? 4 : 2;
  static constexpr int GROUPS = N / (8 * V);
  float sum[OWN_ROWS][GROUPS][V] = {};

  static __device__ __forceinline__ int column(int g) { return (g * 8 + lane_of() % 8) * V; }
};

// @param active whether any element of this warp's rows is wanted; all warps come along to the barriers
template <int N>
__device__ __forceinline__ void scores(AttentionBuffers<N>& buffers, const Head& a, int row0,
                                       const Head& b, int col0, bool active,
                                       float (&sum)[OWN_ROWS][OWN_COLS]) {
  const int row = warp_of() * 8 + lane_of() % 8;
  const int d0 = lane_of() / 8 * 4;
#pragma unroll
  for (int r = 0; r < OWN_ROWS; r++) {
#pragma unroll
    for (int c = 0; c < OWN_COLS; c++) {
      sum[r][c] = 0.0f;
    }
  }
#pragma unroll 1
  for (int d = 0; d < a.D; d += CHUNK) {
    const float4 a0 = a.fetch(row0 + row, d + d0);
    const float4 a1 = a.fetch(row0 + row + COLS, d + d0);
    const float4 b0 = b.fetch(col0 + row, d + d0);
    __syncthreads();  // nobody reads what was there any more
    *reinterpret_cast<float4*>(&buffers.a[row][d0]) = a0;
    *reinterpret_cast<float4*>(&buffers.a[row + COLS][d0]) = a1;
    *reinterpret_cast<float4*>(&buffers.b[row][d0]) = b0;
    __syncthreads();
    if (!active) {
      continue;
    }
#pragma unroll 1
    for (int k = 0; k < CHUNK; k += 4) {
      float4 av[OWN_ROWS];
#pragma unroll
      for (int r = 0; r < OWN_ROWS; r++) {
        av[r] = *reinterpret_cast<const float4*>(&buffers.a[own_row(r)][k]);
      }
#pragma unroll
      for (int c = 0; c < OWN_COLS; c++) {
        const float4 bv = *reinterpret_cast<const float4*>(&buffers.b[own_col(c)][k]);
#pragma unroll
        for (int r = 0; r < OWN_ROWS; r++) {
          sum[r][c] = fmaf(av[r].x, bv.x, sum[r][c]);
          sum[r][c] = fmaf(av[r].y, bv.y, sum[r][c]);
          sum[r][c] = fmaf(av[r].z, bv.z, sum[r][c]);
          sum[r][c] = fmaf(av[r].w, bv.w, sum[r][c]);
        }
      }
    }
  }
}

// Columns d0 .. d0 + PIECE<N> - 1 of 56 rows of B to shared memory.
template <int N>
__device__ __forceinline__ void stage(AttentionBuffers<N>& buffers, const Head& b, int col0,
                                      int d0) {
  constexpr int LANES = N % 32 == 0 ? 8 : 4;  // that read neighbours of a row
  constexpr int AT_ONCE = ATTENTION_THREADS / LANES;
  const int d = threadIdx.x % LANES * 4;
#pragma unroll
  for (int g = 0; g < PIECE<N>; g += LANES * 4) {
#pragma unroll
    for (int first = 0; first < COLS; first += AT_ONCE) {
      const int row = first + threadIdx.x / LANES;
      *reinterpret_cast<float4*>(&buffers.tile[row][g + d]) = b.fetch(col0 + row, d0 + g + d);
    }
  }
}

__device__ __forceinline__ void load(const float* from, float (&to)[4]) {
  const float4 v = *reinterpret_cast<const float4*>(from);
  to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
}

__device__ __forceinline__ void load(const float* from, float (&to)[2]) {
  const float2 v = *reinterpret_cast<const float2*>(from);
  to[0] = v.x, to[1] = v.y;
}

// Whether any of this warp's rows sees any of columns j .. j + 3. One of its outer rows sees what any does.
template <class Sees>
__device__ __forceinline__ bool warp_sees_any(Sees sees, int j) {
  const int row = warp_of() * 16;
  bool any = sees(row + 15, j);
  for (int k = 0; k < 4; k++) {
    any = any || sees(row, j + k);
  }
  return any;
}

// EDGE: the diagonal runs through the tile. There sums select what they take, since a zero times a NaN
// behind the diagonal would still be NaN. `sees(row, col)` is asked in that case only.
template <bool EDGE, int N, class Sees>
__device__ __forceinline__ void multiply(const AttentionBuffers<N>& buffers, Sees sees, int first,
                                         Result<N>& acc) {
  constexpr int V = Result<N>::V;
#pragma unroll 1
  for (int j = 0; j < COLS; j += 4) {
    if (EDGE && !warp_sees_any(sees, j)) {
      continue;
    }
    float p[OWN_ROWS][4];
#pragma unroll
    for (int r = 0; r < OWN_ROWS; r++) {
      load(&buffers.p[own_row(r)][j], p[r]);
    }
#pragma unroll
    for (int k = 0; k < 4; k++) {
#pragma unroll
      for (int g = 0; g < PIECE<N> / (8 * V); g++) {
        float v[V];
        load(&buffers.tile[j + k][Result<N>::column(g)], v);
#pragma unroll
        for (int r = 0; r < OWN_ROWS; r++) {
          const bool keep = !EDGE || sees(own_row(r), j + k);
#pragma unroll
          for (int e = 0; e < V; e++) {
            float& sum = acc.sum[r][first + g][e];
            const float next = fmaf(p[r][k], v[e], sum);
            sum = keep ? next : sum;
          }
        }
      }
    }
  }
}

// @param edge whether the diagonal runs through the tile
template <int N, class Sees>
__device__ __forceinline__ void accumulate(AttentionBuffers<N>& buffers, const Left<N>&,
                                           const Head& b, int col0, bool active, bool edge,
                                           Sees sees, Result<N>& acc) {
  constexpr int GROUPS = PIECE<N> / (8 * Result<N>::V);
#pragma unroll
  for (int first = 0; first < Result<N>::GROUPS; first += GROUPS) {
    __syncthreads();  // nobody reads what was there any more, and P is complete
    stage(buffers, b, col0, first * 8 * Result<N>::V);
    __syncthreads();
    if (active && edge) {
      multiply<true>(buffers, sees, first, acc);
    } else if (active) {
      multiply<false>(buffers, sees, first, acc);
    }
  }
}
