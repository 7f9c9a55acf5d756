// y[n,i] = x[rows[n], columns[i]] for (N,I), and 0 where a staircase lets nothing exist; and dx += the way back. A block
// takes whole rows: what its threads read, or write, in disorder is one row, which the first-level cache holds.
#include "common.cuh"

// What is at a place; no list where all is as it was.
__device__ __forceinline__ int at_place(const int* indices, int place) {
  return indices == nullptr ? place : indices[place];
}

// live[n] numbers of row n of y exist, the first ones; null = all.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(permute)(const Stored* __restrict__ x, const int* __restrict__ rows,
                    const int* __restrict__ columns, const int* __restrict__ live,
                    Stored* __restrict__ y, int N, int I) {
  for (int n = blockIdx.x; n < N; n += gridDim.x) {
    const Stored* from = x + (int64)at_place(rows, n) * I;
    Stored* to = y + (int64)n * I;
    const int exist = live == nullptr ? I : live[n];
    for (int i = threadIdx.x; i < I; i += blockDim.x) {
      store1(to + i, i < exist ? load1(from + at_place(columns, i)) : 0.0f);
    }
  }
}

// A fresh dx is overwritten, where nothing exists by zeros.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(permute_dx)(const Stored* __restrict__ dy, const int* __restrict__ rows,
                       const int* __restrict__ columns, const int* __restrict__ live,
                       Stored* __restrict__ dx, int fresh, int N, int I) {
  for (int n = blockIdx.x; n < N; n += gridDim.x) {
    const Stored* from = dy + (int64)n * I;
    Stored* to = dx + (int64)at_place(rows, n) * I;
    const int exist = live == nullptr ? I : live[n];
    const int end = fresh ? I : exist;
    for (int i = threadIdx.x; i < end; i += blockDim.x) {
      Stored* place = to + at_place(columns, i);
      const float value = i < exist ? load1(from + i) : 0.0f;
      store1(place, fresh ? value : load1(place) + value);
    }
  }
}
