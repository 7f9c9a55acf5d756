// What attention_stream_head.cuh multiplies: a tile of 128 keys, 32 a warp, by a tile of 32 queries.
#pragma once
#include "attention/attention_stream.cuh"

namespace streamed {

constexpr int HEAD_THREADS = 128;   // AttentionByHead
constexpr int KEYS = HEAD_THREADS;  // of a tile: a warp has KEY_GROUPS times 16
constexpr int KEY_GROUPS = 2;
constexpr int QUERIES = 32;  // of a tile
constexpr int QUERY_GROUPS =
    QUERIES / 16;                // and of channels, which share a tile's dq among four warps
using Changes = Stage<QUERIES>;  // how ds lies: a row of QUERIES numbers for each key
constexpr int CHANGES = KEYS * Changes::ROW;  // bytes of one tile of it

// q, dy and numbers of their rows: what is added to their scores in base 2, and delta.
template <int N>
struct alignas(128) QueryTile {
  static constexpr int OPERAND = QUERIES * Stage<N>::ROW;  // bytes
  char rows[2 * OPERAND];
  float added[QUERIES];
  float delta[QUERIES];
};

// All dynamic shared memory but dq, which is behind it.
template <int N>
struct HeadBuffers {
  static constexpr int OPERAND = KEYS * Stage<N>::ROW;
  QueryTile<N> tiles[2];
  char keys[2 * OPERAND];  // k and v; then ds of two tiles of queries
  static_assert(2 * CHANGES <= 2 * OPERAND, "ds of two tiles must fit");
};

template <int N>
struct HeadGradient {
  static_assert(N == QUERY_GROUPS * 16, "a warp has 16 channels of dq");
  Rows<N> k[KEY_GROUPS], v[KEY_GROUPS];
  Word right[KEYS / 16][4];  // all keys of the tile, and the warp's channels of dq
  float factor;
  unsigned along, down, numbers;  // where this lane reads first in a tile
  unsigned put, get;              // and where it writes and reads ds
  Sums<N> dk[KEY_GROUPS], dv[KEY_GROUPS];

  // Takes queries 16·n to 16·n + 15 of a tile.
  // @param changes where ds goes
  // @param reach key - query where the warp's first key and their first query meet
  template <bool EDGE>
  __device__ __forceinline__ void take(unsigned tile, unsigned changes, int n, int reach) {
    float p[KEY_GROUPS][2][4] = {}, ds[KEY_GROUPS][2][4] = {};
    products(p, k, tile + along, n);
    products(ds, v, tile + along, QUERY_GROUPS + n);
#pragma unroll
    for (int c = 0; c < 2; c++) {
      const unsigned at = tile + numbers + (16 * n + c * 8) * (int)sizeof(float);
      const float2 added = load_two(at);
      const float2 delta = load_two(at + QUERIES * (int)sizeof(float));
#pragma unroll
      for (int g = 0; g < KEY_GROUPS; g++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          float& weight = p[g][c][e];
          float& change = ds[g][c][e];
          weight = exp2_or_zero(fmaf(weight, factor, e % 2 ? added.y : added.x));
          change = weight * (change - (e % 2 ? delta.y : delta.x));
          if constexpr (EDGE) {
            const int query = c * 8 + slot_of() * 2 + e % 2;
            const bool seen = query >= reach + 16 * g + group_of() + e / 2 * 8;
            weight = seen ? weight : 0.0f;
            change = seen ? change : 0.0f;
          }
        }
      }
    }
    Word left[KEY_GROUPS][4];
    Word bad = 0;
    fragments(left, p);
    add<EDGE>(dv, left, tile + down, QUERY_GROUPS + n, bad);
    fragments(left, ds);
    add<EDGE>(dk, left, tile + down, n, bad);
#pragma unroll
    for (int g = 0; g < KEY_GROUPS; g++) {
#pragma unroll
      for (int w = 0; w < 4; w++) {
        const unsigned to = Changes::later(changes + put, 2 * n + w / 2, 16 * g + w % 2 * 8);
        asm volatile("st.shared.u32 [%0], %1;" ::"r"(to), "r"(left[g][w]) : "memory");
      }
    }
    if (EDGE && __any_sync(WARP, bad != 0)) {
#pragma unroll
      for (int g = 0; g < KEY_GROUPS; g++) {
        const auto sees = [=](int key, int query) { return query >= key + reach + 16 * g; };
        dk[g].add_not_finite(tile, n, sees);
        dv[g].add_not_finite(tile, QUERY_GROUPS + n, sees);
      }
    }
  }

  // The warp's part of dq of a tile += ds times k.
  __device__ __forceinline__ void add_queries(float (&sum)[2][4], unsigned changes) const {
#pragma unroll
    for (int n = 0; n < KEYS / 16; n++) {
      Word left[4];
      load_transposed(left, changes + get + 16 * n * Changes::ROW);
      Format::mma(sum[0], left, {right[n][0], right[n][1]});
      Format::mma(sum[1], left, {right[n][2], right[n][3]});
    }
  }

  // The same where only `groups` times 16 keys are before the last query.
  // @return whether some of k is not finite, which is left out
  __device__ __forceinline__ bool add_some(float (&sum)[2][4], unsigned changes, int groups) const {
    Word bad = 0;
#pragma unroll
    for (int n = 0; n < KEYS / 16; n++) {
      if (n < groups) {
        Word left[4], finite[4];
        load_transposed(left, changes + get + 16 * n * Changes::ROW);
#pragma unroll
        for (int w = 0; w < 4; w++) {
          finite[w] = right[n][w];
        }
        take_out_not_finite(finite, bad);
        Format::mma(sum[0], left, {finite[0], finite[1]});
        Format::mma(sum[1], left, {finite[2], finite[3]});
      }
    }
    return __any_sync(WARP, bad != 0);
  }

 private:
  static __device__ __forceinline__ void products(float (&sum)[KEY_GROUPS][2][4],
                                                  const Rows<N> (&left)[KEY_GROUPS], unsigned along,
                                                  int n) {
#pragma unroll
    for (int c = 0; c < N / 16; c++) {
      Word right[4];
      load_matrices(right, Stage<N>::later(along, 2 * c, 16 * n));
#pragma unroll
      for (int g = 0; g < KEY_GROUPS; g++) {
        Format::mma(sum[g][0], left[g].word[c], {right[0], right[1]});
        Format::mma(sum[g][1], left[g].word[c], {right[2], right[3]});
      }
    }
  }

  static __device__ __forceinline__ void fragments(Word (&to)[KEY_GROUPS][4],
                                                   const float (&from)[KEY_GROUPS][2][4]) {
#pragma unroll
    for (int g = 0; g < KEY_GROUPS; g++) {
      weights(to[g], from[g][0], from[g][1]);
    }
  }

  // Sums::add for all groups of keys, which share what is read.
  template <bool EDGE>
  static __device__ __forceinline__ void add(Sums<N> (&to)[KEY_GROUPS],
                                             const Word (&left)[KEY_GROUPS][4], unsigned down,
                                             int n, Word& bad) {
#pragma unroll
    for (int m = 0; m < N / 16; m++) {
      Word right[4];
      load_transposed(right, Stage<N>::later(down, 2 * m, 16 * n));
      if constexpr (EDGE) {
        take_out_not_finite(right, bad);
      }
#pragma unroll
      for (int g = 0; g < KEY_GROUPS; g++) {
        Format::mma(to[g].sum[2 * m], left[g], {right[0], right[1]});
        Format::mma(to[g].sum[2 * m + 1], left[g], {right[2], right[3]});
      }
    }
  }
};

}  // namespace streamed
