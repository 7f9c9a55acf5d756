// A tile on tensor cores (sm_80): operands rounded to tf32 or bf16 on the way to shared memory, products
// exact, sums in fp32. Included by tile_small.cuh; mma.cuh has the fragments.
//
// Shared memory holds words as [word][row]: a number in tf32, and in bf16 the two numbers k and k + 8 of a
// step, which the thread that fetched one also has. An mma is 16 rows x 8 columns x 8 words deep in
// either. A sum may be taken in any order, so slots t and t + 4 of lane (g, t) are given words 2t and
// 2t + 1: then neither loads nor stores meet in a bank, with the same padding as in fp32.
//
// A warp owns 32 x 32 of the tile, 2 x 4 mma. Per 8 words a lane loads 16 words for 8 mma.
#pragma once

#define TENSOR_CORES
#include "tile/mma.cuh"

#ifdef TF32
#define IN_PRECISION(name) name##_tf32
#else
#define IN_PRECISION(name) name##_bf16
#endif

struct Tile {
  static constexpr int WORDS = STEP / Format::PARTS;
  static constexpr bool HAS_EIGHT = true;
  float sum[2][4][4] = {};

  template <class Operand>
  static __device__ __forceinline__ void place(const Operand& o, float (*to)[PITCH],
                                               const float4 (&in)[2]) {
#ifdef TF32
    for (int half = 0; half < 2; half++) {
      const float4 v = in[half];
      o.place(to, half,
              make_float4(Format::round(v.x), Format::round(v.y), Format::round(v.z),
                          Format::round(v.w)));
    }
#else
    o.place(to, 0,
            make_float4(Format::pair(in[0].x, in[1].x), Format::pair(in[0].y, in[1].y),
                        Format::pair(in[0].z, in[1].z), Format::pair(in[0].w, in[1].w)));
#endif
  }

  // One step of 16 k. EDGE: the staircase runs through it. An mma cannot select, so it must not see what
  // some column may not: A that is not finite and B behind the mask become 0 for it. What A had that was
  // not finite, if anything, is then multiplied by itself. So a NaN reaches the columns that see it and
  // no other, and the bits of a finite row do not depend on its neighbours.
  template <bool EDGE, class Problem>
  __device__ __forceinline__ void step(const Problem& p, const float (*a)[PITCH],
                                       const float (*b)[PITCH], int k0, int col0) {
    bool finite = true;
#pragma unroll
    for (int w = 0; w < WORDS; w += 8) {
      Word left[2][4], right[4][2];
#pragma unroll
      for (int m = 0; m < 2; m++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          const Word word =
              load(a, w + first_word() + (e >> 1), first_row() + m * 16 + (e & 1) * 8);
          left[m][e] = EDGE ? only_finite(word, finite) : word;
        }
      }
#pragma unroll
      for (int n = 0; n < 4; n++) {
        const int col = warp_col() + group() + n * 8;
        const int limit = EDGE ? p.limit(col0 + col) : 0;
#pragma unroll
        for (int e = 0; e < 2; e++) {
          const int k = w + first_word() + e;
          const Word word = load(b, k, col);
          right[n][e] = EDGE ? only_kept(p, word, k0 + k, limit) : word;
        }
      }
#pragma unroll
      for (int m = 0; m < 2; m++) {
#pragma unroll
        for (int n = 0; n < 4; n++) {
          Format::mma(sum[m][n], left[m], right[n]);
        }
      }
    }
    if (EDGE && !__all_sync(0xffffffffu, finite)) {
      add_not_finite(p, a, b, k0, col0);
    }
  }

  // Hands out what this thread holds: row and col in the tile, and four sums from there on.
  template <class Use>
  __device__ __forceinline__ void each(Use use) const {
#pragma unroll
    for (int m = 0; m < 2; m++) {
#pragma unroll
      for (int n = 0; n < 4; n++) {
        use(row_of(m), warp_col() + n * 8 + (threadIdx.x & 2) * 2, four(sum[m][n]));
      }
    }
  }

  // The same, eight sums at a time: lanes t and t ^ 2 have half of two such eights each; afterwards
  // they have one whole.
  template <class Use>
  __device__ __forceinline__ void each_eight(Use use) const {
    const bool second = threadIdx.x & 2;
#pragma unroll
    for (int m = 0; m < 2; m++) {
#pragma unroll
      for (int n = 0; n < 4; n += 2) {
        const float4 one = four(sum[m][n]);
        const float4 two = four(sum[m][n + 1]);
        const float4 got = make_float4(__shfl_xor_sync(0xffffffffu, second ? one.x : two.x, 2),
                                       __shfl_xor_sync(0xffffffffu, second ? one.y : two.y, 2),
                                       __shfl_xor_sync(0xffffffffu, second ? one.z : two.z, 2),
                                       __shfl_xor_sync(0xffffffffu, second ? one.w : two.w, 2));
        use(row_of(m), warp_col() + (n + (second ? 1 : 0)) * 8, second ? got : one,
            second ? two : got);
      }
    }
  }

 private:
  static __device__ __forceinline__ int row_of(int m) {
    return first_row() + m * 16 + (threadIdx.x & 1) * 8;
  }

  // Lanes t and t ^ 1 have two columns each of rows g and g + 8; afterwards they have four of one row.
  static __device__ __forceinline__ float4 four(const float (&s)[4]) {
    const bool odd = threadIdx.x & 1;
    const float x = __shfl_xor_sync(0xffffffffu, odd ? s[0] : s[2], 1);
    const float y = __shfl_xor_sync(0xffffffffu, odd ? s[1] : s[3], 1);
    return odd ? make_float4(x, y, s[2], s[3]) : make_float4(s[0], s[1], x, y);
  }

  static __device__ __forceinline__ int group() { return (threadIdx.x & 31) >> 2; }
  static __device__ __forceinline__ int first_word() { return (threadIdx.x & 3) * 2; }
  static __device__ __forceinline__ int first_row() { return (threadIdx.x >> 6) * 32 + group(); }
  static __device__ __forceinline__ int warp_col() { return ((threadIdx.x >> 5) & 1) * 32; }

  static __device__ __forceinline__ Word load(const float (*from)[PITCH], int word, int row) {
    return __float_as_uint(from[word][row]);
  }

  static __device__ __forceinline__ bool not_finite(Word word, int part) {
    return (word & Format::exponent(part)) == Format::exponent(part);
  }

  static __device__ __forceinline__ Word only_finite(Word word, bool& all) {
    for (int part = 0; part < Format::PARTS; part++) {
      if (not_finite(word, part)) {
        word &= ~Format::bits(part);
        all = false;
      }
    }
    return word;
  }

  template <class Problem>
  static __device__ __forceinline__ Word only_kept(const Problem& p, Word word, int k, int limit) {
    for (int part = 0; part < Format::PARTS; part++) {
      word = p.keeps(k + 8 * part, limit) ? word : word & ~Format::bits(part);
    }
    return word;
  }

  template <class Problem>
  __device__ __forceinline__ void add_not_finite(const Problem& p, const float (*a)[PITCH],
                                                 const float (*b)[PITCH], int k0, int col0) {
    for (int k = 0; k < STEP; k++) {
      const int word = k % WORDS;
      const int part = k / WORDS;
#pragma unroll
      for (int n = 0; n < 4; n++) {
#pragma unroll
        for (int j = 0; j < 2; j++) {
          const int col = warp_col() + n * 8 + first_word() + j;
          const bool keep = p.keeps(k0 + k, p.limit(col0 + col));
          const float right = Format::value(load(b, word, col), part);
#pragma unroll
          for (int i = 0; i < 4; i++) {
            const Word left = load(a, word, first_row() + i * 8);
            float& s = sum[i >> 1][n][(i & 1) * 2 + j];
            s = keep && not_finite(left, part) ? fmaf(Format::value(left, part), right, s) : s;
          }
        }
      }
    }
  }
};
