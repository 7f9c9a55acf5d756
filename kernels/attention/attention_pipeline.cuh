// How what streams by reaches attention_stream.cuh: tiles of 64 rows of two operands, through two stages of shared
// memory, by copies that pass the registers (cp.async).
#pragma once
#include "tile/async_copy.cuh"
#include "attention/attention_heads.cuh"

namespace streamed {

constexpr int TILE_ROWS = 64;
constexpr int GROUPS = TILE_ROWS / 16;

// 64 rows of N numbers of one operand and behind them as many of the other, in pieces of 16 bytes.
template <int N>
struct alignas(128) Stage {
  static constexpr int PIECES = N / 8;
  static constexpr int ROW = N * 2;  // bytes
  static constexpr int OPERAND = TILE_ROWS * ROW;
  // The largest power of two that divides PIECES. So many pieces of a row change places, so that eight rows fill
  // the banks and neither a copy nor ldmatrix meets in one.
  static constexpr int TURNS = PIECES & -PIECES;
  static_assert(PIECES <= 8, "a row is at most 128 bytes");

  char rows[2 * OPERAND];

  static __device__ __forceinline__ unsigned place(int row, int piece) {
    return row * ROW + (piece ^ (row / (8 / TURNS) & (TURNS - 1))) * 16;
  }

  // From what `place` gives for piece 0 or 1 of a row, that of a later piece and row (multiples of 2 and 8).
  static __device__ __forceinline__ unsigned later(unsigned place, int piece, int row) {
    return (place ^ (piece & (TURNS - 1)) * 16) + (piece & ~(TURNS - 1)) * 16 + row * ROW;
  }
};

__device__ __forceinline__ unsigned address_of(const void* shared) {
  return (unsigned)__cvta_generic_to_shared(shared);
}

// All pieces of a head's rows begin at multiples of 16 bytes.
__device__ __forceinline__ bool in_pieces(const Head& head) {
  return aligned16(head.data) && head.pitch % 8 == 0 && head.D % 8 == 0;
}

// What a thread copies of a tile of one operand: a piece of every so many rows. Rows that do not exist and channels that
// the head has not are filled with zeros and are not read. Heads that are not in pieces go through registers.
template <int N, int THREADS>
struct Operand {
  using Layout = Stage<N>;
  static constexpr int LANES = Layout::PIECES == 6 ? 8 : Layout::PIECES;  // of a row
  static constexpr int APART = THREADS / LANES;                           // rows
  static constexpr bool ALL_COPY = LANES == Layout::PIECES && APART <= TILE_ROWS;
  const char* mine;
  int pitch, T, left;  // bytes from row to row; channels from this thread's first one on

  __device__ __forceinline__ explicit Operand(const Head& head)
      : mine(reinterpret_cast<const char*>(head.data + (int64)my_row() * head.pitch +
                                           my_piece() * 8)),
        pitch(head.pitch * (int)sizeof(Stored)), T(head.T), left(head.D - my_piece() * 8) {}

  static __device__ __forceinline__ int my_row() { return threadIdx.x / LANES; }
  static __device__ __forceinline__ int my_piece() { return threadIdx.x % LANES; }
  static __device__ __forceinline__ unsigned my_place() {
    return Layout::place(my_row(), my_piece());
  }

  // @param to `my_place` in the operand
  template <bool PLAIN>
  __device__ __forceinline__ void copy_pieces(unsigned to, int row0) const {
    if (ALL_COPY || my_piece() < Layout::PIECES && my_row() < TILE_ROWS) {
#pragma unroll
      for (int i = 0; i < TILE_ROWS; i += APART) {
        copy_piece<PLAIN>(to + i * Layout::ROW, row_of(row0 + i), left > 0 && exists(row0 + i));
      }
    }
  }

  // The same number by number.
  __device__ __forceinline__ void copy_numbers(unsigned to, int row0) const {
    if (my_piece() < Layout::PIECES && my_row() < TILE_ROWS) {
#pragma unroll 1
      for (int i = 0; i < TILE_ROWS; i += APART) {
#pragma unroll 1
        for (int k = 0; k < 8; k += 2) {
          const Stored* from = reinterpret_cast<const Stored*>(row_of(row0 + i)) + k;
          const int some = exists(row0 + i) ? left - k : 0;
          const unsigned word =
              pack(some > 0 ? load1(from) : 0.0f, some > 1 ? load1(from + 1) : 0.0f);
          asm volatile("st.shared.u32 [%0], %1;" ::"r"(to + i * Layout::ROW + k * 2), "r"(word)
                       : "memory");
        }
      }
    }
  }

 private:
  // One instruction; nvcc would widen the pitch and multiply numbers of 64 bits.
  __device__ __forceinline__ const char* row_of(int row) const {
    const char* at;
    asm("mad.wide.s32 %0, %1, %2, %3;" : "=l"(at) : "r"(row), "r"(pitch), "l"(mine));
    return at;
  }

  __device__ __forceinline__ bool exists(int row) const {
    return (unsigned)(row + my_row()) < (unsigned)T;
  }
};

// Two operands that stream by through two stages, 64 rows at a time.
template <int N, int THREADS>
struct Pipeline {
  using Of = Operand<N, THREADS>;
  Of a, b;
  int row;  // of the next copy
  bool wide, full;
  unsigned mine;         // where this thread copies to in a stage
  unsigned stage, both;  // the one that the next tile goes to, and the sum of the two

  // The block's own rows, 64 from own_row on of each operand, go to the second stage.
  template <class Stages>
  __device__ __forceinline__ Pipeline(const Stages (&stages)[2], const Head& own_a, int own_row_a,
                                      const Head& own_b, int own_row_b, const Head& a,
                                      const Head& b, int row)
      : a(a), b(b), row(row),
        wide(in_pieces(own_a) && in_pieces(own_b) && in_pieces(a) && in_pieces(b)),
        full(wide && a.D == N), mine(in_register(Of::my_place())), stage(address_of(&stages[0])),
        both(in_register(address_of(&stages[0]) + address_of(&stages[1]))) {
    copy(own_rows(), Of(own_a), own_row_a, Of(own_b), own_row_b, false);
    copy();
    this->row += TILE_ROWS;
  }

  // In it they lie until the first turn.
  __device__ __forceinline__ unsigned own_rows() const { return both - stage; }
  __device__ __forceinline__ void await_own_rows() const {
    await_copies<1>();
    __syncthreads();
  }

  // The first row of the next tile.
  __device__ __forceinline__ int next_row() const { return row - TILE_ROWS; }

  // The stage of the next tile, which has arrived. Nobody reads the one before it any more, and another is on its way to
  // `stage`, if there are `more`.
  __device__ __forceinline__ unsigned turn(bool more) {
    await_copies<0>();
    __syncthreads();
    const unsigned now = stage;
    stage = both - stage;
    if (more) {
      copy();
    }
    row += TILE_ROWS;
    return now;
  }

 private:
  __device__ __forceinline__ void copy() {
    copy(stage, a, row, b, row, full && row + TILE_ROWS <= a.T);
  }

  __device__ __forceinline__ void copy(unsigned to, const Of& a, int row_a, const Of& b, int row_b,
                                       bool plain) const {
    const unsigned to_a = to + mine, to_b = to_a + Stage<N>::OPERAND;
    if (plain) {
      a.template copy_pieces<true>(to_a, row_a);
      b.template copy_pieces<true>(to_b, row_b);
    } else if (wide) {
      a.template copy_pieces<false>(to_a, row_a);
      b.template copy_pieces<false>(to_b, row_b);
    } else {
      a.copy_numbers(to_a, row_a);
      b.copy_numbers(to_b, row_b);
    }
    commit_copies();
  }
};

}  // namespace streamed
