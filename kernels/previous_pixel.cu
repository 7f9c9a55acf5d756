// What WaveNet and the LSTM read at position t of a sequence: y (B,T,C+2) = the C channels, row and column of
// pixel t - 1, the last two scaled to [0, 1]; zeros at t = 0. One thread per element of y and turn, grid-stride.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(previous_pixel)(const Stored* __restrict__ pixels, Stored* __restrict__ y, int64 n,
                           int T, int C, int side, int height) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) {
    const int64 place = i / (C + 2);
    const int k = (int)(i % (C + 2));
    const int t = (int)(place % T);
    float read = 0.0f;
    if (t > 0 && k < C) {
      read = load1(&pixels[(place - 1) * C + k]);
    } else if (t > 0) {
      read = k == C ? (float)((t - 1) / side) / (float)max(height - 1, 1)
                    : (float)((t - 1) % side) / (float)max(side - 1, 1);
    }
    store1(y + i, read);
  }
}
