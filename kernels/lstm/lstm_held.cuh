// What kernels share that hold the weights of an LSTM in registers in bf16: see lstm_resident_mma.cuh.
#pragma once
#include <cooperative_groups.h>
#include "lstm/lstm.cuh"
#include "tile/mma.cuh"

constexpr int WARPS = 8;
constexpr int THREADS = 32 * WARPS;
constexpr int SPAN = 32;  // k that a warp takes at once: 16 bytes a lane, two mma
constexpr int SPANS = 4;  // of a warp
constexpr int DEPTH = WARPS * SPANS * SPAN;

// Of a row of HELD sums: lanes that store a column of them meet no bank twice.
template <int HELD>
constexpr int PITCH = HELD + 4;

// The first k of the lane's eight in a span of its warp. Lane 4g + t takes eight in a row, the words t and t + 4 of
// two mma: the order of k within a sum is free, as long as both factors have the same.
__device__ __forceinline__ int first_k(int span) {
  return (span * WARPS + (threadIdx.x >> 5)) * SPAN + (threadIdx.x & 3) * 8;
}

__device__ __forceinline__ int row_of_lane() { return (threadIdx.x & 31) >> 2; }

// What other blocks wrote in this launch must not come from this multiprocessor's own L1.
__device__ __forceinline__ uint4 eight_shared_by_grid(const bf16* p, bool there) {
  return there ? __ldcg(reinterpret_cast<const uint4*>(p)) : make_uint4(0, 0, 0, 0);
}

// HELD rows of weights as the mma of a warp take them.
template <int HELD>
struct Held {
  static constexpr int TILES = HELD / 16;  // of an mma
  Word a[SPANS][2][TILES][4];

  // eight(row, k): weights k .. k + 7 of a row, 0 where there are none.
  template <class Eight>
  __device__ __forceinline__ Held(const Eight& eight) {
#pragma unroll
    for (int span = 0; span < SPANS; span++) {
#pragma unroll
      for (int tile = 0; tile < TILES; tile++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const uint4 w = eight(tile * 16 + half * 8 + row_of_lane(), first_k(span));
          a[span][0][tile][half] = w.x;
          a[span][0][tile][half + 2] = w.y;
          a[span][1][tile][half] = w.z;
          a[span][1][tile][half + 2] = w.w;
        }
      }
    }
  }
};

// slices[warp][row][held row] = the warp's part of x·wᵀ for 8·N rows of x, of which `rows` exist, with K <= 1024
// numbers each. All threads have passed a barrier when it begins and when it returns.
template <int N, int HELD>
__device__ __forceinline__ void multiply(const Held<HELD>& w, const bf16* x, int pitch, int rows,
                                         int K, float* slices) {
  constexpr int TILES = Held<HELD>::TILES;
  // Of N that are summed at once, while the next are fetched, as registers allow.
  constexpr int PART = N < 2 || HELD > 64 ? 1 : 2;
  const auto fetch = [&](int n, uint4(&to)[PART][SPANS]) {
#pragma unroll
    for (int part = 0; part < PART; part++) {
      const int row = (n + part) * 8 + row_of_lane();
      const bf16* from = x + (int64)row * pitch;
#pragma unroll
      for (int span = 0; span < SPANS; span++) {
        const int k = first_k(span);
        to[part][span] = eight_shared_by_grid(from + k, row < rows && k < K);
      }
    }
  };
  uint4 now[PART][SPANS];
  fetch(0, now);
  float* to =
      slices + ((threadIdx.x >> 5) * 8 * N + 2 * (threadIdx.x & 3)) * PITCH<HELD> + row_of_lane();
#pragma unroll
  for (int n = 0; n < N; n += PART) {
    uint4 next[PART][SPANS];
    if (n + PART < N) {
      fetch(n + PART, next);
    }
    float sum[PART][TILES][4] = {};
#pragma unroll
    for (int span = 0; span < SPANS; span++) {
      if ((span * WARPS + (threadIdx.x >> 5)) * SPAN < K) {
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
#pragma unroll
          for (int part = 0; part < PART; part++) {
            const uint4 b = now[part][span];
            const Word first[2] = {b.x, b.y}, second[2] = {b.z, b.w};
            Format::mma(sum[part][tile], w.a[span][0][tile], first);
            Format::mma(sum[part][tile], w.a[span][1][tile], second);
          }
        }
      }
    }
#pragma unroll
    for (int part = 0; part < PART; part++) {
#pragma unroll
      for (int tile = 0; tile < TILES; tile++) {
        float* at = to + (n + part) * 8 * PITCH<HELD> + tile * 16;
        at[0] = sum[part][tile][0];
        at[PITCH<HELD>] = sum[part][tile][1];
        at[8] = sum[part][tile][2];
        at[PITCH<HELD> + 8] = sum[part][tile][3];
      }
#pragma unroll
      for (int span = 0; span < SPANS; span++) {
        now[part][span] = next[part][span];
      }
    }
  }
  __syncthreads();
}

// The sums of four held rows for a row of x.
template <int N, int HELD>
__device__ __forceinline__ float4 add_slices(const float* slices, int row, int held) {
  float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll
  for (int warp = 0; warp < WARPS; warp++) {
    sum =
        sum + *reinterpret_cast<const float4*>(slices + (warp * 8 * N + row) * PITCH<HELD> + held);
  }
  return sum;
}

// Two neighbouring units at once: what lies in a word.
struct PairOfGates {
  float4 first, second;
};

__device__ __forceinline__ PairOfGates load_pair(const bf16* at, int H) {
  Word w[4];
#pragma unroll
  for (int gate = 0; gate < 4; gate++) {
    w[gate] = *reinterpret_cast<const Word*>(at + (int64)gate * H);
  }
  return {make_float4(first_of(w[0]), first_of(w[1]), first_of(w[2]), first_of(w[3])),
          make_float4(second_of(w[0]), second_of(w[1]), second_of(w[2]), second_of(w[3]))};
}

__device__ __forceinline__ void store_pair(bf16* at, float first, float second) {
  *reinterpret_cast<Word*>(at) = pack(first, second);
}

__device__ __forceinline__ void store_pair(bf16* at, int H, const PairOfGates& v) {
  store_pair(at, v.first.x, v.second.x);
  store_pair(at + H, v.first.y, v.second.y);
  store_pair(at + 2 * (int64)H, v.first.z, v.second.z);
  store_pair(at + 3 * (int64)H, v.first.w, v.second.w);
}

__device__ __forceinline__ float2 load_pair(const float* at) {
  return *reinterpret_cast<const float2*>(at);
}

// An intrinsic, since nvcc makes two stores of a plain one.
__device__ __forceinline__ void store_pair(float* at, float first, float second) {
  __stcg(reinterpret_cast<float2*>(at), make_float2(first, second));
}

// Row u is column unit0 + u of wh, from row k0 on.
struct UnitColumns {
  const bf16* wh;
  int unit0, k0, H;

  __device__ __forceinline__ uint4 operator()(int row, int k) const {
    const int unit = unit0 + row;
    const bf16* from = wh + (int64)(k0 + k) * H + unit;
    Word w[4];
#pragma unroll
    for (int word = 0; word < 4; word++) {
      w[word] = 0;
      if (unit < H && k0 + k < 4 * H) {
        const Word first = from[(int64)(2 * word) * H].bits;
        const Word second = from[(int64)(2 * word + 1) * H].bits;
        w[word] = first | second << 16;
      }
    }
    return make_uint4(w[0], w[1], w[2], w[3]);
  }
};

// What a step's gradients of two neighbouring units follow from, beside their dh.
struct PairState {
  PairOfGates open;
  float2 before, next, slope;

  // The next c lies `state` further.
  __device__ __forceinline__ PairState(const float* c, const bf16* gate, const float* dc,
                                       int64 state, int H)
      : open(load_pair(gate, H)), before(load_pair(c)), next(load_pair(c + state)),
        slope(load_pair(dc)) {}

  __device__ __forceinline__ void backward(float2 dh, bf16* gate, float* dc, int H) const {
    const LstmSlopes first = lstm_slopes(open.first, before.x, next.x, dh.x, slope.x);
    const LstmSlopes second = lstm_slopes(open.second, before.y, next.y, dh.y, slope.y);
    store_pair(gate, H, {first.gates, second.gates});
    store_pair(dc, first.dc, second.dc);
  }
};
