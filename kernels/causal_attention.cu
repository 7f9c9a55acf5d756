// y (B,T,C) = softmax over j <= i of q_i·k_j / sqrt(D), times v, for each head of qkv (B,T,3C), and its
// gradients, with the tiles of attention_tile.cuh. No (T,T) matrix exists: the forward pass keeps a running
// maximum and sum per row and leaves the logarithm of the sum in lse (B,H,T) (Dao et al. 2022, arXiv
// 2205.14135); backward makes the probabilities again from it. Tiles above the diagonal are not visited, and
// only those that it runs through compare positions. Blocks with the most tiles start first.
//
// Backward needs two kernels, so that every sum has one owner and no atomics: a block of 112 queries walks
// over its keys for dq, a block of 112 keys over its queries for dk and dv.
//   p = exp(s - lse)   dv = p^T·dy   dp = dy·v^T   ds = p·(dp - delta)/sqrt(D), delta = sum of y·dy
#include "attention_tile.cuh"

struct Sizes {
  int B, T, H, D;
};

// The block's head, rows and columns of the result: 32·GROUPS columns from d0 on.
struct Place {
  int b, h, row0, d0;
};

template <int GROUPS>
__device__ __forceinline__ Place place_of_block(const Sizes& n, bool last_rows_first) {
  const int heads = n.B * n.H;
  const int blocks = (n.T + ROWS - 1) / ROWS;
  const int k = blockIdx.x / heads;
  const int head = blockIdx.x % heads;
  return {head / n.H, head % n.H, (last_rows_first ? blocks - 1 - k : k) * ROWS,
          (int)blockIdx.y * 32 * GROUPS};
}

// Head h of image b: which = 0, 1, 2 for q, k, v.
__device__ __forceinline__ Head part_of(const float* qkv, const Sizes& n, int b, int h, int which) {
  const int C = n.H * n.D;
  return Head(qkv + (int64)b * n.T * 3 * C + which * C + h * n.D, 3 * C, n.T, n.D);
}

__device__ __forceinline__ Head head_of(const float* y, const Sizes& n, int b, int h) {
  const int C = n.H * n.D;
  return Head(y + (int64)b * n.T * C + h * n.D, C, n.T, n.D);
}

// Four rows of results to or onto a head.
template <bool ADD, int GROUPS>
__device__ __forceinline__ void write(float* data, const Head& head, const Place& at,
                                      const float4 (&acc)[4][GROUPS]) {
#pragma unroll
  for (int r = 0; r < 4; r++) {
    const int row = at.row0 + own_row(r);
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
      const int d = at.d0 + g * 32 + lane_of() % 8 * 4;
      const int left = row < head.T ? head.D - d : 0;
      float* to = data + (int64)row * head.pitch + d;
      float4 sum = acc[r][g];
      if (ADD) {
        sum = sum + load4(to, left, head.wide);
      }
      store4(to, sum, left, head.wide);
    }
  }
}

// ---- forward

template <bool EDGE, int GROUPS>
__device__ __forceinline__ void forward_tile(AttentionBuffers<GROUPS>& buffers, const Head& q,
                                             const Head& k, const Head& v, const Place& at,
                                             int col0, float factor, float (&top)[4],
                                             float (&total)[4], float4 (&acc)[4][GROUPS]) {
  const bool active = !EDGE || col0 <= at.row0 + warp_of() * 16 + 15;
  const auto sees = [=](int row, int col) { return col0 + col <= at.row0 + row; };
  float s[4][7];
  scores(buffers, q, at.row0, k, col0, active, s);
  if (active) {
#pragma unroll
    for (int r = 0; r < 4; r++) {
      float highest = -INFINITY;
#pragma unroll
      for (int c = 0; c < 7; c++) {
        s[r][c] = !EDGE || sees(own_row(r), own_col(c)) ? s[r][c] * factor : -INFINITY;
        highest = fmaxf(highest, s[r][c]);
      }
      highest = fmaxf(row_max(highest), top[r]);
      const float base = highest == -INFINITY ? 0.0f : highest;
      const float shrink = exp2f(top[r] - base);
      float sum = 0.0f;
#pragma unroll
      for (int c = 0; c < 7; c++) {
        s[r][c] = exp2f(s[r][c] - base);
        sum += s[r][c];
      }
      top[r] = highest;
      total[r] = total[r] * shrink + row_sum(sum);
#pragma unroll
      for (int g = 0; g < GROUPS; g++) {
        acc[r][g] = make_float4(acc[r][g].x * shrink, acc[r][g].y * shrink, acc[r][g].z * shrink,
                                acc[r][g].w * shrink);
      }
    }
    place(buffers, s);
  }
  accumulate<EDGE>(buffers, v, col0, at.d0, active, sees, acc);
}

template <int GROUPS>
__device__ __forceinline__ void forward(const float* qkv, float* y, float* lse, const Sizes& n) {
  __shared__ AttentionBuffers<GROUPS> buffers;
  const Place at = place_of_block<GROUPS>(n, true);
  const Head q = part_of(qkv, n, at.b, at.h, 0);
  const Head k = part_of(qkv, n, at.b, at.h, 1);
  const Head v = part_of(qkv, n, at.b, at.h, 2);
  const float factor = LOG2_E / sqrtf((float)n.D);
  float top[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
  float total[4] = {};
  float4 acc[4][GROUPS] = {};
  int col0 = 0;
  for (; col0 + COLS <= at.row0; col0 += COLS) {
    forward_tile<false>(buffers, q, k, v, at, col0, factor, top, total, acc);
  }
  for (; col0 < min(at.row0 + ROWS, n.T); col0 += COLS) {
    forward_tile<true>(buffers, q, k, v, at, col0, factor, top, total, acc);
  }
#pragma unroll
  for (int r = 0; r < 4; r++) {
    const float inverse = 1.0f / total[r];
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
      acc[r][g] = make_float4(acc[r][g].x * inverse, acc[r][g].y * inverse, acc[r][g].z * inverse,
                              acc[r][g].w * inverse);
    }
    const int row = at.row0 + own_row(r);
    if (lane_of() % 8 == 0 && at.d0 == 0 && row < n.T) {
      lse[((int64)at.b * n.H + at.h) * n.T + row] = (top[r] + log2f(total[r])) * LN_2;
    }
  }
  const Head out = head_of(y, n, at.b, at.h);
  write<false>(const_cast<float*>(out.data), out, at, acc);
}

// ---- gradient of the queries, which leaves delta (B,H,T) for that of keys and values

template <bool EDGE, int GROUPS>
__device__ __forceinline__ void dq_tile(AttentionBuffers<GROUPS>& buffers, const Head& q,
                                        const Head& k, const Head& v, const Head& dy,
                                        const Place& at, int col0, float scale,
                                        const float (&log_sum)[4], const float (&delta)[4],
                                        float4 (&acc)[4][GROUPS]) {
  const bool active = !EDGE || col0 <= at.row0 + warp_of() * 16 + 15;
  const auto sees = [=](int row, int col) { return col0 + col <= at.row0 + row; };
  float s[4][7];
  scores(buffers, q, at.row0, k, col0, active, s);
  if (active) {
#pragma unroll
    for (int r = 0; r < 4; r++) {
#pragma unroll
      for (int c = 0; c < 7; c++) {
        s[r][c] = exp2f(fmaf(s[r][c], scale * LOG2_E, -log_sum[r]));
      }
    }
    place(buffers, s);  // there p needs no registers while dp is computed
  }
  scores(buffers, dy, at.row0, v, col0, active, s);
  if (active) {
#pragma unroll
    for (int r = 0; r < 4; r++) {
#pragma unroll
      for (int c = 0; c < 7; c++) {
        const float ds = buffers.p[own_row(r)][own_col(c)] * (s[r][c] - delta[r]) * scale;
        s[r][c] = !EDGE || sees(own_row(r), own_col(c)) ? ds : 0.0f;
      }
    }
    place(buffers, s);
  }
  accumulate<EDGE>(buffers, k, col0, at.d0, active, sees, acc);
}

template <int GROUPS>
__device__ __forceinline__ void backward_q(const float* qkv, const float* y, const float* lse,
                                           const float* dy, float* delta_out, float* dqkv,
                                           const Sizes& n) {
  __shared__ AttentionBuffers<GROUPS> buffers;
  const Place at = place_of_block<GROUPS>(n, true);
  const Head q = part_of(qkv, n, at.b, at.h, 0);
  const Head k = part_of(qkv, n, at.b, at.h, 1);
  const Head v = part_of(qkv, n, at.b, at.h, 2);
  const Head out = head_of(y, n, at.b, at.h);
  const Head up = head_of(dy, n, at.b, at.h);
  const int64 first = ((int64)at.b * n.H + at.h) * n.T;
  float log_sum[4], delta[4];
#pragma unroll
  for (int r = 0; r < 4; r++) {
    const int row = at.row0 + own_row(r);
    log_sum[r] = row < n.T ? lse[first + row] * LOG2_E : 0.0f;
    float sum = 0.0f;
    for (int d = lane_of() % 8 * 4; d < n.D; d += 32) {
      const float4 a = out.fetch(row, d), b = up.fetch(row, d);
      sum += (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
    }
    delta[r] = row_sum(sum);
    if (lane_of() % 8 == 0 && at.d0 == 0 && row < n.T) {
      delta_out[first + row] = delta[r];
    }
  }
  const float scale = 1.0f / sqrtf((float)n.D);
  float4 acc[4][GROUPS] = {};
  int col0 = 0;
  for (; col0 + COLS <= at.row0; col0 += COLS) {
    dq_tile<false>(buffers, q, k, v, up, at, col0, scale, log_sum, delta, acc);
  }
  for (; col0 < min(at.row0 + ROWS, n.T); col0 += COLS) {
    dq_tile<true>(buffers, q, k, v, up, at, col0, scale, log_sum, delta, acc);
  }
  const Head dq = part_of(dqkv, n, at.b, at.h, 0);
  write<true>(const_cast<float*>(dq.data), dq, at, acc);
}

// ---- gradients of keys and values: rows are keys, columns are queries

template <bool EDGE, int GROUPS>
__device__ __forceinline__ void dkv_tile(AttentionBuffers<GROUPS>& buffers, const Head& q,
                                         const Head& k, const Head& v, const Head& dy,
                                         const Place& at, int col0, float scale, const float* lse,
                                         const float* delta, float4 (&dk)[4][GROUPS],
                                         float4 (&dv)[4][GROUPS]) {
  const int T = q.T;
  const bool active = !EDGE || col0 + COLS - 1 >= at.row0 + warp_of() * 16;
  const auto sees = [=](int row, int col) {
    return col0 + col >= at.row0 + row && col0 + col < T;
  };
  float s[4][7];
  scores(buffers, k, at.row0, q, col0, active, s);
  if (active) {
#pragma unroll
    for (int c = 0; c < 7; c++) {
      const int query = col0 + own_col(c);
      const float log_sum = !EDGE || query < T ? lse[query] * LOG2_E : 0.0f;
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const float p = exp2f(fmaf(s[r][c], scale * LOG2_E, -log_sum));
        s[r][c] = !EDGE || sees(own_row(r), own_col(c)) ? p : 0.0f;
      }
    }
    place(buffers, s);
  }
  accumulate<EDGE>(buffers, dy, col0, at.d0, active, sees, dv);
  scores(buffers, v, at.row0, dy, col0, active, s);
  if (active) {
#pragma unroll
    for (int c = 0; c < 7; c++) {
      const int query = col0 + own_col(c);
      const float sum = !EDGE || query < T ? delta[query] : 0.0f;
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const float ds = buffers.p[own_row(r)][own_col(c)] * (s[r][c] - sum) * scale;
        s[r][c] = !EDGE || sees(own_row(r), own_col(c)) ? ds : 0.0f;
      }
    }
    place(buffers, s);
  }
  accumulate<EDGE>(buffers, q, col0, at.d0, active, sees, dk);
}

template <int GROUPS>
__device__ __forceinline__ void backward_kv(const float* qkv, const float* lse, const float* dy,
                                            const float* delta, float* dqkv, const Sizes& n) {
  __shared__ AttentionBuffers<GROUPS> buffers;
  const Place at = place_of_block<GROUPS>(n, false);
  const Head q = part_of(qkv, n, at.b, at.h, 0);
  const Head k = part_of(qkv, n, at.b, at.h, 1);
  const Head v = part_of(qkv, n, at.b, at.h, 2);
  const Head up = head_of(dy, n, at.b, at.h);
  const int64 first = ((int64)at.b * n.H + at.h) * n.T;
  const float scale = 1.0f / sqrtf((float)n.D);
  float4 dk[4][GROUPS] = {}, dv[4][GROUPS] = {};
  for (int col0 = at.row0; col0 < n.T; col0 += COLS) {
    if (col0 >= at.row0 + ROWS && col0 + COLS <= n.T) {
      dkv_tile<false>(buffers, q, k, v, up, at, col0, scale, lse + first, delta + first, dk, dv);
    } else {
      dkv_tile<true>(buffers, q, k, v, up, at, col0, scale, lse + first, delta + first, dk, dv);
    }
  }
  const Head dk_head = part_of(dqkv, n, at.b, at.h, 1);
  const Head dv_head = part_of(dqkv, n, at.b, at.h, 2);
  write<true>(const_cast<float*>(dk_head.data), dk_head, at, dk);
  write<true>(const_cast<float*>(dv_head.data), dv_head, at, dv);
}

// ---- heads of up to 32 channels, and wider ones, 64 columns of the result a block

#define ATTENTION(NAME, GROUPS)                                                                    \
  extern "C" __global__ void __launch_bounds__(ATTENTION_THREADS)                                  \
  causal_attention##NAME(const float* __restrict__ qkv, float* __restrict__ y,                     \
                         float* __restrict__ lse, int B, int T, int H, int D) {                    \
    forward<GROUPS>(qkv, y, lse, {B, T, H, D});                                                    \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(ATTENTION_THREADS)                                  \
  causal_attention_dq##NAME(const float* __restrict__ qkv, const float* __restrict__ y,            \
                            const float* __restrict__ lse, const float* __restrict__ dy,           \
                            float* __restrict__ delta, float* __restrict__ dqkv, int B, int T,     \
                            int H, int D) {                                                        \
    backward_q<GROUPS>(qkv, y, lse, dy, delta, dqkv, {B, T, H, D});                                \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(ATTENTION_THREADS)                                  \
  causal_attention_dkv##NAME(const float* __restrict__ qkv, const float* __restrict__ lse,         \
                             const float* __restrict__ dy, const float* __restrict__ delta,        \
                             float* __restrict__ dqkv, int B, int T, int H, int D) {               \
    backward_kv<GROUPS>(qkv, lse, dy, delta, dqkv, {B, T, H, D});                                  \
  }

ATTENTION(, 1)
ATTENTION(_wide, 2)
