// lstm_resident_mma.cuh's backward pass on GPUs that have clusters. The four blocks that share 80 units, a chunk of K
// each, are a cluster: what a chunk adds to dh stays in shared memory, where the others read it behind a barrier of
// the cluster. So a step has one barrier over the grid and leaves nothing in L2 but gradients. Sums have the order
// that they have there, hence the same bits.
//
// The blocks of a cluster run in one GPC. An H100 has 8 of them, of which each may have up to three multiprocessors
// too few for another cluster: of 132, 27 clusters find room for certain. 80 units of H = 1024 take 13, twice for two
// halves of a batch; 64 units would take 16.
#pragma once
#include "lstm/lstm_held.cuh"

constexpr int BLOCKS = 4;  // of a cluster
constexpr int HELD = 80;   // units of one

// The two sums that lie there in the block of this rank.
__device__ __forceinline__ float2 load_pair_of(int rank, const float* own) {
  float2 v;
  asm volatile(
      "{.reg .u32 there; mapa.shared::cluster.u32 there, %2, %3;"
      " ld.shared::cluster.v2.f32 {%0, %1}, [there];}"
      : "=f"(v.x), "=f"(v.y)
      : "r"((unsigned int)__cvta_generic_to_shared(own)), "r"(rank)
      : "memory");
  return v;
}

template <int N>
__device__ __forceinline__ void resident_backward(const bf16* __restrict__ wh,
                                                  const float* __restrict__ c, bf16* gates,
                                                  bf16* dh, float* dc, int T, int B, int H) {
  extern __shared__ float4 room[];
  float* slices = reinterpret_cast<float*>(room);
  const auto cluster = cooperative_groups::this_cluster();
  const int across = (H + HELD - 1) / HELD;
  const int chunks = (4 * H + DEPTH - 1) / DEPTH;
  const int chunk = blockIdx.x % BLOCKS;
  const int row0 = blockIdx.x / (across * BLOCKS) * 8 * N;
  const int unit0 = blockIdx.x / BLOCKS % across * HELD;
  const int k0 = chunk * DEPTH;
  const int64 state = (int64)B * H;
  const Held<HELD> w(UnitColumns{wh, unit0, k0, H});
  for (int t = T - 1; t >= 0; t--) {
    const int64 now = t * state;
    const bool last = t + 1 == T;
    if (!last) {
      const bf16* after = gates + 4 * (now + state + (int64)row0 * H) + k0;
      multiply<N>(w, after, 4 * H, B - row0, 4 * H - k0, slices);
      for (int i = threadIdx.x; i < 8 * N * HELD / 4; i += THREADS) {
        const int local = i / (HELD / 4);
        const int four = i % (HELD / 4) * 4;
        *reinterpret_cast<float4*>(slices + local * PITCH<HELD> + four) =
            add_slices<N, HELD>(slices, local, four);
      }
      cluster.sync();
    }
    for (int i = chunk * THREADS + threadIdx.x; i < 8 * N * HELD / 2; i += BLOCKS * THREADS) {
      const int local = i / (HELD / 2);
      const int held = i % (HELD / 2) * 2;
      const int row = row0 + local;
      const int unit = unit0 + held;
      if (row >= B || unit >= H) {
        continue;
      }
      const int64 in_step = (int64)row * H + unit;
      const int64 at = now + in_step;
      bf16* gate = gates + 4 * (now + (int64)row * H) + unit;
      const PairState pair(c + at, gate, dc + in_step, state, H);
      const Word given = *reinterpret_cast<const Word*>(dh + at);
      float2 whole = make_float2(first_of(given), second_of(given));
      if (!last) {
        float2 part[BLOCKS];
#pragma unroll
        for (int k = 0; k < BLOCKS; k++) {
          part[k] = load_pair_of(k, slices + local * PITCH<HELD> + held);
        }
#pragma unroll
        for (int k = 0; k < BLOCKS; k++) {
          if (k < chunks) {
            whole.x += part[k].x;
            whole.y += part[k].y;
          }
        }
        store_pair(dh + at, whole.x, whole.y);
      }
      pair.backward(whole, gate, dc + in_step, H);
    }
    cluster.barrier_arrive();
    if (t > 0) {
      cooperative_groups::this_grid().sync();
    }
    cluster.barrier_wait();  // nobody reads this block's sums any more
  }
}

// `rows`: of the batch, of a block. There are blocks for all of it.
#define RESIDENT(rows)                                                                             \
  extern "C" __global__ void __cluster_dims__(BLOCKS) __launch_bounds__(THREADS, 1) IN_STORAGE(    \
      lstm_resident_rows_##rows##_backward_cluster)(const bf16* __restrict__ wh,                   \
                                                    const float* __restrict__ c, bf16* gates,      \
                                                    bf16* dh, float* dc, int T, int B, int H) {    \
    resident_backward<rows / 8>(wh, c, gates, dh, dc, T, B, H);                                    \
  }

RESIDENT(8)
RESIDENT(16)
RESIDENT(32)
