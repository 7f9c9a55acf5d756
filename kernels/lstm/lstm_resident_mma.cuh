// What lstm_resident.cu is for activations in bf16: all steps of an LSTM's recurrence in one cooperative launch, on
// tensor cores. wh (4H,H), h (T+1,B,H), gates (T,B,4H) and dh (T,B,H) are bf16; c (T+1,B,H), dc (B,H) and every sum
// are fp32. H is a multiple of 8 and all tensors are aligned to 16 bytes.
//
// A block holds 64 rows of weights, 1024 k of each, in the registers of its 8 warps for the whole sequence: the left
// factor of each mma. The right one comes from L2 straight into registers, since h and the gates' gradients lie as an
// mma reads them: k in a row. A warp owns every eighth 32 k, so a block reads each number once. Its 8 sums are added
// in order through shared memory. How many rows of the batch a block multiplies at once (8, 16, 32) and how many
// blocks share the batch changes no sum, so the bits depend on neither.
//
// Forward the 64 rows are the four gates of 16 units. Backward they are columns of wh, 64 units, and K, which is 4H,
// is cut into chunks of 1024, a block each: the blocks leave what each chunk adds, and behind a barrier over the
// grid each adds up, in order, a part of the units. So a step reads the gates' gradients H / 64 times, not H / 16.
#pragma once
#include <cooperative_groups.h>
#include "lstm/lstm.cuh"
#include "tile/mma.cuh"

constexpr int WARPS = 8;
constexpr int THREADS = 32 * WARPS;
constexpr int HELD = 64;          // rows of weights of a block
constexpr int UNITS = HELD / 4;   // whose four gates they are
constexpr int TILES = HELD / 16;  // of an mma
constexpr int SPAN = 32;          // k that a warp takes at once: 16 bytes a lane, two mma
constexpr int SPANS = 4;          // of a warp
constexpr int DEPTH = WARPS * SPANS * SPAN;
constexpr int PITCH = HELD + 4;  // lanes that store a column of sums meet no bank twice

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

// Weights as the mma of a warp take them.
struct Held {
  Word a[SPANS][2][TILES][4];

  // eight(row, k): weights k .. k + 7 of one of the 64 rows, 0 where there are none.
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
template <int N>
__device__ __forceinline__ void multiply(const Held& w, const bf16* x, int pitch, int rows, int K,
                                         float* slices) {
  constexpr int PART = N < 2 ? N : 2;  // of N that are summed at once, while the next are fetched
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
  float* to = slices + ((threadIdx.x >> 5) * 8 * N + 2 * (threadIdx.x & 3)) * PITCH + row_of_lane();
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
        float* at = to + (n + part) * 8 * PITCH + tile * 16;
        at[0] = sum[part][tile][0];
        at[PITCH] = sum[part][tile][1];
        at[8] = sum[part][tile][2];
        at[PITCH + 8] = sum[part][tile][3];
      }
#pragma unroll
      for (int span = 0; span < SPANS; span++) {
        now[part][span] = next[part][span];
      }
    }
  }
  __syncthreads();
}

// The sums of four of the 64 for a row.
template <int N>
__device__ __forceinline__ float4 add_slices(const float* slices, int row, int held) {
  float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll
  for (int warp = 0; warp < WARPS; warp++) {
    sum = sum + *reinterpret_cast<const float4*>(slices + (warp * 8 * N + row) * PITCH + held);
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

// Row 32·s + 4·p + gate is that of unit 2·p + s, so that a thread finds the gates of two neighbours in two pieces
// that other threads' pieces lie beside.
struct GateRows {
  const bf16* wh;
  int unit0, H;

  __device__ __forceinline__ uint4 operator()(int row, int k) const {
    const int unit = unit0 + row % (HELD / 2) / 4 * 2 + row / (HELD / 2);
    return eight_shared_by_grid(wh + ((int64)(row % 4) * H + unit) * H + k, unit < H && k < H);
  }
};

template <int N>
__device__ __forceinline__ void resident(const bf16* __restrict__ wh, bf16* h, float* c,
                                         bf16* gates, int T, int B, int H) {
  extern __shared__ float4 room[];
  float* slices = reinterpret_cast<float*>(room);
  const int across = (H + UNITS - 1) / UNITS;
  const int first_row = blockIdx.x / across * 8 * N;
  const int rows = gridDim.x / across * 8 * N;  // that the blocks of a unit take at once
  const int unit0 = blockIdx.x % across * UNITS;
  const Held w(GateRows{wh, unit0, H});
  const int pair = threadIdx.x % (UNITS / 2);
  const int unit = unit0 + 2 * pair;
  for (int t = 0; t < T; t++) {
    const int64 now = (int64)t * B * H;
    for (int row0 = first_row; row0 < B; row0 += rows) {
      multiply<N>(w, h + now + (int64)row0 * H, H, B - row0, H, slices);
      const int local = threadIdx.x / (UNITS / 2);
      const int row = row0 + local;
      if (local < 8 * N && row < B && unit < H) {
        const int64 at = now + (int64)row * H + unit;
        bf16* gate = gates + 4 * (now + (int64)row * H) + unit;
        const PairOfGates before = load_pair(gate, H);
        const float2 state = load_pair(c + at);
        const LstmCell first =
            lstm_cell(before.first + add_slices<N>(slices, local, 4 * pair), state.x);
        const LstmCell second =
            lstm_cell(before.second + add_slices<N>(slices, local, HELD / 2 + 4 * pair), state.y);
        store_pair(gate, H, {first.gates, second.gates});
        store_pair(c + at + (int64)B * H, first.c, second.c);
        store_pair(h + at + (int64)B * H, first.h, second.h);
      }
      __syncthreads();  // the slices are read
    }
    if (t + 1 < T) {
      cooperative_groups::this_grid().sync();
    }
  }
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

// partial (chunks,B,H): what each chunk of K adds to dh at a step.
template <int N>
__device__ __forceinline__ void
resident_backward(const bf16* __restrict__ wh, const float* __restrict__ c, bf16* gates, bf16* dh,
                  float* dc, float* partial, int T, int B, int H) {
  extern __shared__ float4 room[];
  float* slices = reinterpret_cast<float*>(room);
  const int across = (H + HELD - 1) / HELD;
  const int chunks = (4 * H + DEPTH - 1) / DEPTH;
  const int chunk = blockIdx.x / across % chunks;
  const int first_row = blockIdx.x / (across * chunks) * 8 * N;
  const int rows = gridDim.x / (across * chunks) * 8 * N;
  const int unit0 = blockIdx.x % across * HELD;
  const int k0 = chunk * DEPTH;
  const int64 state = (int64)B * H;
  const Held w(UnitColumns{wh, unit0, k0, H});
  for (int t = T - 1; t >= 0; t--) {
    const int64 now = t * state;
    const bool last = t + 1 == T;
    if (!last) {
      const bf16* after = gates + 4 * (now + state) + k0;
      for (int row0 = first_row; row0 < B; row0 += rows) {
        multiply<N>(w, after + (int64)row0 * 4 * H, 4 * H, B - row0, 4 * H - k0, slices);
        for (int i = threadIdx.x; i < 8 * N * HELD / 4; i += THREADS) {
          const int local = i / (HELD / 4);
          const int four = i % (HELD / 4) * 4;
          if (row0 + local < B && unit0 + four < H) {
            float* to = partial + chunk * state + (int64)(row0 + local) * H + unit0 + four;
            __stcg(reinterpret_cast<float4*>(to), add_slices<N>(slices, local, four));
          }
        }
        __syncthreads();  // the slices are read
      }
      cooperative_groups::this_grid().sync();
    }
    for (int row0 = first_row; row0 < B; row0 += rows) {
      for (int i = chunk * THREADS + threadIdx.x; i < 8 * N * HELD / 2; i += chunks * THREADS) {
        const int row = row0 + i / (HELD / 2);
        const int unit = unit0 + i % (HELD / 2) * 2;
        if (row >= B || unit >= H) {
          continue;
        }
        const int64 in_step = (int64)row * H + unit;
        const int64 at = now + in_step;
        const Word given = *reinterpret_cast<const Word*>(dh + at);
        float2 whole = make_float2(first_of(given), second_of(given));
        if (!last) {
          for (int k = 0; k < chunks; k++) {
            const float2 part =
                __ldcg(reinterpret_cast<const float2*>(partial + k * state + in_step));
            whole.x += part.x;
            whole.y += part.y;
          }
          store_pair(dh + at, whole.x, whole.y);
        }
        bf16* gate = gates + 4 * (now + (int64)row * H) + unit;
        const PairOfGates open = load_pair(gate, H);
        const float2 before = load_pair(c + at);
        const float2 next = load_pair(c + at + state);
        const float2 slope = load_pair(dc + in_step);
        const LstmSlopes first = lstm_slopes(open.first, before.x, next.x, whole.x, slope.x);
        const LstmSlopes second = lstm_slopes(open.second, before.y, next.y, whole.y, slope.y);
        store_pair(gate, H, {first.gates, second.gates});
        store_pair(dc + in_step, first.dc, second.dc);
      }
    }
    if (t > 0) {
      cooperative_groups::this_grid().sync();
    }
  }
}

// `rows`: of the batch, that a block multiplies at once.
#define RESIDENT(rows)                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) IN_STORAGE(lstm_resident_rows_##rows)(  \
      const bf16* __restrict__ wh, bf16* h, float* c, bf16* gates, int T, int B, int H) {          \
    resident<rows / 8>(wh, h, c, gates, T, B, H);                                                  \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) IN_STORAGE(                             \
      lstm_resident_rows_##rows##_backward)(const bf16* __restrict__ wh,                           \
                                            const float* __restrict__ c, bf16* gates, bf16* dh,    \
                                            float* dc, float* partial, int T, int B, int H) {      \
    resident_backward<rows / 8>(wh, c, gates, dh, dc, partial, T, B, H);                           \
  }

RESIDENT(8)
RESIDENT(16)
RESIDENT(32)
