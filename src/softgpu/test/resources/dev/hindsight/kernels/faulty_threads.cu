// Kernels with one mistake in how threads work together each, for the software GPU's checks.
// Every launch has one block of 64 threads unless the test says otherwise; n is 64.
#define KERNEL extern "C" __global__ void

KERNEL missing_barrier(float* x, int n) {
  __shared__ float s[64];
  s[threadIdx.x] = x[threadIdx.x];
  x[threadIdx.x] = s[63 - threadIdx.x];  // no __syncthreads between
}

KERNEL missing_second_barrier(float* x, int n) {
  __shared__ float s[64];
  for (int i = 0; i < 4; i++) {
    s[threadIdx.x] = x[threadIdx.x] + i;
    __syncthreads();
    x[threadIdx.x] = s[(threadIdx.x + 32) % 64];
    // the next round writes s while the other warp still reads
  }
}

KERNEL two_writers(float* x, int n) {
  __shared__ float s[2];
  s[0] = (float)threadIdx.x;
  __syncthreads();
  x[threadIdx.x] = s[0];
}

KERNEL warp_level(float* x, int n) {
  __shared__ volatile float s[64];
  s[threadIdx.x] = x[threadIdx.x];
  x[threadIdx.x] = s[threadIdx.x ^ 1];  // same warp, but no __syncwarp
}

KERNEL plain_beside_atomic(int* x, int n) {
  __shared__ int s;
  if (threadIdx.x == 0) s = 0;
  __syncthreads();
  atomicAdd(&s, 1);
  x[threadIdx.x] = s;  // reads while others still add
}

KERNEL bytes_race(unsigned char* x, int n) {
  __shared__ unsigned char s[64];
  s[threadIdx.x] = x[threadIdx.x];
  x[threadIdx.x] = s[threadIdx.x ^ 33];
}

KERNEL divergent_barrier(float* x, int n) {
  if (threadIdx.x < 17) __syncthreads();
  x[threadIdx.x] = 1.0f;
}

// Who returns before a barrier makes no mistake: it waits for those that have not exited. BarrierTest
// has such kernels, and those where a thread goes past a barrier.




KERNEL two_barriers(float* x, int n) {
  if (threadIdx.x < 32) {
    x[threadIdx.x] = 1.0f;
    asm volatile("bar.sync 0;" ::: "memory");
  } else {
    x[threadIdx.x] = 2.0f;
    asm volatile("bar.sync 0;" ::: "memory");
    x[threadIdx.x] = 3.0f;
  }
}

KERNEL barrier_count(float* x, int n) {
  asm volatile("bar.sync 1, 96;" ::: "memory");  // 64 threads never make 96
  x[threadIdx.x] = 1.0f;
}

KERNEL shuffle_not_in_mask(float* x, int n) {
  x[threadIdx.x] = __shfl_xor_sync(0x0000ffff, x[threadIdx.x], 1);
}

KERNEL shuffle_inactive_lane(float* x, int n) {
  float v = x[threadIdx.x];
  if (threadIdx.x % 32 < 16) v = __shfl_sync(0x0000ffff, v, 20);
  x[threadIdx.x] = v;
}

KERNEL shuffle_exited_lane(float* x, int n) {
  if (threadIdx.x % 32 == 31) return;
  x[threadIdx.x] = __shfl_down_sync(0xffffffff, x[threadIdx.x], 1);
}

KERNEL shuffle_never_meets(float* x, int n) {
  if (threadIdx.x % 32 < 16) {
    x[threadIdx.x] = __shfl_xor_sync(0xffffffff, x[threadIdx.x], 1);
  } else {
    __syncthreads();
  }
}

KERNEL syncwarp_not_in_mask(float* x, int n) {
  __syncwarp(1);
  x[threadIdx.x] = 1.0f;
}

KERNEL ballots_never_meet(int* x, int n) {
  if (threadIdx.x % 2) {
    x[threadIdx.x] = __ballot_sync(0xffffffff, 1);
  } else {
    x[threadIdx.x] = __any_sync(0xffffffff, 1);
  }
}

KERNEL no_async_wait(float* x, float* y, int n) {
  __shared__ float s[64];
  unsigned to = (unsigned)__cvta_generic_to_shared(s + threadIdx.x);
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(to), "l"(x + threadIdx.x));
  asm volatile("cp.async.commit_group;");
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x];
}

KERNEL async_wait_too_late(float* x, float* y, int n) {
  __shared__ float s[128];
  for (int i = 0; i < 2; i++) {
    unsigned to = (unsigned)__cvta_generic_to_shared(s + 64 * i + threadIdx.x);
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(to), "l"(x + threadIdx.x));
    asm volatile("cp.async.commit_group;");
  }
  asm volatile("cp.async.wait_group 1;");
  __syncthreads();
  y[threadIdx.x] = s[64 + threadIdx.x];  // the second group may still be under way
}

KERNEL async_no_barrier(float* x, float* y, int n) {
  __shared__ float s[64];
  unsigned to = (unsigned)__cvta_generic_to_shared(s + threadIdx.x);
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(to), "l"(x + threadIdx.x));
  asm volatile("cp.async.wait_all;" ::: "memory");
  y[threadIdx.x] = s[63 - threadIdx.x];  // waits for its own copy only
}

KERNEL spins_for_ever(volatile int* x, int n) {
  while (x[0] != 12345) {
  }
}

KERNEL assertion(int* x, int n) {
  extern __device__ void __assertfail(const char*, const char*, unsigned, const char*, size_t);
  if (threadIdx.x == 33) __assertfail("x is sorted", "faulty_threads.cu", 7, "assertion", 1);
  x[threadIdx.x] = 1;
}

KERNEL traps(int* x, int n) {
  if (threadIdx.x == 3) __trap();
  x[threadIdx.x] = 1;
}

KERNEL warp_read_before(float* x, int n) {
  __shared__ volatile float s[1];
  if (threadIdx.x == 0) s[0] = 0;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  float before = s[0];
  if (threadIdx.x == 0) s[0] = x[threadIdx.x];  // same warp, but others may read yet
  x[threadIdx.x] = before;
}
