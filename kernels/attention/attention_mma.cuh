// Tiles of attention on tensor cores (sm_80): factors rounded to tf32 or bf16, products exact, sums, maxima
// and exponentials in fp32. Fragments as in the PTX ISA; lane = 4·g + t.
//
// An mma gives its 16 x 8 sums to the lanes so: rows g and g + 8, columns 2t and 2t + 1. A warp's 16 x 56
// scores are 7 of them side by side, so a thread has 2 rows x 14 columns, and its 16 x N results are N/8.
//
//   scores      Its k may come in any order, so slots t and t + 4 (in bf16 pairs of slots) of a lane take
//               words that lie side by side. A chunk is 16 words of each row, two mma deep; lane t has words
//               4t to 4t + 3, 2h and 2h + 1 of them for mma h. So each fragment of two mma is one access of
//               16 bytes, and neither it nor the store meets in a bank, without padding.
//   accumulate  P never leaves the registers: what the scores' mma left in a lane is, with slots t and t + 4
//               taken for columns 2t and 2t + 1, what the left fragment wants from it in tf32; in bf16 the
//               pairs of two mma are one fragment 16 deep, and the seventh has one 8 deep. B lies as [k][d]
//               in tf32 and as [k / 2][d] with two k in a word in bf16, padded so that no load meets.
//
// Law 4 where the diagonal runs through a tile: P is 0 behind it, but 0·NaN is NaN. If B has anything there
// that is not finite, it is added by selects to the rows that see it, and then mma see 0 for it: the bits of
// a finite row do not depend on its neighbours. In scores an element of B meets only its own column.
#pragma once

constexpr int OWN_ROWS = 2;
constexpr int OWN_COLS = 14;
constexpr int ROW_LANES = 4;
constexpr int WORDS = 16;
constexpr int CHUNK = WORDS * Format::PARTS;
constexpr int DEPTH = COLS / Format::PARTS;  // words of a column of B
constexpr int PAD = 4 * Format::PARTS;

__device__ __forceinline__ int group_of() { return lane_of() / 4; }
__device__ __forceinline__ int slot_of() { return lane_of() % 4; }
__device__ __forceinline__ int own_row(int r) { return warp_of() * 16 + group_of() + 8 * r; }
__device__ __forceinline__ int own_col(int c) { return c / 2 * 8 + slot_of() * 2 + c % 2; }

// Of B, `accumulate` has so many columns in shared memory at a time.
template <int N>
constexpr int PIECE = N > 64 ? N / 2 : N;

// Wide heads have no registers for P beside the next scores and the results.
template <int N>
constexpr int KEPT = N <= 64 ? 0 : OWN_ROWS* OWN_COLS;

template <int N, int SIZE>
struct Kept {
  float p[SIZE][ATTENTION_THREADS];
};

template <int N>
struct Kept<N, 0> {};

template <int N>
struct AttentionBuffers : Kept<N, KEPT<N>> {
  union {
    struct {
      float a[ROWS][WORDS];
      float b[COLS][WORDS];
    };
    alignas(16) float tile[DEPTH][PIECE<N> + PAD];
  };
};

// In registers; `keep` takes P to where `get` finds it.
template <int N>
struct Left {
  AttentionBuffers<N>& buffers;
  float p[OWN_ROWS][OWN_COLS];

  __device__ __forceinline__ explicit Left(AttentionBuffers<N>& buffers) : buffers(buffers) {}

  __device__ __forceinline__ void put(int r, int c, float v) { p[r][c] = v; }

  __device__ __forceinline__ void keep() {
    if constexpr (KEPT<N> != 0) {
#pragma unroll
      for (int k = 0; k < KEPT<N>; k++) {
        buffers.p[k][threadIdx.x] = p[k / OWN_COLS][k % OWN_COLS];
      }
    }
  }

  __device__ __forceinline__ float get(int r, int c) const {
    if constexpr (KEPT<N> != 0) {
      return buffers.p[r * OWN_COLS + c][threadIdx.x];
    } else {
      return p[r][c];
    }
  }
};

template <int N>
struct Result {
  static constexpr int V = 2;
  static constexpr int GROUPS = N / 8;
  float sum[OWN_ROWS][GROUPS][V] = {};

  static __device__ __forceinline__ int column(int g) { return g * 8 + slot_of() * 2; }
};

// Two floats to a word in bf16, one in tf32 (of the first).
__device__ __forceinline__ float word_of(float first, float second) {
#ifdef TF32
  return Format::round(first);
#else
  return Format::pair(first, second);
#endif
}

// Words 4·t .. 4·t + 3 of a chunk of a row. In bf16 those of the second mma are from its second half.
__device__ __forceinline__ float4 fetch_words(const Head& h, int row, int d) {
  const float4 x = h.fetch(row, d + slot_of() * 4);
  if constexpr (Format::PARTS == 1) {
    return make_float4(word_of(x.x, 0), word_of(x.y, 0), word_of(x.z, 0), word_of(x.w, 0));
  } else {
    const float4 y = h.fetch(row, d + CHUNK / 2 + slot_of() * 4);
    return make_float4(word_of(x.x, x.y), word_of(x.z, x.w), word_of(y.x, y.y), word_of(y.z, y.w));
  }
}

__device__ __forceinline__ void place_words(float (*to)[WORDS], int row, float4 words) {
  *reinterpret_cast<float4*>(&to[row][slot_of() * 4]) = words;
}

__device__ __forceinline__ void load_words(const float* from, Word (&to)[4]) {
  const uint4 v = *reinterpret_cast<const uint4*>(from);
  to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
}

// @param active whether any element of this warp's rows is wanted; all warps come along to the barriers
template <int N>
__device__ __forceinline__ void scores(AttentionBuffers<N>& buffers, const Head& a, int row0,
                                       const Head& b, int col0, bool active,
                                       float (&sum)[OWN_ROWS][OWN_COLS]) {
  const int row = threadIdx.x / 4;
  float c[COLS / 8][4] = {};
#pragma unroll 1
  for (int d = 0; d < a.D; d += CHUNK) {
    __syncthreads();  // nobody reads what was there any more
    place_words(buffers.a, row, fetch_words(a, row0 + row, d));
    place_words(buffers.a, row + COLS, fetch_words(a, row0 + row + COLS, d));
    place_words(buffers.b, row, fetch_words(b, col0 + row, d));
    __syncthreads();
    if (!active) {
      continue;
    }
    Word upper[4], lower[4];
    load_words(&buffers.a[own_row(0)][slot_of() * 4], upper);
    load_words(&buffers.a[own_row(1)][slot_of() * 4], lower);
    const bool both = Format::PARTS == 1 || d + CHUNK / 2 < a.D;
#pragma unroll
    for (int n = 0; n < COLS / 8; n++) {
      Word right[4];
      load_words(&buffers.b[n * 8 + group_of()][slot_of() * 4], right);
      Format::mma(c[n], {upper[0], lower[0], upper[1], lower[1]}, {right[0], right[1]});
      if (both) {
        Format::mma(c[n], {upper[2], lower[2], upper[3], lower[3]}, {right[2], right[3]});
      }
    }
  }
#pragma unroll
  for (int n = 0; n < COLS / 8; n++) {
#pragma unroll
    for (int r = 0; r < OWN_ROWS; r++) {
      sum[r][2 * n] = c[n][2 * r];
      sum[r][2 * n + 1] = c[n][2 * r + 1];
    }
  }
}

__device__ __forceinline__ bool is_finite(Word w, int part) {
  return (w & Format::exponent(part)) != Format::exponent(part);
}

__device__ __forceinline__ bool is_finite(float word) {
  const Word w = __float_as_uint(word);
  return is_finite(w, 0) && is_finite(w, Format::PARTS - 1);
}

// For each 4 neighbouring words of B that are this thread's: use(word, d). It has 16 columns at a time, and
// two rows that a quarter of a warp has together are as far apart as takes them to different banks.
template <int N, class Use>
__device__ __forceinline__ void each_staged(Use use) {
  constexpr int SPAN = 8 / Format::PARTS;
  const int u = threadIdx.x / 4 % DEPTH;
  const int word = u / SPAN * SPAN + u % SPAN / 2 + u % 2 * (SPAN / 2);
  const int d0 = threadIdx.x / (4 * DEPTH) * 16 + slot_of() * 4;
#pragma unroll
  for (int d = 0; d < PIECE<N>; d += 16 * Format::PARTS) {
    if (d + d0 < PIECE<N>) {
      use(word, d + d0);
    }
  }
}

// PIECE<N> columns of 56 rows of B, from `first` on, to shared memory.
// @return whether all that this thread brought is finite
template <int N>
__device__ __forceinline__ bool stage(AttentionBuffers<N>& buffers, const Head& b, int col0,
                                      int first) {
  bool finite = true;
  each_staged<N>([&](int word, int d) {
    float4 w;
    if constexpr (Format::PARTS == 1) {
      const float4 x = b.fetch(col0 + word, first + d);
      w = make_float4(word_of(x.x, 0), word_of(x.y, 0), word_of(x.z, 0), word_of(x.w, 0));
    } else {
      const float4 x = b.fetch(col0 + 2 * word, first + d);
      const float4 y = b.fetch(col0 + 2 * word + 1, first + d);
      w = make_float4(word_of(x.x, y.x), word_of(x.y, y.y), word_of(x.z, y.z), word_of(x.w, y.w));
    }
    finite = finite && is_finite(w.x) && is_finite(w.y) && is_finite(w.z) && is_finite(w.w);
    *reinterpret_cast<float4*>(&buffers.tile[word][d]) = w;
  });
  return finite;
}

// Zeros in place of what this thread brought and is not finite.
template <int N>
__device__ __forceinline__ void clear_not_finite(AttentionBuffers<N>& buffers) {
  each_staged<N>([&](int word, int d) {
#pragma unroll 1
    for (int k = 0; k < 4; k++) {
      float& at = buffers.tile[word][d + k];
      Word w = __float_as_uint(at);
      for (int part = 0; part < Format::PARTS; part++) {
        w = is_finite(w, part) ? w : w & ~Format::bits(part);
      }
      at = __uint_as_float(w);
    }
  });
}

// The left fragment of 8 words from word 8·n on, of P as the scores left it.
template <int N>
__device__ __forceinline__ void left_words(const Left<N>& left, int n, Word (&to)[4]) {
#pragma unroll
  for (int e = 0; e < 4; e++) {
    const float(&p)[OWN_COLS] = left.p[e % 2];
    const int c = Format::PARTS * (2 * n + e / 2);
    to[e] = c < OWN_COLS ? __float_as_uint(word_of(p[c % OWN_COLS], p[(c + 1) % OWN_COLS])) : 0;
  }
}

// The last of bf16, half as deep.
__device__ __forceinline__ void mma_half(float (&c)[4], Word a0, Word a1, Word b) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a0), "r"(a1), "r"(b));
}

template <int N>
__device__ __forceinline__ void multiply(const AttentionBuffers<N>& buffers, const Left<N>& left,
                                         int first, Result<N>& acc) {
  const auto load = [&](int word, int column) {
    return __float_as_uint(buffers.tile[word][column]);
  };
#pragma unroll
  for (int n = 0; n < (DEPTH + 7) / 8; n++) {
    Word a[4];
    left_words(left, n, a);
#pragma unroll
    for (int m = 0; m < PIECE<N> / 8; m++) {
      const int column = m * 8 + group_of();
      float(&upper)[2] = acc.sum[0][first / 8 + m];
      float(&lower)[2] = acc.sum[1][first / 8 + m];
      float c[4] = {upper[0], upper[1], lower[0], lower[1]};
      if constexpr (Format::PARTS == 1) {
        const int k = n * 8 + slot_of() * 2;
        Format::mma(c, a, {load(k, column), load(k + 1, column)});
      } else {
        const int k = n * 8 + slot_of();
        if (n * 8 + 8 <= DEPTH) {
          Format::mma(c, a, {load(k, column), load(k + 4, column)});
        } else {
          mma_half(c, a[0], a[1], load(k, column));
        }
      }
      upper[0] = c[0], upper[1] = c[1], lower[0] = c[2], lower[1] = c[3];
    }
  }
}

// What of B is not finite, to the rows that see it. Each column of P is passed to its row's lanes; registers
// cannot be indexed, so they turn, and after 14 turns lie where they were.
template <int N, class Sees>
__device__ __forceinline__ void add_not_finite(const AttentionBuffers<N>& buffers, Left<N>& left,
                                               Sees sees, int first, Result<N>& acc) {
#pragma unroll 1
  for (int c = 0; c < OWN_COLS; c++) {
#pragma unroll 1
    for (int t = 0; t < ROW_LANES; t++) {
      const int j = c / 2 * 8 + t * 2 + c % 2;
      const int part = j % Format::PARTS;
#pragma unroll
      for (int r = 0; r < OWN_ROWS; r++) {
        const float p = __shfl_sync(WARP, left.p[r][0], t, ROW_LANES);
        const bool seen = sees(own_row(r), j);
#pragma unroll
        for (int g = 0; g < PIECE<N> / 8; g++) {
#pragma unroll
          for (int e = 0; e < 2; e++) {
            const Word w =
                __float_as_uint(buffers.tile[j / Format::PARTS][Result<N>::column(g) + e]);
            float& sum = acc.sum[r][first / 8 + g][e];
            sum = seen && !is_finite(w, part) ? fmaf(p, Format::value(w, part), sum) : sum;
          }
        }
      }
    }
#pragma unroll
    for (int r = 0; r < OWN_ROWS; r++) {
      const float first = left.p[r][0];
#pragma unroll
      for (int k = 0; k + 1 < OWN_COLS; k++) {
        left.p[r][k] = left.p[r][k + 1];
      }
      left.p[r][OWN_COLS - 1] = first;
    }
  }
}

// @param edge whether the diagonal runs through the tile
template <int N, class Sees>
__device__ __forceinline__ void accumulate(AttentionBuffers<N>& buffers, Left<N>& left,
                                           const Head& b, int col0, bool active, bool edge,
                                           Sees sees, Result<N>& acc) {
#pragma unroll
  for (int first = 0; first < N; first += PIECE<N>) {
    __syncthreads();  // nobody reads what was there any more
    const bool finite = stage(buffers, b, col0, first);
    if (!__syncthreads_and(finite || !edge)) {
      if (active) {
        add_not_finite(buffers, left, sees, first, acc);
      }
      __syncthreads();
      clear_not_finite(buffers);
      __syncthreads();
    }
    if (active) {
      multiply(buffers, left, first, acc);
    }
  }
}
