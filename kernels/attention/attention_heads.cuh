// The heads of q, k, v, of results and gradients, and where a block of attention has its rows in one.
#pragma once
#include "tile/tile.cuh"

constexpr float LOG2_E = 1.4426950408889634f;
constexpr float LN_2 = 0.6931471805599453f;
constexpr unsigned int WARP = 0xffffffffu;

__device__ __forceinline__ int lane_of() { return threadIdx.x & 31; }
__device__ __forceinline__ int warp_of() { return threadIdx.x >> 5; }

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

struct Sizes {
  int B, T, H, D;
};

// The block's head and first row.
struct Place {
  int b, h, row0;
};

// The block's head of (B,T,3C): which = 0, 1, 2 for q, k, v.
template <class Float>
__device__ __forceinline__ HeadOf<Float> part_of(Float* qkv, const Sizes& n, const Place& at,
                                                 int which) {
  const int C = n.H * n.D;
  return {qkv + (int64)at.b * n.T * 3 * C + which * C + at.h * n.D, 3 * C, n.T, n.D};
}

// The block's head of (B,T,C).
template <class Float>
__device__ __forceinline__ HeadOf<Float> head_of(Float* y, const Sizes& n, const Place& at) {
  const int C = n.H * n.D;
  return {y + (int64)at.b * n.T * C + at.h * n.D, C, n.T, n.D};
}

// What is subtracted from a row's scores in base 2; for a row of nothing but -inf, what makes p = 0.
__device__ __forceinline__ float shift_of(float lse) {
  return lse == -INFINITY ? INFINITY : lse * LOG2_E;
}
