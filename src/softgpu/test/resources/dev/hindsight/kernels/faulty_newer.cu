// Kernels that each make one mistake with what newer code has: matrices of a warp, calls, memory of the heap, barriers
// in shared memory. One block of 64 threads; x has n = 64 floats.
#include <cuda_fp16.h>
#include <mma.h>
#include <cuda/barrier>
#define KERNEL extern "C" __global__ void
using namespace nvcuda::wmma;
using A = fragment<matrix_a, 16, 16, 16, __half, row_major>;
using B = fragment<matrix_b, 16, 16, 16, __half, row_major>;
using C = fragment<accumulator, 16, 16, 16, float>;

KERNEL wmma_store_past_end(float* x, int n) {
  C c;
  fill_fragment(c, 1.0f);
  if (threadIdx.x < 32) store_matrix_sync(x, c, 16, mem_row_major);
}

KERNEL wmma_unwritten(float* x, int n) {
  __shared__ __align__(32) __half s[256];
  for (int i = threadIdx.x; i < 255; i += 64) s[i] = __float2half(x[i % n]);
  __syncthreads();
  A a;
  load_matrix_sync(a, s, 16);
  x[threadIdx.x] = __half2float(a.x[0]);
}

KERNEL wmma_no_barrier(float* x, int n) {
  __shared__ __align__(32) __half s[256];
  for (int i = threadIdx.x; i < 256; i += 64) s[i] = __float2half(x[i % n]);
  A a;
  load_matrix_sync(a, s, 16);
  x[threadIdx.x] = __half2float(a.x[0]);
}

KERNEL wmma_stores_unwritten(float* x, float* y, int n) {
  __shared__ __align__(32) float s[256];
  C c;
  fill_fragment(c, y[threadIdx.x]);
  if (threadIdx.x < 32) store_matrix_sync(s, c, 16, mem_row_major);
  __syncthreads();
  x[threadIdx.x] = s[threadIdx.x];
}

typedef float (*Function)(float);
__device__ float twice(float x) { return 2 * x; }
__device__ Function functions[2] = {twice, nullptr};

KERNEL calls_nothing(float* x, int n) { x[threadIdx.x] = functions[threadIdx.x / 63](x[threadIdx.x]); }

__device__ __noinline__ float deeper(float* x, int n) {
  return n == 0 ? 0 : x[n % 64] + deeper(x, n + 1) * deeper(x, n - 2);
}

KERNEL never_returns(float* x, int n) { x[threadIdx.x] = deeper(x, n); }

KERNEL heap_past_end(float* x, int n) {
  float* mine = (float*)malloc(n * 4);
  mine[threadIdx.x + 1] = 1;
  x[threadIdx.x] = mine[threadIdx.x + 1];
  free(mine);
}

KERNEL heap_unwritten(float* x, int n) {
  float* mine = (float*)malloc(n * 4);
  x[threadIdx.x] = mine[threadIdx.x] + 1;
  free(mine);
}

KERNEL heap_after_free(float* x, int n) {
  float* mine = (float*)malloc(n * 4);
  mine[n - 1] = x[0];
  free(mine);
  x[threadIdx.x] = ((volatile float*)mine)[n - 1];
}

KERNEL freed_twice(float* x, int n) {
  void* mine = malloc(n);
  free(mine);
  if (threadIdx.x == 5) free(mine);
}

KERNEL frees_what_the_host_has(float* x, int n) {
  if (threadIdx.x == 0) free(x);
}

using barrier = cuda::barrier<cuda::thread_scope_block>;

KERNEL mbarrier_no_init(float* x, int n) {
  __shared__ unsigned long long bar;
  unsigned at = (unsigned)__cvta_generic_to_shared(&bar);
  if (n == 0) bar = 0;
  asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(at) : "memory");
}

KERNEL mbarrier_ended_early(float* x, int n) {
  __shared__ unsigned long long bar;
  unsigned at = (unsigned)__cvta_generic_to_shared(&bar);
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(at) : "memory");
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(at) : "memory");
    asm volatile("mbarrier.inval.shared.b64 [%0];" ::"r"(at) : "memory");  // others may still wait
  } else {
    asm volatile("{ .reg .pred p; L: mbarrier.try_wait.parity.shared.b64 p, [%0], 0; @!p bra L; }" ::"r"(at) : "memory");
  }
}

KERNEL mbarrier_no_fence(float* x, int n) {
  __shared__ barrier all;
  if (threadIdx.x == 0) init(&all, blockDim.x);
  all.arrive_and_wait();  // who waits may come before init
}

KERNEL mbarrier_too_many(float* x, int n) {
  __shared__ unsigned long long bar;
  unsigned at = (unsigned)__cvta_generic_to_shared(&bar);
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 32;" ::"r"(at) : "memory");
  __syncthreads();
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0], 33;" ::"r"(at) : "memory");
}

KERNEL mbarrier_no_wait(float* x, int n) {
  __shared__ barrier all;
  __shared__ float s[64];
  if (threadIdx.x == 0) init(&all, blockDim.x);
  __syncthreads();
  s[threadIdx.x] = x[threadIdx.x];
  barrier::arrival_token token = all.arrive();
  x[threadIdx.x] = s[63 - threadIdx.x];
  all.wait(std::move(token));
}

KERNEL mbarrier_nobody_arrives(float* x, int n) {
  __shared__ barrier all;
  if (threadIdx.x == 0) init(&all, blockDim.x + 1);
  __syncthreads();
  all.arrive_and_wait();
}

KERNEL bulk_no_wait(float* x, int n) {
  __shared__ alignas(16) float s[64];
  __shared__ barrier came;
  if (threadIdx.x == 0) {
    init(&came, 1);
    cuda::device::memcpy_async_tx(s, x, cuda::aligned_size_t<16>(sizeof s), came);
    (void)cuda::device::barrier_arrive_tx(came, 1, sizeof s);
  }
  __syncthreads();
  float v = s[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = v;
}

KERNEL bulk_past_end(float* x, int n) {
  __shared__ alignas(16) float s[128];
  __shared__ barrier came;
  if (threadIdx.x == 0) {
    init(&came, 1);
    cuda::device::memcpy_async_tx(s, x, cuda::aligned_size_t<16>(sizeof s), came);
  }
}

KERNEL bulk_misaligned(float* x, int n) {
  __shared__ alignas(16) float s[64];
  unsigned from = (unsigned)__cvta_generic_to_shared(s);
  if (threadIdx.x == 0)
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(x + 1), "r"(from), "r"(16) : "memory");
}

KERNEL stmatrix_past_end(float* x, int n) {
  __shared__ alignas(16) unsigned s[32];
  unsigned at = (unsigned)__cvta_generic_to_shared(s + 4 * (threadIdx.x % 32));
  s[threadIdx.x % 32] = 0;
  if (threadIdx.x < 32)
    asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1, %2};" ::"r"(at), "r"(n), "r"(n) : "memory");
}
