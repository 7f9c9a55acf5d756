// All steps of an LSTM's recurrence in one cooperative launch: wh (4H,H), h and c (T+1,B,H), gates
// (T,B,4H). A block owns 8 hidden units and keeps their weights in shared memory for the whole sequence
// (128 KB at H = 1024), so a step reads the state and nothing else; a barrier over the grid ends it.
//
// The block's 256 threads multiply 64 rows by COLS resident columns (forward: the 32 gate columns of its
// units, K = H; backward: their 8 columns of wh, K = 4H), each 4 x 4 in registers. COLS/4 · 16 threads
// cover the result; the others take another slice of the 64 k that are staged at a time, and the slices
// are added in order. No atomics but the barrier's own: the same launch gives the same bits.
#include <cooperative_groups.h>
#include "lstm.cuh"

constexpr int THREADS = 256;
constexpr int UNITS = 8;
constexpr int ROWS = 64;
constexpr int DEPTH = 64;
constexpr int PITCH = ROWS + 4;  // 16-byte alignment, and fewer conflicts when storing transposed
constexpr int LOADS = ROWS * DEPTH / 4 / THREADS;

// What other blocks wrote in this launch must not come from this multiprocessor's own L1.
__device__ __forceinline__ float4 load4_shared_by_grid(const float* p, int left, bool wide) {
  if (wide && left >= 4) {
    return __ldcg(reinterpret_cast<const float4*>(p));
  }
  float4 v = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (left > 0) v.x = __ldcg(p);
  if (left > 1) v.y = __ldcg(p + 1);
  if (left > 2) v.z = __ldcg(p + 2);
  if (left > 3) v.w = __ldcg(p + 3);
  return v;
}

// Rows of x (rows,K), 64 k at a time; four threads read 64 bytes of a row.
struct Staged {
  const float* x;
  int pitch, rows, K;
  bool wide;

  __device__ __forceinline__ Staged(const float* x, int pitch, int rows, int K)
      : x(x), pitch(pitch), rows(rows), K(K), wide(rows_aligned16(x, pitch)) {}

  __device__ __forceinline__ void fetch(int k0, float4 (&v)[LOADS]) const {
    const int row = threadIdx.x >> 2;
    for (int i = 0; i < LOADS; i++) {
      const int k = k0 + i * 16 + (threadIdx.x & 3) * 4;
      v[i] = load4_shared_by_grid(x + (int64)row * pitch + k, row < rows ? K - k : 0, wide);
    }
  }

  __device__ __forceinline__ void place(float (*stage)[PITCH], const float4 (&v)[LOADS]) const {
    const int row = threadIdx.x >> 2;
    for (int i = 0; i < LOADS; i++) {
      const int k = i * 16 + (threadIdx.x & 3) * 4;
      stage[k][row] = v[i].x;
      stage[k + 1][row] = v[i].y;
      stage[k + 2][row] = v[i].z;
      stage[k + 3][row] = v[i].w;
    }
  }
};

// slices[s][row][col] = slice s of x·w for w [K, rounded up to 64][COLS] in shared memory. `stage` holds the
// inputs while it multiplies and then the result; all threads have passed a barrier when it returns.
template <int COLS>
__device__ __forceinline__ void resident_product(const Staged& x, const float* w, float* stage) {
  constexpr int QUADS = COLS / 4;
  constexpr int SLICES = THREADS / (QUADS * ROWS / 4);
  constexpr int SLICE_DEPTH = DEPTH / SLICES;
  float(*in)[PITCH] = reinterpret_cast<float(*)[PITCH]>(stage);
  const int col = threadIdx.x % QUADS * 4;
  const int row = threadIdx.x / QUADS % (ROWS / 4) * 4;
  const int slice = threadIdx.x / (QUADS * ROWS / 4);
  float sum[4][4] = {};
  float4 next[LOADS];
  x.fetch(0, next);
  for (int k0 = 0; k0 < x.K; k0 += DEPTH) {
    __syncthreads();  // the last round, or whoever used `stage` before, is done
    x.place(in, next);
    __syncthreads();
    if (k0 + DEPTH < x.K) {
      x.fetch(k0 + DEPTH, next);
    }
    const int end = min((slice + 1) * SLICE_DEPTH, x.K - k0);
#pragma unroll 8
    for (int k = slice * SLICE_DEPTH; k < end; k++) {
      const float4 a = *reinterpret_cast<const float4*>(&in[k][row]);
      const float4 b = *reinterpret_cast<const float4*>(w + (k0 + k) * COLS + col);
      const float av[4] = {a.x, a.y, a.z, a.w};
      const float bv[4] = {b.x, b.y, b.z, b.w};
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          sum[i][j] = fmaf(av[i], bv[j], sum[i][j]);
        }
      }
    }
  }
  __syncthreads();
  for (int i = 0; i < 4; i++) {
    *reinterpret_cast<float4*>(stage + (slice * ROWS + row + i) * COLS + col) =
        make_float4(sum[i][0], sum[i][1], sum[i][2], sum[i][3]);
  }
  __syncthreads();
}

__device__ __forceinline__ int padded(int K) { return (K + DEPTH - 1) / DEPTH * DEPTH; }

// Calls unit(row, u, local row) for 64 rows x 8 units, two of them per thread, always the same ones.
template <class Unit>
__device__ __forceinline__ void each_unit(int row0, int rows, int unit0, int H, const Unit& unit) {
  for (int i = threadIdx.x; i < ROWS * UNITS; i += THREADS) {
    const int row = i / UNITS;
    const int u = i % UNITS;
    if (row0 + row < rows && unit0 + u < H) {
      unit(row0 + row, u, row);
    }
  }
}

extern "C" __global__ void __launch_bounds__(THREADS, 1)
lstm_resident(const float* __restrict__ wh, float* h, float* c, float* gates, int T, int B, int H) {
  extern __shared__ float4 room[];
  float* w = reinterpret_cast<float*>(room);
  constexpr int COLS = 4 * UNITS;
  const int K = padded(H);
  float* stage = w + K * COLS;
  const int unit0 = blockIdx.x * UNITS;
  for (int i = threadIdx.x; i < K * COLS; i += THREADS) {  // w[k][4·unit + gate]
    const int k = i % K;
    const int column = i / K;
    const int unit = unit0 + column / 4;
    const bool exists = k < H && unit < H;
    w[k * COLS + column] = exists ? wh[((int64)(column % 4) * H + unit) * H + k] : 0.0f;
  }
  for (int t = 0; t < T; t++) {
    const int64 now = (int64)t * B * H;
    for (int row0 = 0; row0 < B; row0 += ROWS) {
      resident_product<COLS>(Staged(h + now + (int64)row0 * H, H, B - row0, H), w, stage);
      each_unit(row0, B, unit0, H, [&](int row, int u, int local) {
        const int64 at = now + (int64)row * H + unit0 + u;
        float* gate = gates + 4 * (now + (int64)row * H) + unit0 + u;
        const float4* part = reinterpret_cast<const float4*>(stage + local * COLS + u * 4);
        const float4 sum = load_gates(gate, H) + part[0] + part[ROWS * COLS / 4];
        const LstmCell cell = lstm_cell(sum, c[at]);
        store_gates(gate, H, cell.gates);
        c[at + (int64)B * H] = cell.c;
        h[at + (int64)B * H] = cell.h;
      });
    }
    if (t + 1 < T) {
      cooperative_groups::this_grid().sync();
    }
  }
}

// dh (T,B,H), dc (B,H)
extern "C" __global__ void __launch_bounds__(THREADS, 1)
lstm_resident_backward(const float* __restrict__ wh, const float* __restrict__ c, float* gates,
                       float* dh, float* dc, int T, int B, int H) {
  extern __shared__ float4 room[];
  float* w = reinterpret_cast<float*>(room);
  constexpr int COLS = UNITS;
  const int K = padded(4 * H);
  float* stage = w + K * COLS;
  const int unit0 = blockIdx.x * UNITS;
  for (int i = threadIdx.x; i < K * COLS; i += THREADS) {  // w[k][unit]
    const int k = i / COLS;
    const int unit = unit0 + i % COLS;
    w[i] = k < 4 * H && unit < H ? wh[(int64)k * H + unit] : 0.0f;
  }
  for (int t = T - 1; t >= 0; t--) {
    const int64 now = (int64)t * B * H;
    for (int row0 = 0; row0 < B; row0 += ROWS) {
      if (t + 1 < T) {
        const float* after = gates + 4 * (now + (int64)(B + row0) * H);
        resident_product<COLS>(Staged(after, 4 * H, B - row0, 4 * H), w, stage);
      }
      each_unit(row0, B, unit0, H, [&](int row, int u, int local) {
        const int64 in_step = (int64)row * H + unit0 + u;
        const int64 at = now + in_step;
        float* gate = gates + 4 * (now + (int64)row * H) + unit0 + u;
        float whole = dh[at];
        if (t + 1 < T) {
          for (int slice = 0; slice < ROWS / COLS; slice++) {
            whole += stage[(slice * ROWS + local) * COLS + u];
          }
          dh[at] = whole;
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
