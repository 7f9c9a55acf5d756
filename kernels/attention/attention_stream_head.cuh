// The gradients of attention over bf16 in five products, for a block that owns a whole head: every score is made once,
// where dq and dkv of attention_stream_backward.cuh each make it again. Tiles of keys follow each other, and queries
// stream by each of them. A warp has 32 keys, with dk and dv in registers; what a tile of keys adds to dq crosses
// the warps, so ds goes through shared memory, and dq lies there in fp32 between tiles of keys. Each of its sums has one
// thread throughout, so the order is fixed, and is that of the other kernels: the same bits.
//
// Queries that the diagonal runs through see no later keys: their dq is written and never lies in shared memory.
#pragma once
#include "attention/attention_head_products.cuh"

namespace streamed {

// Of a tile of queries a warp has dq of 16, and of 16 channels.
__device__ __forceinline__ int first_query() { return warp_of() % QUERY_GROUPS * 16; }
__device__ __forceinline__ int first_channel() { return warp_of() / QUERY_GROUPS * 16; }

// What of k is not finite, to the warp's part of dq of those that see it, as it is.
__device__ __forceinline__ void add_not_finite_keys(float (&sum)[2][4], const Head& k, int key0,
                                                    int query0) {
#pragma unroll 1
  for (int key = key0; key < min(query0 + 16, k.T); key++) {
#pragma unroll
    for (int m = 0; m < 2; m++) {
      const Stored* two = k.data + (int64)key * k.pitch + first_channel() + m * 8 + slot_of() * 2;
      const Word w = *reinterpret_cast<const Word*>(two);
      const Word bad = not_finite(w);
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const bool seen = key <= query0 + group_of() + e / 2 * 8;
        const float value = e % 2 ? second_of(w) : first_of(w);
        sum[m][e] += seen && (bad & (e % 2 ? 0x80000000u : 0x8000u)) ? value : 0.0f;
      }
    }
  }
}

// The warp's part of dq of a tile to or onto the gradient.
__device__ __forceinline__ void write_queries(const float (&sum)[2][4], float scale,
                                              const HeadOf<Stored>& head, int query0, bool fresh) {
#pragma unroll
  for (int r = 0; r < 2; r++) {
#pragma unroll
    for (int m = 0; m < 2; m++) {
      const int row = query0 + group_of() + 8 * r;
      const int d = first_channel() + m * 8 + slot_of() * 2;
      const float two[2] = {sum[m][2 * r] * scale, sum[m][2 * r + 1] * scale};
      if (fresh) {
        head.template write<false>(row, d, two);
      } else {
        head.template write<true>(row, d, two);
      }
    }
  }
}

// What the sums of tiles of keys need of each row before: Σ y·dy.
__device__ __forceinline__ void write_deltas(const Head& out, const Head& up, float* delta) {
#pragma unroll 4
  for (int row = warp_of() * 8 + group_of(); row < (out.T + 7) / 8 * 8; row += HEAD_THREADS / 4) {
    const float sum = row_delta(out, up, row);
    if (slot_of() == 0 && row < out.T) {
      delta[row] = sum;
    }
  }
}

// Tiles of queries, q and dy, as they stream by: one is multiplied while the next is on its way.
template <int N>
struct QueryStream {
  using Tile = QueryTile<N>;
  static constexpr int PIECES = Stage<N>::PIECES;
  static_assert(QUERIES * PIECES == HEAD_THREADS, "a thread copies a piece of q and one of dy");
  const Head q, up;
  const float *lse, *delta;  // of the head
  unsigned tiles, both;      // the first, and the sum of both, which tells one from the other
  unsigned mine;             // where this thread's piece lies
  unsigned stage = 0;        // that the next tile goes to

  // QUERIES rows of a head, of which those behind its end are zeros.
  __device__ __forceinline__ void copy(unsigned to, const Head& from, int row0) const {
    const int row = row0 + (int)threadIdx.x / PIECES;
    const Stored* piece = from.data + (int64)row * from.pitch + threadIdx.x % PIECES * 8;
    copy_piece<false>(to + mine, piece, row < q.T);
  }
  __device__ __forceinline__ void copy_queries(int query0) const {
    copy(stage, q, query0);
    copy(stage + Tile::OPERAND, up, query0);
  }

  // A thread of the first two warps brings one number of a tile. Behind the last query weights are 0.
  static __device__ __forceinline__ bool brings_delta() { return threadIdx.x >= QUERIES; }
  __device__ __forceinline__ float fetch(int query0) const {
    const int row = query0 + (int)threadIdx.x % QUERIES;
    if (threadIdx.x >= 2 * QUERIES || row >= q.T) {
      return brings_delta() ? 0.0f : -INFINITY;
    }
    return brings_delta() ? delta[row] : lse[row];
  }
  __device__ __forceinline__ void keep(float number) const {
    if (threadIdx.x < 2 * QUERIES) {
      const unsigned to = stage + 2 * Tile::OPERAND + threadIdx.x * (int)sizeof(float);
      const float added = brings_delta() ? number : -shift_of(number);
      asm volatile("st.shared.f32 [%0], %1;" ::"r"(to), "f"(added) : "memory");
    }
  }

  // Asks for the first tile. What was copied before arrives with it, at a barrier of the caller.
  __device__ __forceinline__ void begin(int query0) {
    stage = tiles;
    copy_queries(query0);
    commit_copies();
    keep(fetch(query0));
    await_copies<0>();
  }
  // The tile that has arrived; the next is on its way.
  __device__ __forceinline__ unsigned turn(int query0) {
    await_copies<0>();
    __syncthreads();
    const unsigned now = stage;
    stage = both - stage;
    if (query0 + QUERIES < q.T) {
      copy_queries(query0 + QUERIES);
    }
    commit_copies();
    return now;
  }
};

// The thread's part of dq between tiles of keys. The first tile of them finds nothing there.
struct QuerySums {
  float4* place;

  __device__ __forceinline__ float4* of(int query0) const {
    return place + (query0 - KEYS) * (256 / QUERIES);
  }
  __device__ __forceinline__ void load(float (&sum)[2][4], int key0, int query0) const {
    if (key0 > 0) {
#pragma unroll
      for (int m = 0; m < 2; m++) {
        const float4 was = of(query0)[m * 32];
        sum[m][0] = was.x, sum[m][1] = was.y, sum[m][2] = was.z, sum[m][3] = was.w;
      }
    }
  }
  // Of queries behind the tile of keys.
  template <int N>
  __device__ __forceinline__ void add(const HeadGradient<N>& sums, unsigned changes, int key0,
                                      int query0) const {
    float sum[2][4] = {};
    load(sum, key0, query0);
    sums.add_queries(sum, changes);
#pragma unroll
    for (int m = 0; m < 2; m++) {
      of(query0)[m * 32] = make_float4(sum[m][0], sum[m][1], sum[m][2], sum[m][3]);
    }
  }
};

// What a warp holds of a tile of keys and values, with sums of 0.
template <int N>
__device__ __forceinline__ HeadGradient<N> gradient_of(unsigned keys, float factor) {
  const unsigned values = keys + HeadBuffers<N>::OPERAND;
  const int group = warp_of() * KEY_GROUPS;
  HeadGradient<N> sums{{{keys, group}, {keys, group + 1}},
                       {{values, group}, {values, group + 1}},
                       {},
                       factor,
                       in_register(along_first<N>()),
                       in_register(down_first<N>()),
                       in_register(2 * QueryTile<N>::OPERAND + slot_of() * 2 * (int)sizeof(float)),
                       in_register(Changes::place(warp_of() * 32 + group_of(), 0) + slot_of() * 4),
                       in_register(Changes::place((lane_of() & 7) + (lane_of() >> 4) * 8,
                                                  (lane_of() >> 3 & 1) + first_query() / 8))};
#pragma unroll
  for (int g = 0; g < KEYS / 16; g++) {
    const unsigned first = Stage<N>::place(lane_of() & 15, (lane_of() >> 4) + first_channel() / 8);
    load_transposed(sums.right[g], keys + first + 16 * g * Stage<N>::ROW);
  }
  return sums;
}

// Heads of N channels that are in pieces.
template <int N>
__device__ __forceinline__ void backward_head(const Stored* qkv, const Stored* y, const float* lse,
                                              const Stored* dy, float* delta, Stored* dqkv,
                                              bool fresh, const Sizes& n) {
  extern __shared__ __align__(128) float4 head_shared[];  // a swizzle wants it
  HeadBuffers<N>& buffers = *reinterpret_cast<HeadBuffers<N>*>(head_shared);
  const Place at = place_of(blockIdx.x, n);
  const Head q = part_of(qkv, n, at, 0);
  const Head k = part_of(qkv, n, at, 1);
  const Head v = part_of(qkv, n, at, 2);
  const Head up = head_of(dy, n, at);
  const int64 head = ((int64)at.b * n.H + at.h) * n.T;
  write_deltas(head_of(y, n, at), up, delta + head);

  const unsigned tiles = address_of(&buffers.tiles[0]);
  const unsigned keys = address_of(buffers.keys);
  QueryStream<N> queries{
      q,
      up,
      lse + head,
      delta + head,
      tiles,
      tiles + address_of(&buffers.tiles[1]),
      in_register(Stage<N>::place(threadIdx.x / Stage<N>::PIECES, threadIdx.x % Stage<N>::PIECES))};
  const QuerySums dq{reinterpret_cast<float4*>(&buffers + 1) + warp_of() * 64 + lane_of()};
  const float factor = LOG2_E / sqrtf((float)n.D);

#pragma unroll 1
  for (int key0 = 0; key0 < n.T; key0 += KEYS) {
    __syncthreads();  // delta is there, and nobody reads what the last tile of keys left
#pragma unroll
    for (int i = 0; i < KEYS; i += QUERIES) {
      queries.copy(keys + i * Stage<N>::ROW, k, key0 + i);
      queries.copy(keys + HeadBuffers<N>::OPERAND + i * Stage<N>::ROW, v, key0 + i);
    }
    queries.begin(key0);
    __syncthreads();
    HeadGradient<N> sums = gradient_of<N>(keys, factor);

    const int whole = min(key0 + KEYS, n.T);
    int query0 = key0;
#pragma unroll 1
    for (; query0 < whole; query0 += QUERIES) {  // the diagonal runs through them
      const unsigned tile = queries.turn(query0);
      const float next = queries.fetch(query0 + QUERIES);
#pragma unroll 1
      for (int g = 0; g < QUERY_GROUPS; g++) {
        const int reach = key0 + warp_of() * 32 - query0 - 16 * g;
        if (reach < 16) {
          sums.template take<true>(tile, keys, g, reach);
        }
      }
      queries.keep(next);
      __syncthreads();  // all of ds is there
      const int first = query0 + first_query();
      float sum[2][4] = {};
      dq.load(sum, key0, query0);
      if (sums.add_some(sum, keys, (first - key0) / 16 + 1)) {
        add_not_finite_keys(sum, k, key0, first);
      }
      write_queries(sum, factor * LN_2, part_of(dqkv, n, at, 0), first, fresh);
    }
    unsigned changes = keys;
#pragma unroll 1
    for (; query0 < n.T; query0 += QUERIES) {
      const unsigned tile = queries.turn(query0);
      const float next = queries.fetch(query0 + QUERIES);
#pragma unroll
      for (int g = 0; g < QUERY_GROUPS; g++) {
        sums.template take<false>(tile, changes, g, 0);
      }
      changes = 2 * keys + CHANGES - changes;
      if (query0 > whole) {
        dq.add(sums, changes, key0, query0 - QUERIES);
      }
      queries.keep(next);
    }
    __syncthreads();  // all of ds is there, and nobody reads keys
    if (whole < n.T) {
      dq.add(sums, 2 * keys + CHANGES - changes, key0, query0 - QUERIES);
      __syncthreads();  // nobody reads ds any more
    }
#pragma unroll
    for (int g = 0; g < KEY_GROUPS; g++) {
      const int row0 = key0 + (warp_of() * KEY_GROUPS + g) * 16;
      sums.dk[g].scale(factor * LN_2, factor * LN_2);
      sums.dk[g].write(buffers.keys, part_of(dqkv, n, at, 1), row0, fresh);
      sums.dv[g].write(buffers.keys, part_of(dqkv, n, at, 2), row0, fresh);
    }
  }
}

}  // namespace streamed
