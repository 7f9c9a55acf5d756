// One step of many LSTM units without a product: gates (N,4H) and what the step before said, (N,4H) or null, to
// i, f, g, o in place, c (N,H) and h (N,H); and its gradients, in place too. `before` is the state of the step before,
// null where there is none, and may be c. A unit per thread and turn, grid-stride.
//
// Along a diagonal of images, whose rows lie in front of the batch (T,B,W,...), its n pixels are a strided view: pixel k
// of image b lies at place `start + k·pitch + b·W`. Nothing is skewed. A pixel hears what two of the `before` pixels of
// the diagonal before said, (before,B,8H): number k + shift - 1, right above it, its first 4H, and number k + shift,
// beside it and `to_before` places away, the others. What lies outside of these counts as 0.
#include "lstm/lstm.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(lstm_cell_forward)(Stored* __restrict__ gates, const Stored* __restrict__ recurrent,
                              const float* before, float* c, Stored* __restrict__ h, int N, int H) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < (int64)N * H; i += stride) {
    const int64 at = i / H * 4 * H + i % H;
    float4 sum = load_gates(gates + at, H);
    if (recurrent != nullptr) {
      sum = sum + load_gates(recurrent + at, H);
    }
    const LstmCell cell = lstm_cell(sum, before == nullptr ? 0.0f : before[i]);
    store_gates(gates + at, H, cell.gates);
    c[i] = cell.c;
    store1(h + i, cell.h);
  }
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(lstm_cell_backward)(Stored* __restrict__ gates, const float* __restrict__ before,
                               const float* __restrict__ c, const Stored* __restrict__ dh,
                               const Stored* __restrict__ carried, float* __restrict__ dc, int N,
                               int H) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < (int64)N * H; i += stride) {
    Stored* gate = gates + i / H * 4 * H + i % H;
    const float dy = load1(dh + i) + (carried == nullptr ? 0.0f : load1(carried + i));
    const LstmSlopes d =
        lstm_slopes(load_gates(gate, H), before == nullptr ? 0.0f : before[i], c[i], dy, dc[i]);
    store_gates(gate, H, d.gates);
    dc[i] = d.dc;
  }
}

// Where a unit of a pixel of a diagonal is.
struct DiagonalUnit {
  int unit, k;
  int64 place;         // in (T,B,W)
  int64 heard;         // in (before,B,8H): the first gate of what the pixel beside it says
  bool above, beside;  // whether there are such pixels
};

__device__ __forceinline__ DiagonalUnit diagonal_unit(int64 i, int before, int shift, int start,
                                                      int pitch, int B, int W, int H) {
  const int unit = (int)(i % H);
  const int64 pixel = i / H;
  const int k = (int)(pixel / B);
  const int image = (int)(pixel % B);
  const int beside = k + shift;
  return {unit,
          k,
          start + (int64)k * pitch + (int64)image * W,
          ((int64)beside * B + image) * 8 * H + 4 * H + unit,
          beside > 0,
          beside < before};
}

// `dense` (n,B,H) gets h once more, side by side.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(lstm_cell_diagonal)(Stored* __restrict__ gates, const Stored* __restrict__ said,
                               float* c, Stored* __restrict__ h, Stored* __restrict__ dense, int n,
                               int before, int shift, int top, int start, int pitch, int to_before,
                               int B, int W, int H) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  const int64 units = (int64)n * B * H;
  const int64 above = (int64)B * 8 * H + 4 * H;  // from what is said beside to what is said below
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < units; i += stride) {
    const DiagonalUnit at = diagonal_unit(i, before, shift, start, pitch, B, W, H);
    Stored* gate = gates + at.place * 4 * H + at.unit;
    float4 sum = load_gates(gate, H);
    if (at.beside) {
      sum = sum + load_gates(said + at.heard, H);
    }
    if (at.above) {
      sum = sum + load_gates(said + at.heard - above, H);
    }
    float* state = c + at.place * H + at.unit;
    const LstmCell cell = lstm_cell(sum, at.beside ? state[(int64)to_before * H] : 0.0f);
    store_gates(gate, H, cell.gates);
    *state = cell.c;
    store1(h + at.place * H + at.unit, cell.h);
    store1(dense + i, cell.h);
  }
}

// `dc` (T,B,H), from row `top` on, holds what came from the pixel after in each row. Every place of `dsaid` is written:
// where a pixel of the diagonal before has nobody below it, or nobody beside it, by the one who hears the other half.
extern "C" __global__ void __launch_bounds__(256) IN_STORAGE(lstm_cell_diagonal_backward)(
    Stored* __restrict__ gates, const float* __restrict__ c, const Stored* __restrict__ dh,
    const Stored* __restrict__ carried, float* __restrict__ dc, Stored* __restrict__ dsaid, int n,
    int before, int shift, int top, int start, int pitch, int to_before, int B, int W, int H) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  const int64 units = (int64)n * B * H;
  const int64 above = (int64)B * 8 * H + 4 * H;
  const float4 nothing = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  float* rows = dc + (int64)top * B * H;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < units; i += stride) {
    const DiagonalUnit at = diagonal_unit(i, before, shift, start, pitch, B, W, H);
    Stored* gate = gates + at.place * 4 * H + at.unit;
    const float* state = c + at.place * H + at.unit;
    const float dy =
        load1(dh + at.place * H + at.unit) + (carried == nullptr ? 0.0f : load1(carried + i));
    const LstmSlopes d = lstm_slopes(
        load_gates(gate, H), at.beside ? state[(int64)to_before * H] : 0.0f, *state, dy, rows[i]);
    store_gates(gate, H, d.gates);
    rows[i] = d.dc;
    Stored* heard = dsaid + at.heard;
    if (at.beside) {
      store_gates(heard, H, d.gates);
      if (at.k == n - 1) {  // the last one of the diagonal before is in the last row
        store_gates(heard - 4 * H, H, nothing);
      }
    }
    if (at.above) {
      store_gates(heard - above, H, d.gates);
      if (at.k == 0 && shift == 1) {  // the first one there is in the last column
        store_gates(heard - above + 4 * H, H, nothing);
      }
    }
  }
}
