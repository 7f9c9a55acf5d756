// The product of tile.cuh with a tile of 128 x 128, or on tensor cores of 256 x 128 (TALL), for operands whose rows begin at
// multiples of 16 bytes (sm_80).
//
// K advances 64 bytes of a row at a time, which is a stage: a row of an operand is four pieces of 16 bytes
// that cp.async takes to shared memory past the registers. Two stages are on their way while one is
// multiplied, so a step has one barrier. A piece that does not exist is filled with zeros, and is not read.
//
// An operand lies in a stage as it lies in memory: rows of 64 bytes where its k are neighbours (K_FAST),
// else a line of its rows for each k. The Tile reads either and says where a piece of a row or line goes, so that
// neither copies nor reads meet in a bank.
//
// A tall tile asks L2 for three quarters of what two others ask for, and has a multiprocessor to itself. Where a launch gives
// it the shared memory and no more blocks than run at once, a block takes one column of tiles down and keeps all k of B,
// the weights, behind the stages of A: then nobody reads them twice.
#pragma once
#include "tile/async_copy.cuh"

constexpr int TILE = 128;
#ifdef TALL
constexpr int TILE_ROWS = 2 * TILE;
#else
constexpr int TILE_ROWS = TILE;
#endif
constexpr int STEP = 64 / sizeof(Stored);
constexpr int PIECE = 16 / sizeof(Stored);  // numbers
constexpr int STAGES = 3;

// Sums leave through shared memory, 64 rows at a time: then a warp has a whole row of the tile, and what becomes
// of the sums is compiled once and not once for each. The padding keeps a warp's stores from meeting in a bank.
constexpr int SLICE = 64;
constexpr int SLICE_PITCH = TILE + 8;

#if defined(TF32) || defined(BF16)
#include "tile/tile_large_mma.cuh"
#else
#include "tile/tile_large_fma.cuh"
#endif

#ifndef BF16
// Nobody adds up A's rows here: adders are the limit in fp32, and in tf32 numbers are rounded before they are multiplied.
struct RowSums {
  static constexpr int FOURS = 0;
  float sum[1][4];
  template <bool>
  __device__ __forceinline__ void add(unsigned) {}
  template <class Problem, class Buffers>
  __device__ __forceinline__ void finish(const Problem&, Buffers&, int) const {}
};
#endif

// Pieces of an operand of so many rows that a thread copies for a stage.
constexpr int pieces(int rows) { return rows * 4 / TILE_THREADS; }
constexpr bool MANY_PIECES = pieces(TILE_ROWS) > 2;  // so that a way for whole steps pays

constexpr int A_STAGE = TILE_ROWS * 64;  // bytes
constexpr int B_STAGE = TILE * 64;

struct alignas(128) TileBuffers {
  char a[STAGES][A_STAGE];
  char b[STAGES][B_STAGE];  // or all of B, where it is kept
};
constexpr int SLICE_BYTES = SLICE * SLICE_PITCH * sizeof(float);
#ifdef TALL
static_assert(sizeof(TileBuffers::a) >= SLICE_BYTES, "a slice must leave B alone");
#else
static_assert(sizeof(TileBuffers) >= SLICE_BYTES, "a slice must fit");
#endif

// What a thread copies of an operand, of which a tile has EDGE rows. `seek` puts it at the first step of a block,
// `copy` copies a step, of which `left` k exist, to where `mine` lies in a stage, and `advance` goes to the next. A step is
// `whole` for this thread where all its pieces exist.
template <bool K_FAST, int EDGE = TILE>
struct Operand;
template <bool K_FAST>
using LeftOperand = Operand<K_FAST, TILE_ROWS>;

// Two pieces of each of COPIES rows, which are APART; a sector of 32 bytes belongs to two neighbours.
template <int EDGE>
struct Operand<true, EDGE> {
  static constexpr bool IS_K_FAST = true;
  static constexpr int COPIES = pieces(EDGE) / 2;
  static constexpr int APART = TILE_THREADS / 2;
  const Stored* data;
  int pitch, rows;
  unsigned mine;
  const Stored* next = nullptr;
  unsigned seen = 0;  // bit i: row i exists

  __device__ __forceinline__ Operand(const Stored* data, int pitch, int rows)
      : data(data), pitch(pitch), rows(rows),
        mine(in_register(Tile::place<true, EDGE>(my_row(), threadIdx.x & 1))) {}

  static __device__ __forceinline__ int my_row() { return threadIdx.x >> 1; }
  static __device__ __forceinline__ int my_k() { return (threadIdx.x & 1) * PIECE; }

  template <class Exists>
  __device__ __forceinline__ void see(Exists exists) {
    seen = 0;
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      seen |= exists(i) ? 1u << i : 0;
    }
  }

  __device__ __forceinline__ void seek(int row0, int begin) {
    next = data + (int64)(row0 + my_row()) * pitch + begin + my_k();
    see([&](int i) { return row0 + my_row() + i * APART < rows; });
    seen = in_register(seen);
  }

  __device__ __forceinline__ bool whole(int left) const {
    return left >= STEP && seen == (1u << COPIES) - 1;
  }

  template <bool WHOLE, int ROWS = APART>
  __device__ __forceinline__ void copy(unsigned stage, int left) const {
    const unsigned to = stage + mine;
    const bool near = my_k() < left;
    const bool far = my_k() + 2 * PIECE < left;
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      const Stored* from = next + (int64)(i * ROWS) * pitch;
      copy_piece<WHOLE>(to + i * APART * 64, from, near && (seen >> i & 1));
      copy_piece<WHOLE>((to ^ 32) + i * APART * 64, from + 2 * PIECE, far && (seen >> i & 1));
    }
  }

  __device__ __forceinline__ void advance() { next += STEP; }
};

// One piece of each of COPIES k, which are APART.
template <int EDGE>
struct Operand<false, EDGE> {
  static constexpr bool IS_K_FAST = false;
  static constexpr int COPIES = pieces(EDGE);
  static constexpr int LINE = EDGE / PIECE;
  static constexpr int APART = TILE_THREADS / LINE;
  const Stored* data;
  int pitch, rows;
  unsigned mine;
  const Stored* next = nullptr;
  unsigned seen = 0;  // whether its row exists

  __device__ __forceinline__ Operand(const Stored* data, int pitch, int rows)
      : data(data), pitch(pitch), rows(rows),
        mine(in_register(Tile::place<false, EDGE>(my_k(), threadIdx.x % LINE))) {}

  static __device__ __forceinline__ int my_row() { return threadIdx.x % LINE * PIECE; }
  static __device__ __forceinline__ int my_k() { return threadIdx.x / LINE; }

  __device__ __forceinline__ void seek(int row0, int begin) {
    next = data + (int64)(begin + my_k()) * pitch + row0 + my_row();
    see(row0);
  }

  __device__ __forceinline__ void see(int row0) { seen = in_register(row0 + my_row() < rows); }

  __device__ __forceinline__ bool whole(int left) const { return left >= STEP && seen; }

  // Of the k that exist those that are seen.
  template <bool WHOLE, class Sees>
  __device__ __forceinline__ void copy_seen(unsigned stage, int left, Sees sees) const {
    const int some = seen ? left - my_k() : 0;
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      copy_piece<WHOLE>(stage + mine + i * APART * EDGE * sizeof(Stored),
                        next + (int64)(i * APART) * pitch, i * APART < some && sees(i));
    }
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int left) const {
    copy_seen<WHOLE>(stage, left, [](int) { return true; });
  }

  __device__ __forceinline__ void advance() { next += (int64)STEP * pitch; }
};

template <class Problem>
__device__ __forceinline__ void copy_step(Problem& p, unsigned a, unsigned b, int left,
                                          Weights weights) {
  if (MANY_PIECES && p.a.whole(left) && (!weights.fetched || p.b.whole(left))) {
    p.a.template copy<true>(a, left);
    if (weights.fetched) {
      p.b.template copy<true>(b, left);
    }
  } else {
    p.a.template copy<false>(a, left);
    if (weights.fetched) {
      p.b.template copy<false>(b, left);
    }
  }
  p.a.advance();
  p.b.advance();  // nobody reads there when nothing is fetched
}

// How far from the first stage one lies. They go round: behind the last one comes the first. Where B is kept, each step has
// a place of its own, and none comes back.
template <int STAGE>
struct Ring {
  static constexpr int LAST = (STAGES - 1) * STAGE;
  static constexpr int NOWHERE = -1;  // no stage lies there
  int at;
  int end = LAST;  // behind which comes the first
  __device__ __forceinline__ void advance() { at = at == end ? 0 : at + STAGE; }
};

template <class Problem>
__device__ __forceinline__ void multiply(Problem& p, Tile& tile, RowSums& rows,
                                         TileBuffers& buffers, int row0, int col0, int begin,
                                         int end, Weights weights) {
  const unsigned a = in_register((unsigned)__cvta_generic_to_shared(&buffers));
  const unsigned b = a + sizeof(buffers.a);
  p.a.seek(row0, begin);
  if (weights.fetched) {
    p.b.seek(col0, begin);
  }
  int left = end - begin;  // k that nobody has asked for
#pragma unroll
  for (int s = 0; s < STAGES - 1; s++) {
    if (left > 0) {
      copy_step(p, a + s * A_STAGE, b + s * B_STAGE, left, weights);
    }
    left -= STEP;
    commit_copies();
  }
  // A warp beyond the last row or column has nothing to multiply. All its lanes say so, which the shuffle tells ptxas.
  const bool works = __shfl_sync(
      0xffffffffu, Tile::warp_row() < p.rows - row0 && Tile::warp_col() < p.cols - col0, 0);
  constexpr bool A_K_FAST = decltype(p.a)::IS_K_FAST;
  constexpr bool B_K_FAST = decltype(p.b)::IS_K_FAST;
  const unsigned from_a = in_register(a + Tile::first_row<A_K_FAST>());
  const unsigned from_b = in_register(b + Tile::first_col<B_K_FAST>());
  // Where the step lies that is multiplied, and where the one that is asked for will: a stage before it. B goes round
  // with A, but where it may be kept.
  using RingA = Ring<A_STAGE>;
  using RingB = Ring<B_STAGE>;
  constexpr bool OWN_ROUND = B_STAGE < A_STAGE && Problem::KEEPS_B;
  constexpr int PER_B = A_STAGE / B_STAGE;
  const int b_end = weights.kept ? RingB::NOWHERE : RingB::LAST;
  RingA now{0}, later{RingA::LAST};
  RingB b_now{0, b_end}, b_later{RingB::LAST, b_end};
  for (; left > (1 - STAGES) * STEP; left -= STEP) {
    await_copies<STAGES - 2>();
    __syncthreads();  // all have multiplied what lay in the stage before this one
    if (left > 0) {
      copy_step(p, a + later.at, b + (OWN_ROUND ? b_later.at : later.at / PER_B), left, weights);
    }
    commit_copies();
    if (works) {
      tile.step<A_K_FAST, B_K_FAST>(from_a + now.at,
                                    from_b + (OWN_ROUND ? b_now.at : now.at / PER_B));
      if (Problem::ADDS_ROWS && p.adds_rows && Tile::warp_col() == 0) {
        rows.add<A_K_FAST>(from_a + now.at);
      }
    }
    later = now;
    now.advance();
    if constexpr (OWN_ROUND) {
      b_now.advance();
      b_later.advance();
    }
  }
}

// Numbers that belong to columns. A thread finishes the same columns in all rows of a tile, so it asks for them once.
struct ColumnVector {
  const float* data;
  mutable float4 held = {};
  mutable int holds = -1;

  __device__ __forceinline__ explicit ColumnVector(const float* data) : data(data) {}

  __device__ __forceinline__ float4 four(int col, int left, bool wide) const {
    if (col != holds) {
      held = load4(data + col, left, wide);
      holds = col;
    }
    return held;
  }
};

// Hands out the sums of a tile, WIDTH neighbours at a time: row and col in it, and what lies there.
template <int WIDTH, class Problem, class Use>
__device__ __forceinline__ void each_piece(const Problem& p, const Tile& tile, TileBuffers& buffers,
                                           Use use) {
  constexpr int LINE = TILE / WIDTH;
  static_assert(TILE_THREADS % LINE == 0, "a thread keeps its columns");
  const int col = threadIdx.x % LINE * WIDTH;
  float* slice = reinterpret_cast<float*>(&buffers);
#pragma unroll 1
  for (int first = 0; first < TILE_ROWS; first += SLICE) {
    __syncthreads();
    if (Tile::warp_row() / SLICE * SLICE == first) {
      tile.put<decltype(p.a)::IS_K_FAST, decltype(p.b)::IS_K_FAST>(slice);
    }
    __syncthreads();
#pragma unroll 2
    for (int row = threadIdx.x / LINE; row < SLICE; row += TILE_THREADS / LINE) {
      use(first + row, col, reinterpret_cast<const float4*>(slice + row * SLICE_PITCH + col));
    }
  }
}

template <class Problem, class Use>
__device__ __forceinline__ void each_sum(const Problem& p, const Tile& tile, TileBuffers& buffers,
                                         Use use) {
  each_piece<4>(p, tile, buffers,
                [&](int row, int col, const float4* sums) { use(row, col, sums[0]); });
}

template <class Problem, class Use>
__device__ __forceinline__ void each_eight(const Problem& p, const Tile& tile, TileBuffers& buffers,
                                           Use use) {
  each_piece<8>(p, tile, buffers,
                [&](int row, int col, const float4* sums) { use(row, col, sums[0], sums[1]); });
}
