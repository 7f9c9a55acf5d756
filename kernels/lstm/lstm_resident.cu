// All steps of an LSTM's recurrence in one cooperative launch: wh (4H,H), h and c (T+1,B,H), gates
// (T,B,4H). A block owns UNITS hidden units and keeps their weights on the chip for the whole sequence, so a
// step reads the state and nothing else; a barrier over the grid ends it.
//
// Weights are cut into stages of 64 k. The first `stages` of them lie in shared memory; of 10 units the last
// few lie in registers, of all threads together, and are put into a small buffer when their turn comes. All
// blocks must run at once, one per multiprocessor. 8 units of H = 1024 take 128 KB and 128 multiprocessors,
// as an H100 has (132). 10 units take 103, which an A100 has (108), and 160 KB, of which 130 KB are in shared
// memory beside the 27 KB of buffers: up to H = 1080. What does not fit is lstm.cu's.
//
// The block's threads, 32 for a unit, multiply 64 rows by COLS resident columns (forward: the 4 gate columns
// of each unit, K = H; backward: its column of wh, K = 4H), 4 x 4 or 4 x 2 of the result in registers. Where
// that takes not all threads, the others take another slice of each stage's k, and the slices are added in
// order. No atomics but the barrier's own: the same launch gives the same bits.
//
// This is for fp32. In bf16 it is lstm_resident_mma.cuh, and on clusters lstm_resident_cluster.cuh.
#if defined(CLUSTER)
#include "lstm/lstm_resident_cluster.cuh"
#elif defined(BF16)
#include "lstm/lstm_resident_mma.cuh"
#else
#include "lstm/lstm_resident.cuh"

using Backward8 = Share<8, 8, 0>;
using Backward10 = Share<10, 10, 12>;

template <class S>
struct UnitColumns {
  const float* wh;
  int unit0, H;

  __device__ __forceinline__ float operator()(int k, int column) const {
    const int unit = unit0 + column;
    return k < 4 * H && unit < H ? load1(wh + (int64)k * H + unit) : 0.0f;
  }

  __device__ __forceinline__ void place(float* shared, int i, int) const {
    shared[i] = (*this)(i / S::COLS, i % S::COLS);
  }
};

template <class S>
__device__ __forceinline__ void resident(const float* __restrict__ wh, float* h, float* c,
                                         float* gates, int T, int B, int H, int stages) {
  extern __shared__ float4 room[];
  float* shared = reinterpret_cast<float*>(room);
  float* buffers = shared + stages * S::STAGE;
  const int unit0 = blockIdx.x * S::UNITS;
  const Weights<S> w(shared, stages, GateColumns<S>{wh, unit0, H});
  for (int t = 0; t < T; t++) {
    const int64 now = (int64)t * B * H;
    for (int row0 = 0; row0 < B; row0 += ROWS) {
      resident_product<S>(Staged(h + now + (int64)row0 * H, H, B - row0, H), w, buffers);
      each_unit<S>(row0, B, unit0, H, [&](int row, int u, int local) {
        const int64 at = now + (int64)row * H + unit0 + u;
        float* gate = gates + 4 * (now + (int64)row * H) + unit0 + u;
        const float4 sum = load_gates(gate, H) + gate_product<S>(buffers, local, u);
        const LstmCell cell = lstm_cell(sum, c[at]);
        store_gates(gate, H, cell.gates);
        c[at + (int64)B * H] = cell.c;
        store1(h + at + (int64)B * H, cell.h);
      });
    }
    if (t + 1 < T) {
      cooperative_groups::this_grid().sync();
    }
  }
}

// dh (T,B,H), dc (B,H)
template <class S>
__device__ __forceinline__ void
resident_backward(const float* __restrict__ wh, const float* __restrict__ c, float* gates,
                  float* dh, float* dc, int T, int B, int H, int stages) {
  extern __shared__ float4 room[];
  float* shared = reinterpret_cast<float*>(room);
  float* buffers = shared + stages * S::STAGE;
  const int unit0 = blockIdx.x * S::UNITS;
  const Weights<S> w(shared, stages, UnitColumns<S>{wh, unit0, H});
  for (int t = T - 1; t >= 0; t--) {
    const int64 now = (int64)t * B * H;
    for (int row0 = 0; row0 < B; row0 += ROWS) {
      if (t + 1 < T) {
        const float* after = gates + 4 * (now + (int64)(B + row0) * H);
        resident_product<S>(Staged(after, 4 * H, B - row0, 4 * H), w, buffers);
      }
      each_unit<S>(row0, B, unit0, H, [&](int row, int u, int local) {
        const int64 in_step = (int64)row * H + unit0 + u;
        const int64 at = now + in_step;
        float* gate = gates + 4 * (now + (int64)row * H) + unit0 + u;
        float whole = load1(dh + at);
        if (t + 1 < T) {
          for (int slice = 0; slice < S::SLICES; slice++) {
            whole += buffers[(slice * ROWS + local) * S::COLS + u];
          }
          store1(dh + at, whole);
        }
        const LstmSlopes d =
            lstm_slopes(load_gates(gate, H), c[at], c[at + (int64)B * H], whole, dc[in_step]);
        store_gates(gate, H, d.gates);
        dc[in_step] = d.dc;
      });
    }
    if (t > 0) {
      cooperative_groups::this_grid().sync();
    }
  }
}

#define RESIDENT(units)                                                                            \
  extern "C" __global__ void __launch_bounds__(Forward##units::THREADS, 1) lstm_resident_##units(  \
      const float* __restrict__ wh, float* h, float* c, float* gates, int T, int B, int H,         \
      int stages) {                                                                                \
    resident<Forward##units>(wh, h, c, gates, T, B, H, stages);                                    \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(Backward##units::THREADS, 1)                        \
      lstm_resident_##units##_backward(const float* __restrict__ wh, const float* __restrict__ c,  \
                                       float* gates, float* dh, float* dc, int T, int B, int H,    \
                                       int stages) {                                               \
    resident_backward<Backward##units>(wh, c, gates, dh, dc, T, B, H, stages);                     \
  }

RESIDENT(8)
RESIDENT(10)

#endif
