// What WaveNet and the LSTM read at position t of a sequence: y (B,T,3) = value, row and column of pixel
// t - 1, the last two scaled to [0, 1]; zeros at t = 0. One thread per position and turn, grid-stride.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
previous_pixel(const float* __restrict__ pixels, float* __restrict__ y, int64 positions, int T,
               int side, int height) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < positions; i += stride) {
    const int t = (int)(i % T);
    float* out = y + i * 3;
    if (t == 0) {
      out[0] = out[1] = out[2] = 0.0f;
    } else {
      out[0] = pixels[i - 1];
      out[1] = (float)((t - 1) / side) / (float)max(height - 1, 1);
      out[2] = (float)((t - 1) % side) / (float)max(side - 1, 1);
    }
  }
}
