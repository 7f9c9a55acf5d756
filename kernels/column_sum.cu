// sums (C) += the sum of each column of x (rows, C): db of a linear layer.
// A block owns 32 columns and `per_block` rows; its eight warps take every eighth row, so a warp reads
// 128 bytes at a time, and the eight sums are added in order. When the rows are cut over several blocks,
// each writes its own row of `sums` (`accumulate` = 0), which a second launch then adds up.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(column_sum)(const Stored* __restrict__ x, float* __restrict__ sums, int rows, int C,
                       int per_block, int accumulate) {
  __shared__ float part[8][32];
  const int column = blockIdx.x * 32 + (threadIdx.x & 31);
  const int warp = threadIdx.x >> 5;
  const int begin = blockIdx.y * per_block;
  const int end = min(rows, begin + per_block);
  float sum = 0.0f;
  if (column < C) {
    for (int row = begin + warp; row < end; row += 8) {
      sum += load1(&x[(int64)row * C + column]);
    }
  }
  part[warp][threadIdx.x & 31] = sum;
  __syncthreads();
  if (warp == 0 && column < C) {
    for (int w = 1; w < 8; w++) {
      sum += part[w][threadIdx.x];
    }
    float* to = sums + (int64)blockIdx.y * C + column;
    *to = accumulate ? *to + sum : sum;
  }
}
