// y[b,t] = position[t] + table[pixel t-1] over C channels, and position[0] alone at t = 0; its gradients; and
// the same at one position for the sampler. A pixel that is no whole number from 0 to V-1 gives NaN, so that it is
// seen and reads nothing outside the table.
#include "common.cuh"

__device__ __forceinline__ float4 embedded(const float* table, int V, float pixel, int c, int C,
                                           bool wide) {
  if (pixel >= 0.0f && pixel < (float)V && pixel == floorf(pixel)) {
    return load4(table + (int64)(int)pixel * C + c, C - c, wide);
  }
  return make_float4(NAN, NAN, NAN, NAN);
}

// Positions `from .. from + count - 1` of every image; y is (B,count,C).
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(embed_previous)(const Stored* __restrict__ pixels, const float* __restrict__ table,
                           const float* __restrict__ position, Stored* __restrict__ y, int B, int T,
                           int C, int V, int from, int count) {
  const bool wide = (C & 3) == 0 && aligned16(table) && aligned16(position) && aligned16(y);
  const int parts = (C + 3) / 4;
  const int64 n = (int64)B * count * parts;
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 k = (int64)blockIdx.x * blockDim.x + threadIdx.x; k < n; k += stride) {
    const int64 row = k / parts;
    const int c = (int)(k % parts) * 4;
    const int t = from + (int)(row % count);
    float4 sum = load4(position + (int64)t * C + c, C - c, wide);
    if (t > 0) {
      sum = sum + embedded(table, V, load1(&pixels[row / count * T + t - 1]), c, C, wide);
    }
    store4(y + row * C + c, sum, C - c, wide);
  }
}

// dposition (T,C) += sum over images of dy
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(embed_previous_dposition)(const Stored* __restrict__ dy, float* __restrict__ dposition,
                                     int B, int64 size) {
  const bool wide = (size & 3) == 0 && aligned16(dy) && aligned16(dposition);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < size; i += stride) {
    const int left = (int)min(size - i, (int64)4);
    float4 sum = load4(dposition + i, left, wide);
    for (int b = 0; b < B; b++) {
      sum = sum + load4(dy + b * size + i, left, wide);
    }
    store4(dposition + i, sum, left, wide);
  }
}

// partial (pieces,V,C) = sums of the rows of dy whose previous pixel has a value, 32 columns of one value a
// block; column_sum then adds the pieces. Rows of other values are not read.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(embed_previous_dtable)(const Stored* __restrict__ pixels, const Stored* __restrict__ dy,
                                  float* __restrict__ partial, int rows, int T, int C, int V,
                                  int per_block) {
  __shared__ float sums[8][32];
  const int across = (C + 31) / 32;
  const int value = blockIdx.x / across;
  const int c = blockIdx.x % across * 32 + (threadIdx.x & 31);
  const int warp = threadIdx.x / 32;
  const int end = min(rows, (int)(blockIdx.y + 1) * per_block);
  float sum = 0.0f;
  for (int row = blockIdx.y * per_block + warp; row < end; row += 8) {
    if (row % T > 0 && load1(&pixels[row - 1]) == (float)value && c < C) {
      sum += load1(&dy[(int64)row * C + c]);
    }
  }
  sums[warp][threadIdx.x & 31] = sum;
  __syncthreads();
  if (warp == 0 && c < C) {
    for (int w = 1; w < 8; w++) {
      sum += sums[w][threadIdx.x];
    }
    partial[((int64)blockIdx.y * V + value) * C + c] = sum;
  }
}
