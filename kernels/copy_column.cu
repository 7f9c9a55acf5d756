// dst[n,to] = src[n,from] of src (N,C) and dst (N,D): a pixel of all images into the logits' column, or back.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) copy_column(const float* __restrict__ src,
                                                              float* __restrict__ dst, int N,
                                                              int from, int C, int to, int D) {
  for (int n = blockIdx.x * blockDim.x + threadIdx.x; n < N; n += gridDim.x * blockDim.x) {
    dst[(int64)n * D + to] = src[(int64)n * C + from];
  }
}
