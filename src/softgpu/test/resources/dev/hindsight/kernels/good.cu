// Kernels without a mistake that use what the software GPU must get right: barriers, shuffles from
// divergent code, atomics, local arrays, functions, asynchronous copies, tensor-core fragments.
#include <cooperative_groups.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define KERNEL extern "C" __global__ void

// c (M,N) = a (M,K) · b (K,N). Blocks of 256 threads make tiles of 64 x 64, each thread 4 x 4.
KERNEL matmul(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int M,
              int N, int K) {
  __shared__ __align__(16) float left[16][64];
  __shared__ __align__(16) float right[16][64];
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  int row0 = blockIdx.y * 64, col0 = blockIdx.x * 64;
  float sum[4][4] = {};
  for (int k0 = 0; k0 < K; k0 += 16) {
    for (int i = threadIdx.x; i < 1024; i += 256) {
      int r = i / 16, k = i % 16;
      left[k][r] = row0 + r < M && k0 + k < K ? a[(row0 + r) * K + k0 + k] : 0.0f;
    }
    for (int i = threadIdx.x; i < 1024; i += 256) {
      int k = i / 64, n = i % 64;
      right[k][n] = col0 + n < N && k0 + k < K ? b[(k0 + k) * N + col0 + n] : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 16; k++) {
      float4 x = *(float4*)&left[k][ty * 4];
      float4 y = *(float4*)&right[k][tx * 4];
      float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
      for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) sum[i][j] = fmaf(xs[i], ys[j], sum[i][j]);
    }
    __syncthreads();
  }
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) {
      int r = row0 + ty * 4 + i, n = col0 + tx * 4 + j;
      if (r < M && n < N) c[r * N + n] = sum[i][j];
    }
}

// y (rows) = Σ_i exp(x[row,i]). One block a row.
KERNEL exp_sum(const float* x, float* y, int n) {
  __shared__ float part[32];
  float v = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) v += expf(x[blockIdx.x * n + i]);
  for (int o = 16; o; o >>= 1) v += __shfl_xor_sync(~0u, v, o);
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x < 32) {
    v = threadIdx.x < blockDim.x / 32 ? part[threadIdx.x] : 0;
    for (int o = 16; o; o >>= 1) v += __shfl_xor_sync(~0u, v, o);
    if (threadIdx.x == 0) y[blockIdx.x] = v;
  }
}

// Lanes meet at two different shuffles: valid since Volta.
KERNEL shuffle_in_branches(int* x) {
  int v = threadIdx.x;
  if (threadIdx.x % 32 < 16) {
    v = __shfl_xor_sync(~0u, v, 16) + 1000;
  } else {
    v = __shfl_xor_sync(~0u, v, 16) + 2000;
  }
  x[threadIdx.x] = v;
}

// Iteration counts differ from lane to lane; then all meet again.
KERNEL collatz(const int* x, int* steps) {
  unsigned v = x[threadIdx.x];
  int n = 0;
  while (v != 1) {
    v = v % 2 ? 3 * v + 1 : v / 2;
    n++;
  }
  steps[threadIdx.x] = n + 1000 * (__ballot_sync(~0u, 1) == ~0u);
}

__device__ __noinline__ int twice(int v, int* calls) {
  atomicAdd(calls, 1);
  return v * 2;
}

KERNEL call_function(int* x, int* calls) {
  int v = x[threadIdx.x];
  if (v % 3 == 0) v = twice(v, calls);
  x[threadIdx.x] = twice(v, calls);
}

KERNEL local_array(const float* x, float* y, int n) {
  float l[16];
  for (int i = 0; i < 16; i++) l[(i + n) & 15] = x[threadIdx.x] * i;
  float s = 0;
  for (int i = 0; i < 16; i++) s += l[(i * 5 + threadIdx.x) & 15];
  y[threadIdx.x] = s;
}

// Every copy is waited for and a barrier lets all threads see all copies.
KERNEL async_copy(const float* x, float* y, int n) {
  __shared__ float s[128];
  for (int i = 0; i < 2; i++) {
    unsigned to = (unsigned)__cvta_generic_to_shared(s + 64 * i + threadIdx.x);
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(to), "l"(x + 64 * i + threadIdx.x));
    asm volatile("cp.async.commit_group;");
  }
  asm volatile("cp.async.wait_group 1;" ::: "memory");
  __syncthreads();
  float v = s[63 - threadIdx.x];
  asm volatile("cp.async.wait_group 0;" ::: "memory");
  __syncthreads();
  y[threadIdx.x] = v + s[127 - threadIdx.x];
}

// The last block to finish adds up what the others left.
__device__ int finished;
KERNEL last_block_sums(const float* x, float* part, float* y) {
  __shared__ bool last;
  float v = x[blockIdx.x * 32 + threadIdx.x];
  for (int o = 16; o; o >>= 1) v += __shfl_down_sync(~0u, v, o);
  if (threadIdx.x == 0) {
    ((volatile float*)part)[blockIdx.x] = v;
    __threadfence();
    last = atomicAdd(&finished, 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    float s = 0;
    for (int i = 0; i < gridDim.x; i++) s += ((volatile float*)part)[i];
    y[0] = s;
    finished = 0;
  }
}

KERNEL grid_sync(int* x, int* y) {
  x[blockIdx.x] = blockIdx.x + 1;
  cooperative_groups::this_grid().sync();
  if (threadIdx.x == 0) {
    int s = 0;
    for (int i = 0; i < gridDim.x; i++) s += x[i];
    y[blockIdx.x] = s;
  }
}

// A lock that lanes of one warp fight for: needs fair scheduling.
KERNEL spin_lock(int* lock, int* count) {
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      *(volatile int*)count = *(volatile int*)count + 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
}

KERNEL two_named_barriers(float* x) {
  __shared__ float s[128];
  int half = threadIdx.x / 64, i = threadIdx.x % 64;
  s[threadIdx.x] = x[threadIdx.x];
  asm volatile("bar.sync %0, 64;" ::"r"(half + 1) : "memory");
  x[threadIdx.x] = s[half * 64 + 63 - i];
}

KERNEL halves(const float* x, float* y) {
  int i = threadIdx.x;
  __nv_bfloat162 b = __floats2bfloat162_rn(x[2 * i], x[2 * i + 1]);
  __half2 h = __floats2half2_rn(x[2 * i], x[2 * i + 1]);
  b = __hfma2(b, b, b);
  h = __hfma2(h, h, h);
  y[4 * i] = __low2float(b);
  y[4 * i + 1] = __high2float(b);
  y[4 * i + 2] = __low2float(h);
  y[4 * i + 3] = __high2float(h);
}
