// The two products that attention and its gradients are made of, for a block of 7 warps that owns 112 rows
// and walks over tiles of 56 columns: 784 = 7·112 = 14·56, so nothing is padded there.
//
//   scores      sum (112,56) = A (112,D)·B (56,D)^T, both streamed through shared memory, a chunk of D at a time
//   accumulate  acc (112,N) += P (112,56)·B (56,N), N the width of a head, rounded up: 16, 32, 48, 64, 96, 128
//
// A block has all N columns of its results, so no score is computed twice. A warp owns 16 rows. How they are
// shared among its lanes is said by attention_fma.cuh in fp32 and by attention_mma.cuh on tensor cores, under
// the same names:
//   OWN_ROWS, OWN_COLS, own_row(r), own_col(c)   the scores of a thread
//   ROW_LANES                                    neighbouring lanes that share a row
//   Left<N>                                      P, or what stands in its place, `keep` once for a later `get`
//   Result<N>                                    OWN_ROWS x GROUPS x V sums, V neighbours from column(g) on
#pragma once
#include "tile.cuh"

constexpr int ROWS = 112;               // Shapes.ATTENTION_ROWS
constexpr int COLS = 56;                // half of ROWS
constexpr int ATTENTION_THREADS = 224;  // AttentionKernels.TILE_THREADS, two for each row of ROWS
constexpr float LOG2_E = 1.4426950408889634f;
constexpr float LN_2 = 0.6931471805599453f;
constexpr unsigned int WARP = 0xffffffffu;

template <bool ADD>
__device__ __forceinline__ void write2(float* to, float first, float second) {
  const float2 was = ADD ? *reinterpret_cast<float2*>(to) : make_float2(0.0f, 0.0f);
  *reinterpret_cast<float2*>(to) = make_float2(was.x + first, was.y + second);
}

template <bool ADD>
__device__ __forceinline__ void write2(bf16* to, float first, float second) {
  unsigned int* word = reinterpret_cast<unsigned int*>(to);
  const unsigned int was = ADD ? *word : 0;
  *word = pack(first_of(was) + first, second_of(was) + second);
}

// One head of q, k, v or of a result or gradient: T rows of D floats, `pitch` apart.
template <class Float>
struct HeadOf {
  Float* data;
  int pitch, T, D;
  bool wide;

  __device__ __forceinline__ HeadOf(Float* data, int pitch, int T, int D)
      : data(data), pitch(pitch), T(T), D(D), wide(rows_aligned16(data, pitch)) {}

  __device__ __forceinline__ float4 fetch(int row, int d) const {
    return load4(data + (int64)row * pitch + d, row < T ? D - d : 0, wide);
  }

  // V neighbours, 2 or 4, to or onto row `row`.
  template <bool ADD, int V>
  __device__ __forceinline__ void write(int row, int d, const float (&v)[V]) const {
    const int left = row < T ? D - d : 0;
    Float* to = data + (int64)row * pitch + d;
    if constexpr (V == 4) {
      const float4 sum = make_float4(v[0], v[1], v[2], v[3]);
      store4(to, ADD ? load4(to, left, wide) + sum : sum, left, wide);
    } else if (wide && left >= 2) {
      write2<ADD>(to, v[0], v[1]);
    } else {
      for (int k = 0; k < 2; k++) {
        if (k < left) {
          store1(to + k, ADD ? load1(to + k) + v[k] : v[k]);
        }
      }
    }
  }
};

using Head = HeadOf<const Stored>;

__device__ __forceinline__ int lane_of() { return threadIdx.x & 31; }
__device__ __forceinline__ int warp_of() { return threadIdx.x >> 5; }

#ifdef TENSOR_CORES
#include "attention_mma.cuh"
#else
#include "attention_fma.cuh"
#endif

// Sum and maximum over the lanes that share a row.
__device__ __forceinline__ float row_sum(float v) {
  for (int lane = ROW_LANES / 2; lane > 0; lane >>= 1) {
    v += __shfl_xor_sync(WARP, v, lane);
  }
  return v;
}

__device__ __forceinline__ float row_max(float v) {
  for (int lane = ROW_LANES / 2; lane > 0; lane >>= 1) {
    v = fmaxf(v, __shfl_xor_sync(WARP, v, lane));
  }
  return v;
}
