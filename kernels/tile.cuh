// The one tiled product behind linear, masked and convolutional layers:
//   C (rows, cols) = sum over k of A(row, k)·B(col, k).
//
// A block of 128 threads owns a 64 x 64 tile of C in registers. K advances 16 at a time through two
// shared buffers: the next step is on its way from memory while this one is multiplied. How it is
// multiplied is said by the Tile: in fp32 (tile_fma.cuh), or on tensor cores (tile_mma.cuh) where this
// is compiled with -DTF32 or -DBF16. IN_PRECISION names a kernel after it.
//
// A small batch has too few tiles for a large GPU, so K may be cut into chunks of `chunk` steps: block
// (tile, z) computes chunk z into its own slot of `partial`, and a second kernel adds the slots in
// order of z. No atomics; the same launch gives the same bits.
//
// What is multiplied is said by a Problem (linear.cu has the plainest):
//   a, b                     the operands, fetched step after step from where `seek` has put them
//   rows, cols               of C
//   span(row0, col0)         the k that this tile needs at all, and whether the tile exists
//   MASKED, whole(k), keeps(k, limit), limit(col)      for steps that the staircase cuts
//   finish(row, col, sum)    what becomes of four finished sums, or of twice four where a kernel asks
//                            for EIGHT, so that a warp can fill sectors with half as many columns
#pragma once
#include "common.cuh"

#ifdef LARGE
// LaunchGeometry has looked, so nobody asks again.
#define aligned16(pointer) true
#define rows_aligned16(base, pitch) true
#include "tile_large.cuh"
#define SUM_OF(name) IN_STORAGE(name##_large_sum)
#define TILE_BOUNDS_IN_BF16(blocks) __launch_bounds__(TILE_BOUNDS)
#else
#define TILE_BOUNDS TILE_THREADS
#define SUM_OF(name) IN_STORAGE(name##_sum)
#define TILE_BOUNDS_IN_BF16(blocks) BOUNDS_IN_BF16(TILE_THREADS, blocks)

constexpr int TILE = 64;
constexpr int STEP = 16;
constexpr int TILE_THREADS = 128;
// 4 floats of padding keep 16-byte alignment and move every fourth k by 16 banks, which makes the
// transposing stores below free of conflicts.
constexpr int PITCH = TILE + 4;

// A matrix whose k-th elements lie side by side (K_FAST: data[row·pitch + k]) or whose rows do
// (data[k·pitch + row]). Both arrive in shared memory as [k][row].
template <bool K_FAST>
struct Operand {
  const Stored* data;
  int pitch;
  int rows;
  bool wide;

  __device__ __forceinline__ Operand(const Stored* data, int pitch, int rows)
      : data(data), pitch(pitch), rows(rows), wide(rows_aligned16(data, pitch)) {}

  // For operands that carry something along from step to step.
  __device__ __forceinline__ void seek(int, int) const {}

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    const int t = threadIdx.x;
    for (int half = 0; half < 2; half++) {
      if constexpr (K_FAST) {  // two threads share a 32-byte sector of one row
        const int row = row0 + (t >> 1);
        const int k = k0 + half * 8 + (t & 1) * 4;
        const int left = row < rows ? end - k : 0;
        out[half] = load4(data + (int64)row * pitch + k, left, wide);
      } else {
        const int row = row0 + (t & 15) * 4;
        const int k = k0 + half * 8 + (t >> 4);
        const int left = k < end ? rows - row : 0;
        out[half] = load4(data + (int64)k * pitch + row, left, wide);
      }
    }
  }

  // Puts half of what a thread fetched: four words, each for one k.
  static __device__ __forceinline__ void place(float (*to)[PITCH], int half, float4 in) {
    const int t = threadIdx.x;
    if constexpr (K_FAST) {
      const int row = t >> 1;
      const int k = half * 8 + (t & 1) * 4;
      to[k][row] = in.x;
      to[k + 1][row] = in.y;
      to[k + 2][row] = in.z;
      to[k + 3][row] = in.w;
    } else {
      *reinterpret_cast<float4*>(&to[half * 8 + (t >> 4)][(t & 15) * 4]) = in;
    }
  }
};

#if defined(TF32) || defined(BF16)
#include "tile_mma.cuh"
#else
#include "tile_fma.cuh"
#endif

struct alignas(16) TileBuffers {
  float a[2][Tile::WORDS][PITCH];
  float b[2][Tile::WORDS][PITCH];
};

template <class Problem>
__device__ __forceinline__ void multiply(Problem& p, Tile& tile, TileBuffers& buffers, int row0,
                                         int col0, int begin, int end) {
  float4 a[2], b[2];
  p.a.seek(row0, begin);
  p.b.seek(col0, begin);
  p.a.fetch(row0, begin, end, a);
  p.b.fetch(col0, begin, end, b);
  Tile::place(p.a, buffers.a[0], a);
  Tile::place(p.b, buffers.b[0], b);
  __syncthreads();
  int now = 0;
  for (int k = begin; k < end; k += STEP) {
    const bool more = k + STEP < end;
    if (more) {
      p.a.fetch(row0, k + STEP, end, a);
      p.b.fetch(col0, k + STEP, end, b);
    }
    if (!Problem::MASKED || p.whole(k)) {
      tile.step<false>(p, buffers.a[now], buffers.b[now], k, col0);
    } else {
      tile.step<Problem::MASKED>(p, buffers.a[now], buffers.b[now], k, col0);
    }
    if (more) {
      now ^= 1;
      Tile::place(p.a, buffers.a[now], a);
      Tile::place(p.b, buffers.b[now], b);
      __syncthreads();
    }
  }
}

// Hands out the sums of a tile: row and col in it, and four sums from there on.
template <class Problem, class Use>
__device__ __forceinline__ void each_sum(const Problem&, const Tile& tile, TileBuffers&, Use use) {
  tile.each(use);
}

template <class Problem, class Tile, class Use>
__device__ __forceinline__ void each_eight(const Problem&, const Tile& tile, TileBuffers&,
                                           Use use) {
  tile.each_eight(use);
}

#endif

constexpr int SUM_THREADS = 256;
constexpr int SUM_ROWS = SUM_THREADS * 4 / TILE;

struct Span {
  int begin, end;
  bool exists;
};

// Finishes the sums of a tile, eight columns at a time where the Tile can and the Problem wants it.
template <bool EIGHT, class Tile, class Problem>
__device__ __forceinline__ void finish(const Problem& p, const Tile& tile, TileBuffers& buffers,
                                       int row0, int col0) {
  if constexpr (EIGHT && Tile::HAS_EIGHT) {
    each_eight(p, tile, buffers, [&](int row, int col, float4 left, float4 right) {
      if (row0 + row < p.rows) {
        p.finish(row0 + row, col0 + col, left, right);
      }
    });
  } else {
    each_sum(p, tile, buffers, [&](int row, int col, float4 sum) {
      if (row0 + row < p.rows) {
        p.finish(row0 + row, col0 + col, sum);
      }
    });
  }
}

// First pass. Grid (tiles, chunks); with one chunk the sums are finished here.
template <bool EIGHT = false, class Problem>
__device__ __forceinline__ void tile_product(Problem& p, float* partial, int chunk) {
  __shared__ TileBuffers buffers;
  const int across = (p.cols + TILE - 1) / TILE;
  const int row0 = blockIdx.x / across * TILE;
  const int col0 = p.column(blockIdx.x % across, across) * TILE;
  const Span span = p.span(row0, col0);
  const int begin = span.begin + blockIdx.y * chunk * STEP;
  const int end = min(span.end, begin + chunk * STEP);
  if (!span.exists || (blockIdx.y > 0 && begin >= span.end)) {
    return;
  }
  Tile tile;
  if (begin < end) {
    multiply(p, tile, buffers, row0, col0, begin, end);
  }
  if (gridDim.y > 1) {
    // Without the promise the compiler forgets the alignment and writes four times four bytes.
    float4* slot = static_cast<float4*>(__builtin_assume_aligned(partial, 16)) +
                   ((int64)blockIdx.y * gridDim.x + blockIdx.x) * (TILE * TILE / 4);
    each_sum(p, tile, buffers,
             [&](int row, int col, float4 sum) { slot[row * (TILE / 4) + col / 4] = sum; });
    return;
  }
  finish<EIGHT>(p, tile, buffers, row0, col0);
}

// Second pass. Grid (tiles, TILE / SUM_ROWS); `tiles` as in the first pass.
template <class Problem>
__device__ __forceinline__ void tile_sum(Problem& p, const float* partial, int chunk) {
  const int across = (p.cols + TILE - 1) / TILE;
  const int row0 = blockIdx.x / across * TILE;
  const int col0 = p.column(blockIdx.x % across, across) * TILE;
  const Span span = p.span(row0, col0);
  const int row = blockIdx.y * SUM_ROWS + threadIdx.x / (TILE / 4);
  const int col = threadIdx.x % (TILE / 4) * 4;
  if (!span.exists || row0 + row >= p.rows || col0 + col >= p.cols) {
    return;
  }
  const float* slot = partial + (int64)blockIdx.x * (TILE * TILE) + row * TILE + col;
  float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  for (int begin = span.begin; begin < span.end; begin += chunk * STEP) {
    sum = sum + *reinterpret_cast<const float4*>(slot);
    slot += (int64)gridDim.x * (TILE * TILE);
  }
  p.finish(row0 + row, col0 + col, sum);
}

// What a Problem without a mask says of it.
struct Unmasked {
  static constexpr bool MASKED = false;
  __device__ bool whole(int) const { return true; }
  __device__ bool keeps(int, int) const { return true; }
  __device__ int limit(int) const { return 0; }
  __device__ int column(int tile, int) const { return tile; }
};

// ---- what becomes of the sums

struct Bias {  // y = f(b + sum)
  const float* b;
  Stored* y;
  int pitch, cols, f;
  bool wide;

  __device__ __forceinline__ Bias(const float* b, Stored* y, int pitch, int cols, int f)
      : b(b), y(y), pitch(pitch), cols(cols), f(f), wide(rows_aligned16(y, pitch)) {}

  __device__ __forceinline__ void operator()(int row, int col, float4 sum) const {
    const int left = cols - col;
    if (b != nullptr) {
      sum = sum + load4(b + col, left, aligned16(b));
    }
    sum = make_float4(activate_fused(f, sum.x), activate_fused(f, sum.y), activate_fused(f, sum.z),
                      activate_fused(f, sum.w));
    store4(y + (int64)row * pitch + col, sum, left, wide);
  }
};

template <class T>
struct Add {  // d += sum; a fresh d counts as zeros, whatever is there
  T* d;
  int cols;
  bool wide, fresh;

  __device__ __forceinline__ Add(T* d, int cols, bool fresh = false)
      : d(d), cols(cols), wide(rows_aligned16(d, cols)), fresh(fresh) {}

  __device__ __forceinline__ void operator()(int row, int col, float4 sum, int live) const {
    T* at = d + (int64)row * cols + col;
    const int left = live - col;
    store4(at, load4(at, fresh ? 0 : left, wide) + sum, left, wide);
  }
};
