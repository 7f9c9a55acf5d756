// Attention over bf16, forward: attention_stream.cuh with q in registers and k and v streaming by.
//
// The scale of scores and log2(e) are one factor, which the multiply-add of the exponent has; a running maximum is one of
// scores as they are. Sums of weights are one more product, with ones: the sums are of the rounded
// weights that v is summed with.
#pragma once
#include "attention/attention_stream.cuh"

namespace streamed {

constexpr int FORWARD_THREADS = 256;  // CudaCausalAttention.FORWARD
constexpr int FORWARD_ROWS = FORWARD_THREADS / 2;

template <int N>
struct Forward {
  Rows<N> q;
  float factor;
  unsigned along, down;  // where this lane reads first in a stage
  float top[2] = {-INFINITY, -INFINITY};
  Sums<N> acc;
  float total[4] = {};

  // Takes 16·COUNT rows of k, and of v, from `stage` on.
  // @param reach row - column where the warp's first row and their first column meet
  template <bool EDGE, int COUNT>
  __device__ __forceinline__ void take(unsigned stage, int reach) {
    float s[2 * COUNT][4] = {};
#pragma unroll
    for (int n = 0; n < COUNT; n++) {
      scores(s[2 * n], s[2 * n + 1], q, stage + along, n);
    }
    if constexpr (EDGE) {
      hide(s[0], reach);
      hide(s[1], reach - 8);
    }
    float base[2], shrink[2];
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float highest = top[r];
#pragma unroll
      for (int n = 0; n < 2 * COUNT; n++) {
        highest = fmaxf(highest, fmaxf(s[n][2 * r], s[n][2 * r + 1]));
      }
      highest = quad_max(highest);
      base[r] = highest == -INFINITY ? 0.0f : highest * factor;
      shrink[r] = exp2_or_zero(fmaf(top[r], factor, -base[r]));
      top[r] = highest;
    }
    acc.scale(shrink[0], shrink[1]);
    total[0] *= shrink[0];
    total[2] *= shrink[1];
    Word bad = 0;
#pragma unroll
    for (int n = 0; n < COUNT; n++) {
      Word p[4];
#pragma unroll
      for (int c = 0; c < 2; c++) {
        float(&x)[4] = s[2 * n + c];
#pragma unroll
        for (int e = 0; e < 4; e++) {
          x[e] = exp2_or_zero(fmaf(x[e], factor, -base[e / 2]));
        }
      }
      weights(p, s[2 * n], s[2 * n + 1]);
      acc.template add<EDGE>(p, stage + down, GROUPS + n, bad);
      Format::mma(total, p, {ONES, ONES});
    }
    if (EDGE && __any_sync(WARP, bad != 0)) {
      acc.add_not_finite(stage, GROUPS, [=](int row, int column) { return column <= row + reach; });
    }
  }

  // Of 8 columns those behind the diagonal.
  static __device__ __forceinline__ void hide(float (&s)[4], int reach) {
#pragma unroll
    for (int e = 0; e < 4; e++) {
      const bool seen = slot_of() * 2 + e % 2 <= reach + group_of() + e / 2 * 8;
      s[e] = seen ? s[e] : -INFINITY;
    }
  }
};

template <int N>
__device__ __forceinline__ void forward(const Stored* qkv, Stored* y, float* lse, const Sizes& n) {
  __shared__ Stage<N> stages[2];
  const Place at = place_from_end<FORWARD_ROWS>(blockIdx.x, n);
  const Head q = part_of(qkv, n, at, 0);
  const Head k = part_of(qkv, n, at, 1);
  const Head v = part_of(qkv, n, at, 2);
  Pipeline<N, FORWARD_THREADS> tiles(stages, q, at.row0, q, at.row0 + TILE_ROWS, k, v, 0);
  tiles.await_own_rows();
  const int row0 = at.row0 + warp_of() * 16;
  Forward<N> rows{{tiles.own_rows(), warp_of()},
                  LOG2_E / sqrtf((float)n.D),
                  in_register(along_first<N>()),
                  in_register(down_first<N>())};

#pragma unroll 1
  for (int whole = whole_tiles(at.row0); whole > 0; whole--) {
    rows.template take<false, GROUPS>(tiles.turn(true), 0);
  }
#pragma unroll 1
  while (tiles.next_row() < at.row0 + FORWARD_ROWS) {  // the diagonal runs through them
    const int reach = row0 - tiles.next_row();
    const unsigned stage = tiles.turn(tiles.row < at.row0 + FORWARD_ROWS);
#pragma unroll 1
    for (int n = 0; n < GROUPS && 16 * n < reach + 16; n++) {
      rows.template take<true, 1>(stage + 16 * n * Stage<N>::ROW, reach - 16 * n);
    }
  }

  const float upper = rows.total[0], lower = rows.total[2];
  rows.acc.scale(upper == 0.0f ? 0.0f : 1.0f / upper, lower == 0.0f ? 0.0f : 1.0f / lower);
  __syncthreads();  // nobody reads the stages any more
  rows.acc.write(stages, head_of(y, n, at), row0, true);
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const int row = row0 + group_of() + 8 * r;
    if (slot_of() == 0 && row >= 0) {
      lse[((int64)at.b * n.H + at.h) * n.T + row] =
          (rows.top[r] * rows.factor + log2f(rows.total[2 * r])) * LN_2;
    }
  }
}

}  // namespace streamed
