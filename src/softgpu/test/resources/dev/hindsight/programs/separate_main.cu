// Two parts of a program that nvcc -rdc=true compiles apart: each has a file's own table and a string of its own.
#include <cstdio>

extern __constant__ int bias;
extern __device__ int counts[2];
__device__ int twice(int x);
static __device__ int table[3] = {1, 2, 3};

__global__ void fill(int* x) {
  x[threadIdx.x] = twice(threadIdx.x) + bias + table[threadIdx.x % 3];
  atomicAdd(&counts[threadIdx.x % 2], 1);
  if (threadIdx.x == 6) printf("main %d\n", x[6]);
}

int main() {
  const int n = 7;
  int *x, got[n], bad = 0, total[2];
  cudaMalloc(&x, sizeof got);
  fill<<<1, n>>>(x);
  if (cudaMemcpy(got, x, sizeof got, cudaMemcpyDeviceToHost) != cudaSuccess) return 3;
  for (int i = 0; i < n; i++) bad += got[i] != 2 * i + 10 * (i % 3) + 100 + i % 3 + 1;
  cudaMemcpyFromSymbol(total, counts, sizeof total);
  cudaFree(x);
  return bad || total[0] != 4 || total[1] != 3 ? 4 : 0;
}
