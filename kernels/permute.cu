// y[n,i] = x[n, columns[i]] for (N,I); and dx += the way back. A block takes whole rows: what its threads read, or
// write, in disorder is one row, which the first-level cache holds.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(permute)(const Stored* __restrict__ x, const int* __restrict__ columns,
                    Stored* __restrict__ y, int N, int I) {
  for (int n = blockIdx.x; n < N; n += gridDim.x) {
    const Stored* from = x + (int64)n * I;
    Stored* to = y + (int64)n * I;
    for (int i = threadIdx.x; i < I; i += blockDim.x) {
      store1(to + i, load1(from + columns[i]));
    }
  }
}

// A fresh dx is overwritten.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(permute_dx)(const Stored* __restrict__ dy, const int* __restrict__ columns,
                       Stored* __restrict__ dx, int fresh, int N, int I) {
  for (int n = blockIdx.x; n < N; n += gridDim.x) {
    const Stored* from = dy + (int64)n * I;
    Stored* to = dx + (int64)n * I;
    for (int i = threadIdx.x; i < I; i += blockDim.x) {
      Stored* place = to + columns[i];
      const float value = load1(from + i);
      store1(place, fresh ? value : load1(place) + value);
    }
  }
}
