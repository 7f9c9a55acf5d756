#include <cstdio>

__constant__ int bias = 100;
__device__ int counts[2];
static __device__ int table[3] = {0, 10, 20};

__device__ __noinline__ int twice(int x) {
  if (x == 6) printf("part %d\n", x);
  return 2 * x + table[x % 3];
}
