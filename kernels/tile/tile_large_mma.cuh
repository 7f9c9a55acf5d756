// A large tile on tensor cores: a thread for each row, a warp owns 64 x 64, 4 x 8 mma of m16n8 that are 32 bytes of k
// deep (see mma.cuh for their fragments). A stage holds numbers as memory does, fp32 in tf32; those
// are rounded when they are registers.
//
// ldmatrix gives lane 4g + t the 4 bytes t of a row g of 16 bytes, which is what a fragment wants of an
// operand whose k are neighbours, be that one number of tf32 or two of bf16; of lines it transposes numbers
// of 16 bits on the way. Numbers of 32 bits it cannot, so in tf32 lines are read one number at a time.
#pragma once

#define TENSOR_CORES
#define TILE_BOUNDS TILE_THREADS, 256 / TILE_THREADS

#include "tile/mma.cuh"

constexpr int TILE_THREADS = TILE_ROWS;

#if defined(TALL) && defined(TF32)
#define IN_PRECISION(name) name##_tall_tf32
#elif defined(TALL)
#define IN_PRECISION(name) name##_tall_bf16
#elif defined(TF32)
#define IN_PRECISION(name) name##_large_tf32
#else
#define IN_PRECISION(name) name##_large_bf16
#endif

struct Tile {
  static constexpr bool HAS_EIGHT = true;
  static constexpr bool SHORT = sizeof(Stored) == 2;
  static constexpr int LINES = STEP / 2;  // k of an mma
  float sum[4][8][4] = {};

  // Warp w runs on scheduler w mod 4. In a tall tile the two warps of a scheduler own different columns and different
  // halves of the rows, so that a tile of which half is empty leaves each scheduler one that works.
#ifdef TALL
  static __device__ __forceinline__ int warp_row() {
    const int lower = (threadIdx.x >> 7 ^ threadIdx.x >> 6) & 1;
    return lower * 128 + (threadIdx.x >> 5 & 1) * 64;
  }
  static __device__ __forceinline__ int warp_col() { return (threadIdx.x >> 7) * 64; }
#else
  static __device__ __forceinline__ int warp_row() { return (threadIdx.x >> 6) * 64; }
  static __device__ __forceinline__ int warp_col() { return (threadIdx.x >> 5 & 1) * 64; }
#endif

  // Eight rows that follow each other, or eight lines (of fp32: four, two pieces of each), fill the banks.
  template <bool K_FAST, int EDGE>
  static __device__ __forceinline__ unsigned place(int line, int piece) {
    return K_FAST ? (line * 4 + (piece ^ (line >> 1 & 3))) * 16
                  : (line * (EDGE / PIECE) + (piece ^ (SHORT ? line & 7 : (line & 3) * 2))) * 16;
  }

  // Where this lane reads first of all in a stage: all else is that, but for bits that are known here. With
  // LEFT, as those of A, a fragment's words go down its 16 rows first, else along k.
  template <bool K_FAST, bool LEFT>
  static __device__ __forceinline__ unsigned first(int row) {
    constexpr int EDGE = LEFT ? TILE_ROWS : TILE;
    const int lane = threadIdx.x & 31;
    const int eighth = lane & 7;
    const int down = (LEFT ? lane >> 3 : lane >> 4) & 1;
    const int deep = (LEFT ? lane >> 4 : lane >> 3) & 1;
    if constexpr (K_FAST) {
      return place<true, EDGE>(row + eighth + down * 8, deep);
    } else if constexpr (SHORT) {
      return place<false, EDGE>(eighth + deep * 8, row / PIECE + down);
    } else {
      const int at = row + (lane >> 2);
      return place<false, EDGE>(lane & 3, at / PIECE) + at % PIECE * sizeof(Stored);
    }
  }
  template <bool K_FAST>
  static __device__ __forceinline__ unsigned first_row() {
    return first<K_FAST, true>(warp_row());
  }
  template <bool K_FAST>
  static __device__ __forceinline__ unsigned first_col() {
    return first<K_FAST, false>(warp_col());
  }

  template <bool A_K_FAST, bool B_K_FAST>
  __device__ __forceinline__ void step(unsigned a, unsigned b) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      Word left[4][4], right[4][4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        fragments<A_K_FAST, true>(left[i], a, half, i);
        fragments<B_K_FAST, false>(right[i], b, half, i);
      }
#ifdef TF32
      round(left);
      round(right);
#endif
#pragma unroll
      for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 8; j++) {
          const Word* b = &right[j >> 1][(j & 1) * 2];
          Format::mma(sum[i][j], left[i], {b[0], b[1]});
        }
      }
    }
  }

  // Puts what this thread holds into rows of SLICE_PITCH.
  template <bool A_K_FAST, bool B_K_FAST>
  __device__ __forceinline__ void put(float* slice) const {
    const int lane = threadIdx.x & 31;
#pragma unroll
    for (int m = 0; m < 4; m++) {
      float* row = slice + (m * 16 + (lane >> 2)) * SLICE_PITCH + warp_col() + (lane & 3) * 2;
#pragma unroll
      for (int n = 0; n < 8; n++) {
        const float(&s)[4] = sum[m][n];
        *reinterpret_cast<float2*>(row + n * 8) = make_float2(s[0], s[1]);
        *reinterpret_cast<float2*>(row + n * 8 + 8 * SLICE_PITCH) = make_float2(s[2], s[3]);
      }
    }
  }

  // Rows 16 i to 16 i + 15 of a warp, half of a stage's k.
  template <bool K_FAST, bool LEFT>
  static __device__ __forceinline__ void fragments(Word (&to)[4], unsigned from, int half, int i) {
    constexpr int EDGE = LEFT ? TILE_ROWS : TILE;
    if constexpr (K_FAST) {
      const unsigned at = (from ^ half * 32) + i * 16 * 64;
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                   : "r"(at));
    } else if constexpr (SHORT) {
      const unsigned at = (from ^ i * 32) + half * LINES * EDGE * 2;
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                   : "r"(at));
    } else {  // lane 4g + t: of rows g and g + 8 k = t and t + 4
#pragma unroll
      for (int down = 0; down < 2; down++) {
#pragma unroll
        for (int deep = 0; deep < 2; deep++) {
          const unsigned at = (from ^ (i * 64 + down * 32)) + (half * LINES + deep * 4) * EDGE * 4;
          asm volatile("ld.shared.u32 %0, [%1];"
                       : "=r"(to[LEFT ? down + deep * 2 : down * 2 + deep])
                       : "r"(at));
        }
      }
    }
  }

#ifdef TF32
 private:
  static __device__ __forceinline__ void round(Word (&words)[4][4]) {
#pragma unroll
    for (int i = 0; i < 16; i++) {
      Word& w = words[i / 4][i % 4];
      w = __float_as_uint(Format::round(__uint_as_float(w)));
    }
  }
#endif
};

#ifdef BF16
// The sums of A's rows, by a product with ones; of a lane those of row lane / 4 of each eight rows of its warp.
struct RowSums {
  static constexpr int FOURS = 4;
  float sum[FOURS][4] = {};

  template <bool K_FAST>
  __device__ __forceinline__ void add(unsigned a) {
    constexpr Word ONES = 0x3f803f80;
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int i = 0; i < FOURS; i++) {
        Word left[4];
        Tile::fragments<K_FAST, true>(left, a, half, i);
        Format::mma(sum[i], left, {ONES, ONES});
      }
    }
  }

  template <class Problem, class Buffers>
  __device__ __forceinline__ void finish(const Problem& p, Buffers&, int row0) const {
    if (Tile::warp_col() == 0 && (threadIdx.x & 3) == 0) {
      const int row = row0 + Tile::warp_row() + ((threadIdx.x & 31) >> 2);
#pragma unroll
      for (int i = 0; i < FOURS; i++) {
        p.finish_row(row + i * 16, sum[i][0]);
        p.finish_row(row + i * 16 + 8, sum[i][2]);
      }
    }
  }
};
#endif
