// One step of many LSTM units without a product: gates (N,4H) and what the step before said, (N,4H) or null, to
// i, f, g, o in place, c (N,H) and h (N,H); and its gradients, in place too. `before` is the state of the step before,
// null where there is none, and may be c. A unit per thread and turn, grid-stride.
#include "lstm.cuh"

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
