// A loop whose machine code is known: each turn loads 16 bytes for every thread, stores them to shared
// memory, waits, reads eight times four floats back and does 8 x 32 multiply-adds with them. Another loop stores
// one number a turn.
extern "C" __global__ void __launch_bounds__(128) known_loop(const float4* x, float* y, int turns) {
  __shared__ float4 tile[128];
  float sum[32] = {};
  float4 next = x[threadIdx.x];
  for (int turn = 0; turn < turns; turn++) {
    tile[threadIdx.x] = next;
    __syncthreads();
    next = x[(turn + 1) * 128 + threadIdx.x];
#pragma unroll
    for (int k = 0; k < 8; k++) {
      const float4 a = tile[(threadIdx.x + k * 8) & 127];
#pragma unroll
      for (int i = 0; i < 8; i++) {
        sum[4 * (i & 7) + 0] = fmaf(a.x, a.y, sum[4 * (i & 7) + 0]);
        sum[4 * (i & 7) + 1] = fmaf(a.y, a.z, sum[4 * (i & 7) + 1]);
        sum[4 * (i & 7) + 2] = fmaf(a.z, a.w, sum[4 * (i & 7) + 2]);
        sum[4 * (i & 7) + 3] = fmaf(a.w, a.x, sum[4 * (i & 7) + 3]);
      }
    }
    __syncthreads();
  }
  float all = 0;
  for (int i = 0; i < 32; i++) {
    all += sum[i] * (i + 1);
  }
#pragma unroll 1
  for (int turn = 0; turn < turns; turn++) {
    y[turn * 128 + threadIdx.x] = all;
  }
}

// No loop at all.
extern "C" __global__ void __launch_bounds__(64) no_loop(const float* x, float* y) {
  y[threadIdx.x] = fmaf(x[threadIdx.x], 3.0f, 1.0f);
}

// Blocks above each other share a sum of two numbers a thread, which the last of them adds up.
extern "C" __global__ void __launch_bounds__(64) known_split(float* x, unsigned* counter, float* y) {
  float sum = x[threadIdx.x];
  if (gridDim.y > 1) {
    x[64 * blockIdx.y + threadIdx.x] = sum;
    if (!__syncthreads_or(threadIdx.x == 0 && atomicInc(counter, gridDim.y - 1) == gridDim.y - 1)) {
      return;
    }
    sum += __ldcg(x + 64 + threadIdx.x);
  }
  y[threadIdx.x] = sum;
}
