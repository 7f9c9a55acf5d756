// One step of an LSTM's recurrence per launch, for any size: h, c (T+1,B,H) and gates (T,B,4H) are given
// from the step on, wh (4H,H). The product goes through the tiles of tile.cuh and ends in the unit's new
// state, backwards in its gradients, so a step is one launch.
// lstm_resident.cu does all steps in one launch where the weights fit on the chip.
#include "lstm/lstm.cuh"
#include "tile/tile.cuh"

// Rows of wh in the order unit 0's i, f, g, o, unit 1's …: the four columns of a thread are one unit.
struct GateRows : Operand<true> {
  int hidden;
  __device__ __forceinline__ GateRows(const Stored* wh, int H)
      : Operand<true>(wh, H, 4 * H), hidden(H) {}

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    const int row = row0 + (threadIdx.x >> 1);
    const Stored* from = data + ((int64)(row & 3) * hidden + (row >> 2)) * pitch;
    for (int half = 0; half < 2; half++) {
      const int k = k0 + half * 8 + (threadIdx.x & 1) * 4;
      out[half] = load4(from + k, row < rows ? end - k : 0, wide);
    }
  }
};

struct LstmStep : Unmasked {
  Operand<true> a;
  GateRows b;
  int rows, cols, hidden;
  Stored *h, *gates;
  float* c;
  __device__ LstmStep(const Stored* wh, Stored* h, float* c, Stored* gates, int B, int H)
      : a(h, H, B), b(wh, H), rows(B), cols(4 * H), hidden(H), h(h), gates(gates), c(c) {}
  __device__ Span span(int, int) const { return {0, hidden, true}; }
  __device__ void finish(int row, int col, float4 sum) const {
    if (col < cols) {
      const int64 at = (int64)row * hidden + (col >> 2);
      const int64 next = (int64)rows * hidden + at;
      Stored* gate = gates + (int64)row * cols + (col >> 2);
      const LstmCell cell = lstm_cell(load_gates(gate, hidden) + sum, c[at]);
      store_gates(gate, hidden, cell.gates);
      c[next] = cell.c;
      store1(h + next, cell.h);
    }
  }
};

// The gradients of one unit at a step, where dh is whole.
__device__ __forceinline__ void unit_backward(const float* c, Stored* gates, const Stored* dh,
                                              float* dc, int row, int unit, int B, int H) {
  const int64 at = (int64)row * H + unit;
  Stored* gate = gates + (int64)row * 4 * H + unit;
  const LstmSlopes d =
      lstm_slopes(load_gates(gate, H), c[at], c[(int64)B * H + at], load1(dh + at), dc[at]);
  store_gates(gate, H, d.gates);
  dc[at] = d.dc;
}

// The product's threads hold 32 sums each in registers, which leave no room for the gradients of 32 units:
// they only complete dh, and read it again for them.
struct LstmStepBackward : Unmasked {
  Operand<true> a;
  Operand<false> b;
  int rows, cols;
  const float* c;
  Stored *gates, *dh;
  float* dc;
  __device__ LstmStepBackward(const Stored* wh, const float* c, Stored* gates, Stored* dh,
                              float* dc, int B, int H)
      : a(gates + (int64)B * 4 * H, 4 * H, B), b(wh, H, H), rows(B), cols(H), c(c), gates(gates),
        dh(dh), dc(dc) {}
  __device__ Span span(int, int) const { return {0, 4 * cols, true}; }
  __device__ void finish(int row, int col, float4 sum) const {
    const float sums[4] = {sum.x, sum.y, sum.z, sum.w};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      if (col + j < cols) {
        Stored* at = dh + (int64)row * cols + col + j;
        store1(at, load1(at) + sums[j]);
      }
    }
  }
};

extern "C" __global__ void BOUNDS_IN_BF16(TILE_THREADS, 6)
    IN_STORAGE(lstm_step)(const Stored* __restrict__ wh, Stored* h, float* c, Stored* gates,
                          float* __restrict__ partial, int B, int H, int chunk) {
  LstmStep p(wh, h, c, gates, B, H);
  tile_product(p, partial, chunk);
}

// Takes the gradients of the gates at the step after it, which lie behind its own.
extern "C" __global__ void __launch_bounds__(TILE_THREADS)
IN_STORAGE(lstm_step_backward)(const Stored* __restrict__ wh, const float* __restrict__ c,
                               Stored* gates, Stored* __restrict__ dh, float* __restrict__ dc,
                               float* __restrict__ partial, int B, int H, int chunk) {
  LstmStepBackward p(wh, c, gates, dh, dc, B, H);
  if (tile_product(p, partial, chunk)) {
    __syncthreads();  // the tile's dh is whole
    const int across = (H + TILE - 1) / TILE;
    const int row0 = blockIdx.x / across * TILE;
    const int col0 = blockIdx.x % across * TILE;
    for (int i = threadIdx.x; i < TILE * TILE; i += TILE_THREADS) {
      const int row = row0 + i / TILE;
      const int unit = col0 + i % TILE;
      if (row < B && unit < H) {
        unit_backward(c, gates, dh, dc, row, unit, B, H);
      }
    }
  }
}

// The last step, after which nothing comes.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(lstm_last_backward)(const float* __restrict__ c, Stored* __restrict__ gates,
                               const Stored* __restrict__ dh, float* __restrict__ dc, int B,
                               int H) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < (int64)B * H; i += stride) {
    unit_backward(c, gates, dh, dc, (int)(i / H), (int)(i % H), B, H);
  }
}
