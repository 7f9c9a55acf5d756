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
#include "lstm/lstm_held.cuh"

constexpr int HELD = 64;         // rows of weights of a block
constexpr int UNITS = HELD / 4;  // whose four gates they are

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
  const Held<HELD> w(GateRows{wh, unit0, H});
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
            lstm_cell(before.first + add_slices<N, HELD>(slices, local, 4 * pair), state.x);
        const LstmCell second = lstm_cell(
            before.second + add_slices<N, HELD>(slices, local, HELD / 2 + 4 * pair), state.y);
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
  const Held<HELD> w(UnitColumns{wh, unit0, k0, H});
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
            __stcg(reinterpret_cast<float4*>(to), add_slices<N, HELD>(slices, local, four));
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
        const PairState pair(c + at, gate, dc + in_step, state, H);
        pair.backward(whole, gate, dc + in_step, H);
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
