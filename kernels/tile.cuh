// The one tiled product that every linear layer uses: C (rows, cols) = sum over k of A(row, k)·B(col, k).
//
// A block of 128 threads owns a 64 x 64 tile of C, each thread 8 x 4 of it in registers. K advances 16
// at a time through two shared buffers: the next step is on its way from memory while this one is
// multiplied. Per k a thread reads 3 x 16 bytes of shared memory for 32 multiply-adds, and its warp
// (4 x 8 threads) touches three different 128-byte lines, so the adders are the limit, not the memory.
//
// A small batch has too few tiles for a large GPU, so K may be cut into chunks of `chunk` steps: block
// (tile, z) computes chunk z into its own slot of `partial`, and a second kernel adds the slots in
// order of z. No atomics; the same launch gives the same bits.
//
// What is multiplied is said by a Problem (see linear.cu and masked_linear.cu):
//   a, b                     the operands
//   rows, cols               of C
//   span(row0, col0)         the k that this tile needs at all, and whether the tile exists
//   MASKED, whole(k), keeps(k, limit), limit(col)      for steps that the staircase cuts
//   finish(row, col, sum)    what becomes of four finished sums
#pragma once
#include "common.cuh"

constexpr int TILE = 64;
constexpr int STEP = 16;
constexpr int TILE_THREADS = 128;
constexpr int SUM_THREADS = 256;
constexpr int SUM_ROWS = SUM_THREADS * 4 / TILE;
// 4 floats of padding keep 16-byte alignment and move every fourth k by 16 banks, which makes the
// transposing stores below free of conflicts.
constexpr int PITCH = TILE + 4;

struct Span {
  int begin, end;
  bool exists;
};

// A matrix whose k-th elements lie side by side (K_FAST: data[row·pitch + k]) or whose rows do
// (data[k·pitch + row]). Both arrive in shared memory as [k][row].
template <bool K_FAST>
struct Operand {
  const float* data;
  int pitch;
  int rows;
  bool wide;

  __device__ __forceinline__ Operand(const float* data, int pitch, int rows)
      : data(data), pitch(pitch), rows(rows), wide(rows_aligned16(data, pitch)) {}

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

  __device__ __forceinline__ void place(float (*to)[PITCH], const float4 (&in)[2]) const {
    const int t = threadIdx.x;
    for (int half = 0; half < 2; half++) {
      if constexpr (K_FAST) {
        const int row = t >> 1;
        const int k = half * 8 + (t & 1) * 4;
        to[k][row] = in[half].x;
        to[k + 1][row] = in[half].y;
        to[k + 2][row] = in[half].z;
        to[k + 3][row] = in[half].w;
      } else {
        *reinterpret_cast<float4*>(&to[half * 8 + (t >> 4)][(t & 15) * 4]) = in[half];
      }
    }
  }
};

struct TileBuffers {
  float a[2][STEP][PITCH];
  float b[2][STEP][PITCH];
};

// Where this thread's 8 x 4 lies in the tile.
__device__ __forceinline__ int tile_row() {
  return (threadIdx.x >> 6) * 32 + ((threadIdx.x >> 3) & 3) * 8;
}
__device__ __forceinline__ int tile_col() {
  return ((threadIdx.x >> 5) & 1) * 32 + (threadIdx.x & 7) * 4;
}

// One step of 16 k. EDGE: the staircase runs through it, so every multiply-add is guarded by a
// select, never by a product with 0: a NaN behind the mask must not get through.
template <bool EDGE, class Problem>
__device__ __forceinline__ void multiply_step(
    const Problem& p, const float (*a)[PITCH], const float (*b)[PITCH], int k0, int col,
    float (&sum)[8][4]) {
  int limit[4];
  if (EDGE) {
    for (int j = 0; j < 4; j++) {
      limit[j] = p.limit(col + j);
    }
  }
#pragma unroll(EDGE ? 2 : STEP)
  for (int k = 0; k < STEP; k++) {
    const float4 a0 = *reinterpret_cast<const float4*>(&a[k][tile_row()]);
    const float4 a1 = *reinterpret_cast<const float4*>(&a[k][tile_row() + 4]);
    const float4 b0 = *reinterpret_cast<const float4*>(&b[k][tile_col()]);
    const float av[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
    const float bv[4] = {b0.x, b0.y, b0.z, b0.w};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const bool keep = !EDGE || p.keeps(k0 + k, limit[j]);
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const float next = fmaf(av[i], bv[j], sum[i][j]);
        sum[i][j] = keep ? next : sum[i][j];
      }
    }
  }
}

template <class Problem>
__device__ __forceinline__ void multiply(
    const Problem& p, TileBuffers& buffers, int row0, int col0, int begin, int end,
    float (&sum)[8][4]) {
  float4 a[2], b[2];
  p.a.fetch(row0, begin, end, a);
  p.b.fetch(col0, begin, end, b);
  p.a.place(buffers.a[0], a);
  p.b.place(buffers.b[0], b);
  __syncthreads();
  int now = 0;
  for (int k = begin; k < end; k += STEP) {
    const bool more = k + STEP < end;
    if (more) {
      p.a.fetch(row0, k + STEP, end, a);
      p.b.fetch(col0, k + STEP, end, b);
    }
    if (!Problem::MASKED || p.whole(k)) {
      multiply_step<false>(p, buffers.a[now], buffers.b[now], k, col0 + tile_col(), sum);
    } else {
      multiply_step<Problem::MASKED>(p, buffers.a[now], buffers.b[now], k, col0 + tile_col(), sum);
    }
    if (more) {
      now ^= 1;
      p.a.place(buffers.a[now], a);
      p.b.place(buffers.b[now], b);
      __syncthreads();
    }
  }
}

// First pass. Grid (tiles, chunks); with one chunk the sums are finished here.
template <class Problem>
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
  float sum[8][4] = {};
  if (begin < end) {
    multiply(p, buffers, row0, col0, begin, end, sum);
  }
  if (gridDim.y > 1) {
    // Without the promise the compiler forgets the alignment and writes four times four bytes.
    float4* slot = static_cast<float4*>(__builtin_assume_aligned(partial, 16)) +
                   ((int64)blockIdx.y * gridDim.x + blockIdx.x) * (TILE * TILE / 4) + tile_col() / 4;
    for (int i = 0; i < 8; i++) {
      slot[(tile_row() + i) * (TILE / 4)] =
          make_float4(sum[i][0], sum[i][1], sum[i][2], sum[i][3]);
    }
    return;
  }
  for (int i = 0; i < 8; i++) {
    const int row = row0 + tile_row() + i;
    if (row < p.rows) {
      p.finish(row, col0 + tile_col(),
               make_float4(sum[i][0], sum[i][1], sum[i][2], sum[i][3]));
    }
  }
}

// Second pass. Grid (tiles, 4), 16 rows of the tile per block; `tiles` as in the first pass.
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

// ---- what becomes of the sums

struct Bias {  // y = f(b + sum)
  const float* b;
  float* y;
  int pitch, cols, f;
  bool wide;

  __device__ __forceinline__ Bias(const float* b, float* y, int pitch, int cols, int f)
      : b(b), y(y), pitch(pitch), cols(cols), f(f), wide(rows_aligned16(y, pitch)) {}

  __device__ __forceinline__ void operator()(int row, int col, float4 sum) const {
    const int left = cols - col;
    if (b != nullptr) {
      sum = sum + load4(b + col, left, aligned16(b));
    }
    sum = make_float4(activate_fused(f, sum.x), activate_fused(f, sum.y),
                      activate_fused(f, sum.z), activate_fused(f, sum.w));
    store4(y + (int64)row * pitch + col, sum, left, wide);
  }
};

struct Add {  // d += sum
  float* d;
  int cols;
  bool wide;

  __device__ __forceinline__ Add(float* d, int cols)
      : d(d), cols(cols), wide(rows_aligned16(d, cols)) {}

  __device__ __forceinline__ void operator()(int row, int col, float4 sum, int live) const {
    float* at = d + (int64)row * cols + col;
    const int left = live - col;
    store4(at, load4(at, left, wide) + sum, left, wide);
  }
};
