// What kernels share that keep the weights of an LSTM on the chip in fp32: see lstm_resident.cu.
#pragma once
#include <cooperative_groups.h>
#include "grid_load.cuh"
#include "lstm/lstm.cuh"

constexpr int ROWS = 64;
constexpr int DEPTH = 64;
constexpr int PITCH = ROWS + 4;  // 16-byte alignment, and fewer conflicts when storing transposed
constexpr int STAGERS = 256;     // threads that fetch the inputs
constexpr int LOADS = ROWS * DEPTH / 4 / STAGERS;

// How a block of UNITS units multiplies by COLS columns. KEPT: the most stages in registers.
template <int UNITS_, int COLS_, int KEPT_>
struct Share {
  static constexpr int UNITS = UNITS_;
  static constexpr int COLS = COLS_;
  static constexpr int KEPT = KEPT_;
  static constexpr int THREADS = 32 * UNITS;
  static constexpr int WIDE = COLS % 4 == 0 ? 4 : 2;  // columns of a thread
  static constexpr int GROUPS = COLS / WIDE;
  static constexpr int SLICES = THREADS / (GROUPS * ROWS / 4);
  static constexpr int SLICE_DEPTH = DEPTH / SLICES;
  static constexpr int STAGE = DEPTH * COLS;         // floats of a stage of weights
  static constexpr int EACH = STAGE / THREADS;       // of which a thread keeps so many
  static constexpr int TURN = KEPT > 0 ? STAGE : 0;  // floats of the buffer for one that was kept
  static_assert(SLICES * GROUPS * ROWS / 4 == THREADS && EACH * THREADS == STAGE,
                "all threads work alike");
  static_assert(SLICES * ROWS * COLS <= DEPTH * PITCH + TURN,
                "the result takes the buffers' place");
};

using Forward8 = Share<8, 32, 0>;
using Forward10 = Share<10, 40, 4>;

// Rows of x (rows,K), 64 k at a time; four threads read 64 bytes of a row.
struct Staged {
  const float* x;
  int pitch, rows, K;
  bool wide;

  __device__ __forceinline__ Staged(const float* x, int pitch, int rows, int K)
      : x(x), pitch(pitch), rows(rows), K(K), wide(rows_aligned16(x, pitch)) {}

  __device__ __forceinline__ void fetch(int k0, float4 (&v)[LOADS]) const {
    const int row = threadIdx.x >> 2;
    if (threadIdx.x >= STAGERS) {
      return;
    }
    for (int i = 0; i < LOADS; i++) {
      const int k = k0 + i * 16 + (threadIdx.x & 3) * 4;
      v[i] = load4_of_grid(x + (int64)row * pitch + k, row < rows ? K - k : 0, wide);
    }
  }

  __device__ __forceinline__ void place(float (*stage)[PITCH], const float4 (&v)[LOADS]) const {
    const int row = threadIdx.x >> 2;
    if (threadIdx.x >= STAGERS) {
      return;
    }
    for (int i = 0; i < LOADS; i++) {
      const int k = i * 16 + (threadIdx.x & 3) * 4;
      stage[k][row] = v[i].x;
      stage[k + 1][row] = v[i].y;
      stage[k + 2][row] = v[i].z;
      stage[k + 3][row] = v[i].w;
    }
  }
};

// The block's weights: w[k][col] in shared memory for the first `stages` stages, then those of its registers.
template <class S>
struct Weights {
  float* shared;
  int stages;
  float kept[S::KEPT > 0 ? S::KEPT : 1][S::EACH];

  // weight(k, col) is 0 where there is none.
  template <class Weight>
  __device__ __forceinline__ Weights(float* shared, int stages, const Weight& weight)
      : shared(shared), stages(stages) {
    for (int i = threadIdx.x; i < stages * S::STAGE; i += S::THREADS) {
      weight.place(shared, i, stages * DEPTH);
    }
#pragma unroll
    for (int n = 0; n < S::KEPT; n++) {
#pragma unroll
      for (int j = 0; j < S::EACH; j++) {
        const int i = threadIdx.x + j * S::THREADS;
        kept[n][j] = weight((stages + n) * DEPTH + i / S::COLS, i % S::COLS);
      }
    }
  }

  // Registers have no index: the n-th stage is selected among all that are kept.
  __device__ __forceinline__ void place_kept(float* turn, int n) const {
#pragma unroll
    for (int j = 0; j < S::EACH; j++) {
      float w = kept[0][j];
#pragma unroll
      for (int m = 1; m < S::KEPT; m++) {
        w = m == n ? kept[m][j] : w;
      }
      turn[threadIdx.x + j * S::THREADS] = w;
    }
  }
};

// A thread's part of the result, and of the k of a stage.
template <class S>
struct Sums {
  int row, col, slice;
  float sum[4][S::WIDE];

  __device__ __forceinline__ Sums()
      : row(threadIdx.x / S::GROUPS % (ROWS / 4) * 4), col(threadIdx.x % S::GROUPS * S::WIDE),
        slice(threadIdx.x / (S::GROUPS * ROWS / 4)), sum{} {}

  // `left`: how many k of the stage there are.
  __device__ __forceinline__ void add(const float (*in)[PITCH], const float* w, int left) {
    const int end = min((slice + 1) * S::SLICE_DEPTH, left);
#pragma unroll 8
    for (int k = slice * S::SLICE_DEPTH; k < end; k++) {
      const float4 a = *reinterpret_cast<const float4*>(&in[k][row]);
      const float av[4] = {a.x, a.y, a.z, a.w};
      float bv[S::WIDE];
      if constexpr (S::WIDE == 4) {
        const float4 b = *reinterpret_cast<const float4*>(w + k * S::COLS + col);
        bv[0] = b.x, bv[1] = b.y, bv[2] = b.z, bv[3] = b.w;
      } else {
        const float2 b = *reinterpret_cast<const float2*>(w + k * S::COLS + col);
        bv[0] = b.x, bv[1] = b.y;
      }
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < S::WIDE; j++) {
          sum[i][j] = fmaf(av[i], bv[j], sum[i][j]);
        }
      }
    }
  }

  __device__ __forceinline__ void store(float* slices) const {
    for (int i = 0; i < 4; i++) {
      float* to = slices + (slice * ROWS + row + i) * S::COLS + col;
      if constexpr (S::WIDE == 4) {
        *reinterpret_cast<float4*>(to) = make_float4(sum[i][0], sum[i][1], sum[i][2], sum[i][3]);
      } else {
        *reinterpret_cast<float2*>(to) = make_float2(sum[i][0], sum[i][1]);
      }
    }
  }
};

// buffers[s][row][col] = slice s of x·w. `buffers` hold the inputs, and weights from registers, while it
// multiplies, and then the result; all threads have passed a barrier when it returns. Each time that inputs
// k0 .. k0 + 63 are staged, it calls seen(in, k0), whose in[k][row] are 0 where none is.
template <class S, class Seen>
__device__ __forceinline__ void resident_product(const Staged& x, const Weights<S>& w,
                                                 float* buffers, const Seen& seen) {
  float(*in)[PITCH] = reinterpret_cast<float(*)[PITCH]>(buffers);
  float* turn = buffers + DEPTH * PITCH;
  Sums<S> sums;
  float4 next[LOADS];
  x.fetch(0, next);
  for (int stage = 0; stage * DEPTH < x.K; stage++) {
    const int left = x.K - stage * DEPTH;
    __syncthreads();  // the last round, or whoever used the buffers before, is done
    x.place(in, next);
    if (S::KEPT > 0 && stage >= w.stages) {
      w.place_kept(turn, stage - w.stages);
    }
    __syncthreads();
    if (left > DEPTH) {
      x.fetch((stage + 1) * DEPTH, next);
    }
    seen(in, stage * DEPTH);
    sums.add(in, S::KEPT > 0 && stage >= w.stages ? turn : w.shared + stage * S::STAGE, left);
  }
  __syncthreads();
  sums.store(buffers);
  __syncthreads();
}

template <class S>
__device__ __forceinline__ void resident_product(const Staged& x, const Weights<S>& w,
                                                 float* buffers) {
  resident_product<S>(x, w, buffers, [](const float(*)[PITCH], int) {});
}

// Calls unit(row, u, local row) for 64 rows and each unit, two of them per thread, always the same ones.
template <class S, class Unit>
__device__ __forceinline__ void each_unit(int row0, int rows, int unit0, int H, const Unit& unit) {
  for (int i = threadIdx.x; i < ROWS * S::UNITS; i += S::THREADS) {
    const int row = i / S::UNITS;
    const int u = i % S::UNITS;
    if (row0 + row < rows && unit0 + u < H) {
      unit(row0 + row, u, row);
    }
  }
}

// Column 4·unit + gate.
template <class S>
struct GateColumns {
  const float* wh;
  int unit0, H;

  __device__ __forceinline__ float operator()(int k, int column) const {
    const int unit = unit0 + column / 4;
    return k < H && unit < H ? load1(wh + ((int64)(column % 4) * H + unit) * H + k) : 0.0f;
  }

  // Neighbours read neighbouring k.
  __device__ __forceinline__ void place(float* shared, int i, int K) const {
    shared[i % K * S::COLS + i / K] = (*this)(i % K, i / K);
  }
};

// The gates' part of the product for a row (of 64) and one of the block's units.
template <class S>
__device__ __forceinline__ float4 gate_product(const float* buffers, int row, int unit) {
  const float4* part = reinterpret_cast<const float4*>(buffers + row * S::COLS + unit * 4);
  float4 sum = part[0];
  for (int slice = 1; slice < S::SLICES; slice++) {
    sum = sum + part[slice * ROWS * S::COLS / 4];
  }
  return sum;
}
