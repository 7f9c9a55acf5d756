// The gradients of attention over bf16, with what attention_stream.cuh has; causal_attention.cu has the formulas. A
// kernel for dq, whose rows are queries as in the forward pass, and one for dk and dv, whose rows are keys; so every
// sum has one owner, and no tile above the diagonal is done. Scores are not scaled: the scale is in
// the exponent's multiply-add, and dq and dk get theirs at the end.
#pragma once
#include "attention/attention_stream.cuh"

namespace streamed {

constexpr int BACKWARD_THREADS = 128;  // CudaCausalAttention.BACKWARD
constexpr int BACKWARD_ROWS = BACKWARD_THREADS / 2;
static_assert(BACKWARD_ROWS == TILE_ROWS, "a block's own rows arrive as a tile does");

// ---- gradient of the queries, which leaves delta (B,H,T) for that of keys and values

template <int N>
struct QueryGradient {
  Rows<N> q, dy;
  float factor;
  unsigned along, down;  // where this lane reads first in a stage
  float shift[2], delta[2];
  Sums<N> acc;

  // Takes rows 16·n to 16·n + 15 of k, and of v.
  // @param reach row - column where the warp's first row and their first column meet
  template <bool EDGE>
  __device__ __forceinline__ void take(unsigned stage, int n, int reach) {
    float p[2][4] = {}, ds[2][4] = {};
    scores(p[0], p[1], q, stage + along, n);
    scores(ds[0], ds[1], dy, stage + along, GROUPS + n);
#pragma unroll
    for (int c = 0; c < 2; c++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const float weight = exp2_or_zero(fmaf(p[c][e], factor, -shift[e / 2]));
        ds[c][e] = weight * (ds[c][e] - delta[e / 2]);
        if constexpr (EDGE) {
          const int column = c * 8 + slot_of() * 2 + e % 2;
          ds[c][e] = column <= reach + group_of() + e / 2 * 8 ? ds[c][e] : 0.0f;
        }
      }
    }
    Word left[4];
    Word bad = 0;
    weights(left, ds[0], ds[1]);
    acc.template add<EDGE>(left, stage + down, n, bad);
    if (EDGE && __any_sync(WARP, bad != 0)) {
      acc.add_not_finite(stage, n, [=](int row, int column) { return column <= row + reach; });
    }
  }
};

template <int N>
__device__ __forceinline__ void backward_q(const Stored* qkv, const Stored* y, const float* lse,
                                           const Stored* dy, float* delta, Stored* dqkv, bool fresh,
                                           const Sizes& n) {
  __shared__ Stage<N> stages[2];
  const Place at = place_from_end<BACKWARD_ROWS>(blockIdx.x, n);
  const Head q = part_of(qkv, n, at, 0);
  const Head k = part_of(qkv, n, at, 1);
  const Head v = part_of(qkv, n, at, 2);
  const Head out = head_of(y, n, at);
  const Head up = head_of(dy, n, at);
  Pipeline<N, BACKWARD_THREADS> tiles(stages, q, at.row0, up, at.row0, k, v, 0);
  const int row0 = at.row0 + warp_of() * 16;
  const int64 head = ((int64)at.b * n.H + at.h) * n.T;
  float shift[2], sums[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const int row = row0 + group_of() + 8 * r;
    sums[r] = row_delta(out, up, row);
    shift[r] = row >= 0 ? shift_of(lse[head + row]) : 0.0f;
    if (slot_of() == 0 && row >= 0) {
      delta[head + row] = sums[r];
    }
  }
  tiles.await_own_rows();
  QueryGradient<N> rows{{tiles.own_rows(), warp_of()},
                        {tiles.own_rows(), GROUPS + warp_of()},
                        LOG2_E / sqrtf((float)n.D),
                        in_register(along_first<N>()),
                        in_register(down_first<N>()),
                        {shift[0], shift[1]},
                        {sums[0], sums[1]}};

#pragma unroll 1
  for (int whole = whole_tiles(at.row0); whole > 0; whole--) {
    const unsigned stage = tiles.turn(true);
#pragma unroll 2  // all at once ptxas would fill every register with what is wanted later
    for (int n = 0; n < GROUPS; n++) {
      rows.template take<false>(stage, n, 0);
    }
  }
  const Place now = place_from_end<BACKWARD_ROWS>(block_again(), n);
#pragma unroll 1
  while (tiles.next_row() < now.row0 + BACKWARD_ROWS) {  // the diagonal runs through them
    const int reach = now.row0 + warp_of() * 16 - tiles.next_row();
    const unsigned stage = tiles.turn(tiles.row < now.row0 + BACKWARD_ROWS);
#pragma unroll 1
    for (int n = 0; n < GROUPS && 16 * n < reach + 16; n++) {
      rows.template take<true>(stage, n, reach - 16 * n);
    }
  }
  rows.acc.scale(rows.factor * LN_2, rows.factor * LN_2);
  __syncthreads();  // nobody reads the stages any more
  rows.acc.write(stages, part_of(dqkv, n, now, 0), now.row0 + warp_of() * 16, fresh);
}

// ---- gradients of keys and values: rows are keys, columns are queries

// With numbers of its queries: what is added to their scores in base 2, and delta.
template <int N>
struct QueryStage : Stage<N> {
  float added[TILE_ROWS];
  float delta[TILE_ROWS];
};

template <int N>
struct KeyGradient {
  Rows<N> k, v;
  float factor;
  unsigned along, down, numbers;  // where this lane reads first in a stage
  Sums<N> dk, dv;

  // Takes rows 16·n to 16·n + 15 of q, and of dy.
  // @param reach row - column where the warp's first row and their first column meet
  template <bool EDGE>
  __device__ __forceinline__ void take(unsigned stage, int n, int reach) {
    float p[2][4] = {}, ds[2][4] = {};
    scores(p[0], p[1], k, stage + along, n);
    scores(ds[0], ds[1], v, stage + along, GROUPS + n);
#pragma unroll
    for (int c = 0; c < 2; c++) {
      const int column = c * 8 + slot_of() * 2;
      const unsigned at = stage + numbers + (16 * n + c * 8) * (int)sizeof(float);
      const float2 added = load_two(at);
      const float2 delta = load_two(at + TILE_ROWS * (int)sizeof(float));
#pragma unroll
      for (int e = 0; e < 4; e++) {
        p[c][e] = exp2_or_zero(fmaf(p[c][e], factor, e % 2 ? added.y : added.x));
        ds[c][e] = p[c][e] * (ds[c][e] - (e % 2 ? delta.y : delta.x));
        if constexpr (EDGE) {
          const bool seen = column + e % 2 >= reach + group_of() + e / 2 * 8;
          p[c][e] = seen ? p[c][e] : 0.0f;
          ds[c][e] = seen ? ds[c][e] : 0.0f;
        }
      }
    }
    Word left[4];
    Word bad = 0;
    weights(left, p[0], p[1]);
    dv.template add<EDGE>(left, stage + down, GROUPS + n, bad);
    weights(left, ds[0], ds[1]);
    dk.template add<EDGE>(left, stage + down, n, bad);
    if (EDGE && __any_sync(WARP, bad != 0)) {
      const auto sees = [=](int row, int column) { return column >= row + reach; };
      dk.add_not_finite(stage, n, sees);
      dv.add_not_finite(stage, GROUPS + n, sees);
    }
  }
};

template <int N>
__device__ __forceinline__ void backward_kv(const Stored* qkv, const float* lse, const Stored* dy,
                                            const float* delta, Stored* dqkv, bool fresh,
                                            const Sizes& n) {
  __shared__ QueryStage<N> stages[2];
  const Place at = place_from_start<BACKWARD_ROWS>(blockIdx.x, n);
  const Head q = part_of(qkv, n, at, 0);
  const Head k = part_of(qkv, n, at, 1);
  const Head v = part_of(qkv, n, at, 2);
  const Head up = head_of(dy, n, at);
  Pipeline<N, BACKWARD_THREADS> tiles(stages, k, at.row0, v, at.row0, q, up, at.row0);

  // A thread brings one number of a tile. Behind the last query weights are 0.
  const bool brings_delta = threadIdx.x >= TILE_ROWS;
  const unsigned place = in_register(Stage<N>::OPERAND * 2 + threadIdx.x * (int)sizeof(float));
  int left = n.T - at.row0 - (int)threadIdx.x % TILE_ROWS;
  const float* from = (brings_delta ? delta : lse) + ((int64)at.b * n.H + at.h + 1) * n.T - left;
  const auto fetch = [&] {
    const float number = left > 0 ? *from : brings_delta ? 0.0f : -INFINITY;
    left -= TILE_ROWS;
    from += TILE_ROWS;
    return number;
  };
  const auto keep = [&](float number) {
    const float kept_number = brings_delta ? number : -shift_of(number);
    asm volatile("st.shared.f32 [%0], %1;" ::"r"(tiles.stage + place), "f"(kept_number) : "memory");
  };
  keep(fetch());
  tiles.await_own_rows();
  KeyGradient<N> rows{{tiles.own_rows(), warp_of()},
                      {tiles.own_rows(), GROUPS + warp_of()},
                      LOG2_E / sqrtf((float)n.D),
                      in_register(along_first<N>()),
                      in_register(down_first<N>()),
                      in_register(Stage<N>::OPERAND * 2 + slot_of() * 2 * (int)sizeof(float))};

  {  // the diagonal runs through the first tile alone
    const unsigned stage = tiles.turn(tiles.row < n.T);
    const float next = fetch();
#pragma unroll 1
    for (int g = warp_of(); g < GROUPS; g++) {
      rows.template take<true>(stage, g, 16 * (warp_of() - g));
    }
    keep(next);
  }
#pragma unroll 1
  while (tiles.next_row() < n.T) {
    const unsigned stage = tiles.turn(tiles.row < n.T);
    const float next = fetch();
#pragma unroll 2
    for (int g = 0; g < GROUPS; g++) {
      rows.template take<false>(stage, g, 0);
    }
    keep(next);
  }
  rows.dk.scale(rows.factor * LN_2, rows.factor * LN_2);
  __syncthreads();  // nobody reads the stages any more
  const Place now = place_from_start<BACKWARD_ROWS>(block_again(), n);
  const int row0 = now.row0 + warp_of() * 16;
  rows.dk.write(stages, part_of(dqkv, n, now, 1), row0, fresh);
  rows.dv.write(stages, part_of(dqkv, n, now, 2), row0, fresh);
}

}  // namespace streamed
