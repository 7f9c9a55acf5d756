// The product of tile.cuh with a tile of 64 x 64 and 128 threads, for operands of any alignment. K advances 16 at a time through
// two shared buffers: the next step is on its way from memory while this one is multiplied, in fp32 (tile_fma.cuh) or
// on tensor cores (tile_mma.cuh).
#pragma once
#include "common.cuh"

constexpr int TILE = 64;
constexpr int TILE_ROWS = TILE;
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

// The one whose rows are those of C; elsewhere its tile may have another edge.
template <bool K_FAST>
using LeftOperand = Operand<K_FAST>;

#if defined(TF32) || defined(BF16)
#include "tile/tile_mma.cuh"
#else
#include "tile/tile_fma.cuh"
#endif

struct alignas(16) TileBuffers {
  float a[2][Tile::WORDS][PITCH];
  float b[2][Tile::WORDS][PITCH];
};

// The sums of A's rows, four to a thread, of every eighth k.
struct RowSums {
  static constexpr int FOURS = 1;
  float sum[FOURS][4] = {};

  __device__ __forceinline__ void add(const float4 (&in)[2]) {
    const float4 both = in[0] + in[1];
    sum[0][0] += both.x;
    sum[0][1] += both.y;
    sum[0][2] += both.z;
    sum[0][3] += both.w;
  }

  template <class Problem>
  __device__ __forceinline__ void finish(const Problem& p, TileBuffers& buffers, int row0) const {
    float* all = reinterpret_cast<float*>(&buffers);  // [k][row]
    __syncthreads();
    *reinterpret_cast<float4*>(all + threadIdx.x * 4) =
        make_float4(sum[0][0], sum[0][1], sum[0][2], sum[0][3]);
    __syncthreads();
    if (threadIdx.x < TILE) {
      float whole = 0.0f;
      for (int k = 0; k < TILE_THREADS * 4 / TILE; k++) {
        whole += all[k * TILE + threadIdx.x];
      }
      p.finish_row(row0 + threadIdx.x, whole);
    }
  }
};

template <class Problem>
__device__ __forceinline__ void multiply(Problem& p, Tile& tile, RowSums& rows,
                                         TileBuffers& buffers, int row0, int col0, int begin,
                                         int end, Weights) {
  float4 a[2], b[2];
  p.a.seek(row0, begin);
  p.b.seek(col0, begin);
  p.a.fetch(row0, begin, end, a);
  p.b.fetch(col0, begin, end, b);
  Tile::place(p.a, buffers.a[0], a);
  Tile::place(p.b, buffers.b[0], b);
  if (Problem::ADDS_ROWS && p.adds_rows) {
    rows.add(a);
  }
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
      if (Problem::ADDS_ROWS && p.adds_rows) {
        rows.add(a);
      }
      __syncthreads();
    }
  }
}

// Numbers that belong to columns.
struct ColumnVector {
  const float* data;

  __device__ __forceinline__ explicit ColumnVector(const float* data) : data(data) {}

  __device__ __forceinline__ float4 four(int col, int left, bool wide) const {
    return load4(data + col, left, wide);
  }
};

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
