// y (B,T,C) = softmax over j <= i of q_i·k_j / sqrt(D), times v, for each head of qkv (B,T,3C), and its
// gradients, with the tiles of attention_tile.cuh or, in bf16 for heads of up to 64 channels, as they stream through
// attention_stream.cuh. No (T,T) matrix exists: the forward pass keeps a running maximum and sum per row and leaves the
// logarithm of the sum in lse (B,H,T) (Dao et al. 2022, arXiv 2205.14135); backward makes the probabilities again
// from it. Tiles above the diagonal are not visited, and only those that it runs through compare positions. Blocks with
// the most tiles start first.
//
// A row whose scores are all -inf gives zeros, and no gradient.
//
// Backward takes two kernels, so that every sum has one owner and no atomics: a block of queries walks over its keys for
// dq, a block of keys over its queries for dk and dv. In bf16 one block may own a head instead, and all of its sums.
//   p = exp(s - lse)   dv = p^T·dy   dp = dy·v^T   ds = p·(dp - delta)/sqrt(D), delta = sum of y·dy
#include "attention/attention_tile.cuh"
#include "exp2.cuh"
#ifdef BF16
#include "attention/attention_stream_backward.cuh"
#include "attention/attention_stream_forward.cuh"
#include "attention/attention_stream_head.cuh"
#endif

__device__ __forceinline__ Place place_of_block(const Sizes& n, bool last_rows_first) {
  const int heads = n.B * n.H;
  const int blocks = (n.T + ROWS - 1) / ROWS;
  const int k = blockIdx.x / heads;
  const int head = blockIdx.x % heads;
  return {head / n.H, head % n.H, (last_rows_first ? blocks - 1 - k : k) * ROWS};
}

// This thread's results to or onto a head.
template <bool ADD, int N>
__device__ __forceinline__ void write(const HeadOf<Stored>& head, int row0, const Result<N>& acc) {
#pragma unroll
  for (int r = 0; r < OWN_ROWS; r++) {
#pragma unroll
    for (int g = 0; g < Result<N>::GROUPS; g++) {
      head.write<ADD>(row0 + own_row(r), Result<N>::column(g), acc.sum[r][g]);
    }
  }
}

// Two loops rather than a test in one, which would spill where registers are scarce.
template <int N>
__device__ __forceinline__ void add(bool fresh, const HeadOf<Stored>& head, int row0,
                                    const Result<N>& acc) {
  if (fresh) {
    write<false>(head, row0, acc);
  } else {
    write<true>(head, row0, acc);
  }
}

template <int N>
__device__ __forceinline__ void scale_row(Result<N>& acc, int r, float factor) {
#pragma unroll
  for (int g = 0; g < Result<N>::GROUPS; g++) {
#pragma unroll
    for (int e = 0; e < Result<N>::V; e++) {
      acc.sum[r][g][e] *= factor;
    }
  }
}

// ---- forward

template <int N>
__device__ __forceinline__ void forward_tile(AttentionBuffers<N>& buffers, const Head& q,
                                             const Head& k, const Head& v, int row0, int col0,
                                             float factor, float (&top)[OWN_ROWS],
                                             float (&total)[OWN_ROWS], Result<N>& acc) {
  const bool edge = col0 + COLS > row0;
  const bool active = col0 <= row0 + warp_of() * 16 + 15;
  const auto sees = [=](int row, int col) { return col0 + col <= row0 + row; };
  float s[OWN_ROWS][OWN_COLS];
  Left<N> p(buffers);
  scores(buffers, q, row0, k, col0, active, s);
  if (active) {
#pragma unroll
    for (int r = 0; r < OWN_ROWS; r++) {
      float highest = -INFINITY;
#pragma unroll
      for (int c = 0; c < OWN_COLS; c++) {
        s[r][c] *= factor;
        if (edge) {
          s[r][c] = sees(own_row(r), own_col(c)) ? s[r][c] : -INFINITY;
        }
        highest = fmaxf(highest, s[r][c]);
      }
      highest = fmaxf(row_max(highest), top[r]);
      const float base = highest == -INFINITY ? 0.0f : highest;
      const float shrink = exp2_or_zero(top[r] - base);
      float sum = 0.0f;
#pragma unroll
      for (int c = 0; c < OWN_COLS; c++) {
        s[r][c] = exp2_or_zero(s[r][c] - base);
        sum += s[r][c];
        p.put(r, c, s[r][c]);
      }
      top[r] = highest;
      total[r] = total[r] * shrink + row_sum(sum);
      scale_row(acc, r, shrink);
    }
  }
  accumulate(buffers, p, v, col0, active, edge, sees, acc);
}

template <int N>
__device__ __forceinline__ void forward(const Stored* qkv, Stored* y, float* lse, const Sizes& n) {
  __shared__ AttentionBuffers<N> buffers;
  const Place at = place_of_block(n, true);
  const Head q = part_of(qkv, n, at, 0);
  const Head k = part_of(qkv, n, at, 1);
  const Head v = part_of(qkv, n, at, 2);
  const float factor = LOG2_E / sqrtf((float)n.D);
  float top[OWN_ROWS], total[OWN_ROWS];
#pragma unroll
  for (int r = 0; r < OWN_ROWS; r++) {
    top[r] = -INFINITY;
    total[r] = 0.0f;
  }
  Result<N> acc;
  for (int col0 = 0; col0 < min(at.row0 + ROWS, n.T); col0 += COLS) {
    forward_tile(buffers, q, k, v, at.row0, col0, factor, top, total, acc);
  }
#pragma unroll
  for (int r = 0; r < OWN_ROWS; r++) {
    scale_row(acc, r, total[r] == 0.0f ? 0.0f : 1.0f / total[r]);
    const int row = at.row0 + own_row(r);
    if (lane_of() % ROW_LANES == 0 && row < n.T) {
      lse[((int64)at.b * n.H + at.h) * n.T + row] = (top[r] + log2f(total[r])) * LN_2;
    }
  }
  write<false>(head_of(y, n, at), at.row0, acc);
}

// ---- gradient of the queries, which leaves delta (B,H,T) for that of keys and values

template <int N>
__device__ __forceinline__ void dq_tile(AttentionBuffers<N>& buffers, const Head& q, const Head& k,
                                        const Head& v, const Head& dy, int row0, int col0,
                                        float scale, const float (&shift)[OWN_ROWS],
                                        const float (&delta)[OWN_ROWS], Result<N>& acc) {
  const bool edge = col0 + COLS > row0;
  const bool active = col0 <= row0 + warp_of() * 16 + 15;
  const auto sees = [=](int row, int col) { return col0 + col <= row0 + row; };
  float s[OWN_ROWS][OWN_COLS];
  Left<N> p(buffers);
  scores(buffers, q, row0, k, col0, active, s);
  if (active) {
#pragma unroll
    for (int r = 0; r < OWN_ROWS; r++) {
#pragma unroll
      for (int c = 0; c < OWN_COLS; c++) {
        p.put(r, c, exp2_or_zero(fmaf(s[r][c], scale * LOG2_E, -shift[r])));
      }
    }
    p.keep();
  }
  scores(buffers, dy, row0, v, col0, active, s);
  if (active) {
#pragma unroll
    for (int r = 0; r < OWN_ROWS; r++) {
#pragma unroll
      for (int c = 0; c < OWN_COLS; c++) {
        const float ds = p.get(r, c) * (s[r][c] - delta[r]) * scale;
        p.put(r, c, !edge || sees(own_row(r), own_col(c)) ? ds : 0.0f);
      }
    }
  }
  accumulate(buffers, p, k, col0, active, edge, sees, acc);
}

template <int N>
__device__ __forceinline__ void backward_q(const Stored* qkv, const Stored* y, const float* lse,
                                           const Stored* dy, float* delta_out, Stored* dqkv,
                                           bool fresh, const Sizes& n) {
  __shared__ AttentionBuffers<N> buffers;
  const Place at = place_of_block(n, true);
  const Head q = part_of(qkv, n, at, 0);
  const Head k = part_of(qkv, n, at, 1);
  const Head v = part_of(qkv, n, at, 2);
  const Head out = head_of(y, n, at);
  const Head up = head_of(dy, n, at);
  const int64 first = ((int64)at.b * n.H + at.h) * n.T;
  float shift[OWN_ROWS], delta[OWN_ROWS];
#pragma unroll
  for (int r = 0; r < OWN_ROWS; r++) {
    const int row = at.row0 + own_row(r);
    shift[r] = row < n.T ? shift_of(lse[first + row]) : 0.0f;
    float sum = 0.0f;
    for (int d = lane_of() % ROW_LANES * 4; d < n.D; d += ROW_LANES * 4) {
      const float4 a = out.fetch(row, d), b = up.fetch(row, d);
      sum += (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
    }
    delta[r] = row_sum(sum);
    if (lane_of() % ROW_LANES == 0 && row < n.T) {
      delta_out[first + row] = delta[r];
    }
  }
  const float scale = 1.0f / sqrtf((float)n.D);
  Result<N> acc;
  for (int col0 = 0; col0 < min(at.row0 + ROWS, n.T); col0 += COLS) {
    dq_tile(buffers, q, k, v, up, at.row0, col0, scale, shift, delta, acc);
  }
  add(fresh, part_of(dqkv, n, at, 0), at.row0, acc);
}

// ---- gradients of keys and values: rows are keys, columns are queries

template <int N>
__device__ __forceinline__ void dkv_tile(AttentionBuffers<N>& buffers, const Head& q, const Head& k,
                                         const Head& v, const Head& dy, int row0, int col0,
                                         float scale, const float* lse, const float* delta,
                                         Result<N>& dk, Result<N>& dv) {
  const int T = q.T;
  const bool edge = col0 < row0 + ROWS || col0 + COLS > T;
  const bool active = col0 + COLS - 1 >= row0 + warp_of() * 16;
  const auto sees = [=](int row, int col) { return col0 + col >= row0 + row && col0 + col < T; };
  float s[OWN_ROWS][OWN_COLS];
  Left<N> p(buffers);
  scores(buffers, k, row0, q, col0, active, s);
  if (active) {
#pragma unroll
    for (int c = 0; c < OWN_COLS; c++) {
      const int query = col0 + own_col(c);
      const float shift = query < T ? shift_of(lse[query]) : 0.0f;
#pragma unroll
      for (int r = 0; r < OWN_ROWS; r++) {
        const float e = exp2_or_zero(fmaf(s[r][c], scale * LOG2_E, -shift));
        p.put(r, c, !edge || sees(own_row(r), own_col(c)) ? e : 0.0f);
      }
    }
    p.keep();
  }
  accumulate(buffers, p, dy, col0, active, edge, sees, dv);
  scores(buffers, v, row0, dy, col0, active, s);
  if (active) {
#pragma unroll
    for (int c = 0; c < OWN_COLS; c++) {
      const int query = col0 + own_col(c);
      const float sum = query < T ? delta[query] : 0.0f;
#pragma unroll
      for (int r = 0; r < OWN_ROWS; r++) {
        const float ds = p.get(r, c) * (s[r][c] - sum) * scale;
        p.put(r, c, !edge || sees(own_row(r), own_col(c)) ? ds : 0.0f);
      }
    }
  }
  accumulate(buffers, p, q, col0, active, edge, sees, dk);
}

template <int N>
__device__ __forceinline__ void backward_kv(const Stored* qkv, const float* lse, const Stored* dy,
                                            const float* delta, Stored* dqkv, bool fresh,
                                            const Sizes& n) {
  __shared__ AttentionBuffers<N> buffers;
  const Place at = place_of_block(n, false);
  const Head q = part_of(qkv, n, at, 0);
  const Head k = part_of(qkv, n, at, 1);
  const Head v = part_of(qkv, n, at, 2);
  const Head up = head_of(dy, n, at);
  const int64 first = ((int64)at.b * n.H + at.h) * n.T;
  const float scale = 1.0f / sqrtf((float)n.D);
  Result<N> dk, dv;
  for (int col0 = at.row0; col0 < n.T; col0 += COLS) {
    dkv_tile(buffers, q, k, v, up, at.row0, col0, scale, lse + first, delta + first, dk, dv);
  }
  add(fresh, part_of(dqkv, n, at, 1), at.row0, dk);
  add(fresh, part_of(dqkv, n, at, 2), at.row0, dv);
}

// ---- for heads of up to N channels; CudaCausalAttention.WIDTHS has the same numbers

#define ATTENTION(N, WAY, FORWARD_BOUNDS, DQ_BOUNDS, DKV_BOUNDS)                                   \
  extern "C" __global__ void __launch_bounds__ FORWARD_BOUNDS IN_PRECISION(                        \
      causal_attention_##N)(const Stored* __restrict__ qkv, Stored* __restrict__ y,                \
                            float* __restrict__ lse, int B, int T, int H, int D) {                 \
    WAY forward<N>(qkv, y, lse, {B, T, H, D});                                                     \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__ DQ_BOUNDS IN_PRECISION(causal_attention_dq_##N)(    \
      const Stored* __restrict__ qkv, const Stored* __restrict__ y, const float* __restrict__ lse, \
      const Stored* __restrict__ dy, float* __restrict__ delta, Stored* __restrict__ dqkv,         \
      int fresh, int B, int T, int H, int D) {                                                     \
    WAY backward_q<N>(qkv, y, lse, dy, delta, dqkv, fresh, {B, T, H, D});                          \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__ DKV_BOUNDS IN_PRECISION(causal_attention_dkv_##N)(  \
      const Stored* __restrict__ qkv, const float* __restrict__ lse,                               \
      const Stored* __restrict__ dy, const float* __restrict__ delta, Stored* __restrict__ dqkv,   \
      int fresh, int B, int T, int H, int D) {                                                     \
    WAY backward_kv<N>(qkv, lse, dy, delta, dqkv, fresh, {B, T, H, D});                            \
  }

#define STAGED(N)                                                                                  \
  ATTENTION(N, , (ATTENTION_THREADS, 1), (ATTENTION_THREADS, 1), (ATTENTION_THREADS, 1))

#ifdef BF16
#define STREAMED(N, DQ_BLOCKS, DKV_BLOCKS)                                                         \
  ATTENTION(N, streamed::, (streamed::FORWARD_THREADS, 2),                                         \
            (streamed::BACKWARD_THREADS, DQ_BLOCKS), (streamed::BACKWARD_THREADS, DKV_BLOCKS))

STREAMED(16, 4, 4)
STREAMED(32, 4, 4)
STREAMED(48, 3, 3)
STREAMED(64, 3, 2)

// Both gradients at once, by blocks that own a head.
extern "C" __global__ void __launch_bounds__(streamed::HEAD_THREADS, 2)
IN_PRECISION(causal_attention_head_32)(const Stored* __restrict__ qkv, const Stored* __restrict__ y,
                                       const float* __restrict__ lse, const Stored* __restrict__ dy,
                                       float* __restrict__ delta, Stored* __restrict__ dqkv,
                                       int fresh, int B, int T, int H, int D) {
  streamed::backward_head<32>(qkv, y, lse, dy, delta, dqkv, fresh, {B, T, H, D});
}
#else
STAGED(16)
STAGED(32)
STAGED(48)
STAGED(64)
#endif
STAGED(96)
STAGED(128)
