// p[n,i,j] = exp(scale·s[n,i,j]) / sum over j' <= i, for j <= i, and its gradient
//   ds += scale·p·(dp - sum over j of p·dp)
// on the lower triangle of (N,T,T); what lies above is neither read nor written. A warp owns rows i and
// T-1-i, which are T+1 elements together, so all warps end at the same time. 1024 elements of a row lie in
// registers; of longer rows the rest is read again. A row of nothing but -inf gives zeros.
#include "common.cuh"
#include "exp2.cuh"

constexpr int WARPS = 4;
constexpr int GROUPS = 8;  // of 128 elements, four a lane
constexpr float NONE = -INFINITY;

// Where element k of this lane's group n lies. With rows that start at 16 bytes a lane has four
// neighbours, else its elements are 32 apart, so that either way a warp reads whole sectors.
__device__ __forceinline__ int column(int n, int k, bool wide) {
  const int lane = threadIdx.x & 31;
  return n * 128 + (wide ? lane * 4 + k : k * 32 + lane);
}

// Elements times factor, and `none` where there are none.
__device__ __forceinline__ void load_group(const Stored* row, int n, int live, bool wide,
                                           float factor, float none, float (&out)[4]) {
  const int c = column(n, 0, wide);
  if (wide && c + 3 < live) {
    const float4 v = load4(row + c, 4, true);
    out[0] = v.x * factor, out[1] = v.y * factor, out[2] = v.z * factor, out[3] = v.w * factor;
    return;
  }
#pragma unroll
  for (int k = 0; k < 4; k++) {
    const int at = column(n, k, wide);
    out[k] = at < live ? load1(row + at) * factor : none;
  }
}

__device__ __forceinline__ void store_group(Stored* row, int n, int live, bool wide,
                                            const float (&in)[4]) {
  const int c = column(n, 0, wide);
  if (wide && c + 3 < live) {
    store4(row + c, make_float4(in[0], in[1], in[2], in[3]), 4, true);
    return;
  }
#pragma unroll
  for (int k = 0; k < 4; k++) {
    const int at = column(n, k, wide);
    if (at < live) {
      store1(row + at, in[k]);
    }
  }
}

__device__ __forceinline__ float warp_max(float v) {
  for (int lane = 16; lane > 0; lane >>= 1) {
    v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, lane));
  }
  return v;
}

// The first GROUPS groups are found in registers, those behind them by an online maximum: when it
// grows, the sum so far shrinks.
__device__ __forceinline__ void softmax_row(const Stored* s, Stored* p, int live, float factor,
                                            bool wide) {
  const int groups = (live + 127) / 128;
  float v[GROUPS][4];
  float top = NONE;
#pragma unroll
  for (int n = 0; n < GROUPS; n++) {
    if (n < groups) {
      load_group(s, n, live, wide, factor, NONE, v[n]);
#pragma unroll
      for (int k = 0; k < 4; k++) {
        top = fmaxf(top, v[n][k]);
      }
    }
  }
  float rest = 0.0f;
  for (int n = GROUPS; n < groups; n++) {
    float x[4];
    load_group(s, n, live, wide, factor, NONE, x);
    const float next = fmaxf(fmaxf(fmaxf(x[0], x[1]), x[2]), fmaxf(x[3], top));
    const float base = next == NONE ? 0.0f : next;
    rest *= top == NONE ? 0.0f : exp2_or_zero(top - base);
    for (int k = 0; k < 4; k++) {
      rest += exp2_or_zero(x[k] - base);
    }
    top = next;
  }
  const float highest = warp_max(top);
  const float base = highest == NONE ? 0.0f : highest;
  float sum = top == NONE ? rest : rest * exp2_or_zero(top - base);  // there 0, or NaN
#pragma unroll
  for (int n = 0; n < GROUPS; n++) {
    if (n < groups) {
#pragma unroll
      for (int k = 0; k < 4; k++) {
        v[n][k] = exp2_or_zero(v[n][k] - base);
        sum += v[n][k];
      }
    }
  }
  sum = warp_sum(sum);
  const float inverse = sum == 0.0f ? 0.0f : 1.0f / sum;
#pragma unroll
  for (int n = 0; n < GROUPS; n++) {
    if (n < groups) {
#pragma unroll
      for (int k = 0; k < 4; k++) {
        v[n][k] *= inverse;
      }
      store_group(p, n, live, wide, v[n]);
    }
  }
  for (int n = GROUPS; n < groups; n++) {
    float x[4];
    load_group(s, n, live, wide, factor, NONE, x);
    for (int k = 0; k < 4; k++) {
      x[k] = exp2_or_zero(x[k] - base) * inverse;
    }
    store_group(p, n, live, wide, x);
  }
}

__device__ __forceinline__ void backward_row(const Stored* p, const Stored* dp, Stored* ds,
                                             int live, float scale, bool wide) {
  const int groups = (live + 127) / 128;
  float v[GROUPS][4], up[GROUPS][4];
  float dot = 0.0f;
#pragma unroll
  for (int n = 0; n < GROUPS; n++) {
    if (n < groups) {
      load_group(p, n, live, wide, 1.0f, 0.0f, v[n]);
      load_group(dp, n, live, wide, 1.0f, 0.0f, up[n]);
#pragma unroll
      for (int k = 0; k < 4; k++) {
        dot = fmaf(v[n][k], up[n][k], dot);
      }
    }
  }
  for (int n = GROUPS; n < groups; n++) {
    float a[4], b[4];
    load_group(p, n, live, wide, 1.0f, 0.0f, a);
    load_group(dp, n, live, wide, 1.0f, 0.0f, b);
    for (int k = 0; k < 4; k++) {
      dot = fmaf(a[k], b[k], dot);
    }
  }
  dot = warp_sum(dot);
#pragma unroll
  for (int n = 0; n < GROUPS; n++) {
    if (n < groups) {
      float d[4];
      load_group(ds, n, live, wide, 1.0f, 0.0f, d);
#pragma unroll
      for (int k = 0; k < 4; k++) {
        d[k] += scale * v[n][k] * (up[n][k] - dot);
      }
      store_group(ds, n, live, wide, d);
    }
  }
  for (int n = GROUPS; n < groups; n++) {
    float a[4], b[4], d[4];
    load_group(p, n, live, wide, 1.0f, 0.0f, a);
    load_group(dp, n, live, wide, 1.0f, 0.0f, b);
    load_group(ds, n, live, wide, 1.0f, 0.0f, d);
    for (int k = 0; k < 4; k++) {
      d[k] += scale * a[k] * (b[k] - dot);
    }
    store_group(ds, n, live, wide, d);
  }
}

// The rows of this warp's pair; the one in the middle of an odd T is alone.
struct Pair {
  int first, second;
  int64 matrix;
  bool exists;
};

__device__ __forceinline__ Pair pair_of_warp(int N, int T) {
  const int pairs = (T + 1) / 2;
  const int64 index = (int64)blockIdx.x * WARPS + threadIdx.x / 32;
  const int i = (int)(index % pairs);
  return {i, T - 1 - i, index / pairs * T * T, index / pairs < N};
}

extern "C" __global__ void BOUNDS_IN_BF16(WARPS * 32, 5)
    IN_STORAGE(triangular_softmax)(const Stored* __restrict__ s, float scale,
                                   Stored* __restrict__ p, int N, int T) {
  const Pair pair = pair_of_warp(N, T);
  if (!pair.exists) {
    return;
  }
  const bool wide = rows_aligned16(s, T) && aligned16(p);
  const float factor = scale * 1.4426950408889634f;
  for (int row = pair.first;; row = pair.second) {
    const int64 at = pair.matrix + (int64)row * T;
    softmax_row(s + at, p + at, row + 1, factor, wide);
    if (row == pair.second) {
      break;
    }
  }
}

extern "C" __global__ void __launch_bounds__(WARPS * 32)
IN_STORAGE(triangular_softmax_backward)(const Stored* __restrict__ p, float scale,
                                        const Stored* __restrict__ dp, Stored* __restrict__ ds,
                                        int N, int T) {
  const Pair pair = pair_of_warp(N, T);
  if (!pair.exists) {
    return;
  }
  const bool wide = rows_aligned16(p, T) && aligned16(dp) && aligned16(ds);
  for (int row = pair.first;; row = pair.second) {
    const int64 at = pair.matrix + (int64)row * T;
    backward_row(p + at, dp + at, ds + at, row + 1, scale, wide);
    if (row == pair.second) {
      break;
    }
  }
}
