// What WaveNet and the LSTM read at position t of a sequence: y (B,T,C+2) = the C channels, row and column of
// pixel t - 1, the last two scaled to [0, 1]; zeros at t = 0. One thread per position and turn, grid-stride.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(previous_pixel)(const Stored* __restrict__ pixels, Stored* __restrict__ y,
                           int64 positions, int T, int C, int side, int height) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < positions; i += stride) {
    const int t = (int)(i % T);
    Stored* out = y + i * (C + 2);
    if (t == 0) {
      for (int c = 0; c < C + 2; c++) {
        store1(out + c, 0.0f);
      }
    } else {
      for (int c = 0; c < C; c++) {
        store1(out + c, load1(&pixels[(i - 1) * C + c]));
      }
      store1(out + C, (float)((t - 1) / side) / (float)max(height - 1, 1));
      store1(out + C + 1, (float)((t - 1) % side) / (float)max(side - 1, 1));
    }
  }
}
