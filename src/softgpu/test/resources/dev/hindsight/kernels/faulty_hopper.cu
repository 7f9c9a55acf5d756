// Kernels that each make one mistake with what sm_90 has. One block of 64 threads; the map is of x, 8 rows of 8 floats,
// which it takes as a whole.
#include <cuda.h>
#define KERNEL extern "C" __global__ void
#define MAP const __grid_constant__ CUtensorMap map
#define SHARED(p) ((unsigned)__cvta_generic_to_shared(p))

__device__ __forceinline__ void begin(unsigned long long* bar) {
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(SHARED(bar)) : "memory");
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], 256;" ::"r"(SHARED(bar)) : "memory");
  }
  __syncthreads();
}
__device__ __forceinline__ void wait(unsigned long long* bar) {
  unsigned done = 0;
  while (!done)
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(SHARED(bar))
                 : "memory");
}
#define LOAD(to, of, bar)                                                                                          \
  if (threadIdx.x == 0)                                                                                            \
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, " \
               "%2}], [%3];" ::"r"(to),                                                                            \
               "l"(of), "r"(0), "r"(SHARED(bar))                                                                   \
               : "memory")
#define PARTS __shared__ alignas(128) float s[64]; __shared__ alignas(8) unsigned long long bar; begin(&bar)

KERNEL tensor_no_wait(MAP, float* x) {
  PARTS;
  LOAD(SHARED(s), &map, &bar);
  __syncthreads();
  x[threadIdx.x] = s[threadIdx.x];
}

KERNEL tensor_of_nothing(MAP, float* x, float* y) {
  PARTS;
  LOAD(SHARED(s), y, &bar);
}

KERNEL tensor_misaligned(MAP, float* x) {
  __shared__ alignas(128) float s[128];
  __shared__ alignas(8) unsigned long long bar;
  begin(&bar);
  LOAD(SHARED(s + 4), &map, &bar);
}

KERNEL tensor_other_rank(MAP, float* x) {
  PARTS;
  if (threadIdx.x == 0)
    asm volatile("cp.async.bulk.tensor.1d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2}], "
                 "[%3];" ::"r"(SHARED(s)),
                 "l"(&map), "r"(0), "r"(SHARED(&bar))
                 : "memory");
}

KERNEL tensor_past_shared_end(MAP, float* x) {
  __shared__ alignas(128) float s[60];
  __shared__ alignas(8) unsigned long long bar;
  begin(&bar);
  LOAD(SHARED(s), &map, &bar);
  if (x[0] == 77) x[1] = s[threadIdx.x % 60];
}

KERNEL tensor_bytes_forgotten(MAP, float* x) {
  __shared__ alignas(128) float s[64];
  __shared__ alignas(8) unsigned long long bar;
  begin(&bar);
  if (threadIdx.x == 0) asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], 4;" ::"r"(SHARED(&bar)));
  LOAD(SHARED(s), &map, &bar);
  wait(&bar);
  x[threadIdx.x] = s[threadIdx.x];
}

KERNEL tensor_stores_unwritten(MAP, float* x) {
  __shared__ alignas(128) float s[64];
  if (threadIdx.x < 60) s[threadIdx.x] = 1;
  __syncthreads();
  if (threadIdx.x == 0)
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %1}], [%2];" ::"l"(&map), "r"(0),
                 "r"(SHARED(s))
                 : "memory");
}

KERNEL tensor_past_end(MAP, float* x, CUtensorMap* longer) {
  PARTS;
  if (threadIdx.x < 16) ((double*)longer)[threadIdx.x] = ((const double*)&map)[threadIdx.x];
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("tensormap.replace.tile.global_address.global.b1024.b64 [%0], %1;" ::"l"(longer), "l"(x + 4) : "memory");
    asm volatile("fence.proxy.tensormap::generic.acquire.gpu [%0], 128;" ::"l"(longer) : "memory");
  }
  LOAD(SHARED(s), longer, &bar);
}

KERNEL fold_misaligned(MAP, float* x) {
  __shared__ alignas(16) float s[64];
  s[threadIdx.x] = 1;
  __syncthreads();
  if (threadIdx.x == 0)
    asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], %2;" ::"l"(x + 1),
                 "r"(SHARED(s)), "r"(64)
                 : "memory");
}

// Rows of sixteen halves in shared memory, eight rows of eight side by side.
__device__ __forceinline__ unsigned long long rows(const void* p) {
  return (SHARED(p) & 0x3ffff) >> 4 | 128ull / 16 << 16 | 256ull / 16 << 32;
}
#define PROXY_FENCE asm volatile("fence.proxy.async.shared::cta;" ::: "memory")
#define FENCE asm volatile("wgmma.fence.sync.aligned;" ::: "memory")
#define COMMIT asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory")
#define AWAIT asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory")
#define MULTIPLY                                                                                                   \
  asm volatile(                                                                                                    \
      "{ .reg .pred p; setp.ne.b32 p, %6, 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%0, %1, %2, %3}, " \
      "%4, %5, p, 1, 1, 0, 0; }"                                                                                   \
      : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3)                                                                     \
      : "l"(rows(a)), "l"(rows(b)), "r"(1)                                                                         \
      : "memory")
#define HALVES(count)                                                                                              \
  __shared__ alignas(128) unsigned a[512], b[64];                                                                  \
  for (int i = threadIdx.x; i < 512; i += 64) a[i] = 0x3c003c00;                                                   \
  if (threadIdx.x < count) b[threadIdx.x] = 0x3c003c00;                                                            \
  PROXY_FENCE;                                                                                                     \
  float d0 = x[0], d1 = x[1], d2 = x[2], d3 = x[3];                                                                \
  __syncthreads()

KERNEL wgmma_no_fence(float* x, int n) {
  HALVES(64);
  MULTIPLY;
  COMMIT;
  AWAIT;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}

KERNEL wgmma_changed_since_fence(float* x, int n) {
  HALVES(64);
  FENCE;
  asm volatile("add.f32 %0, %0, %0;" : "+f"(d3));
  MULTIPLY;
  COMMIT;
  AWAIT;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}

KERNEL wgmma_no_wait(float* x, int n) {
  HALVES(64);
  FENCE;
  MULTIPLY;
  COMMIT;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
  AWAIT;
}

KERNEL wgmma_unwritten(float* x, int n) {
  HALVES(60);
  FENCE;
  MULTIPLY;
  COMMIT;
  AWAIT;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}

KERNEL wgmma_half_a_group(float* x, int n) {
  HALVES(64);
  FENCE;
  MULTIPLY;
  COMMIT;
  AWAIT;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}

KERNEL wgmma_no_proxy_fence(float* x, int n) {
  HALVES(64);
  b[threadIdx.x] = 0x38003800;
  __syncthreads();
  FENCE;
  MULTIPLY;
  COMMIT;
  AWAIT;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}

KERNEL wgmma_overwritten(float* x, int n) {
  HALVES(64);
  FENCE;
  MULTIPLY;
  COMMIT;
  __syncthreads();
  b[threadIdx.x] = 0x38003800;
  AWAIT;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}

// The other warp has seen that the product began, and not that it ended.
KERNEL wgmma_overwritten_behind_its_wait(float* x, int n) {
  HALVES(64);
  FENCE;
  MULTIPLY;
  COMMIT;
  __syncthreads();
  AWAIT;
  if (threadIdx.x >= 32) b[threadIdx.x] = 0x3c003c00;
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}

#define BULK                                                                                                \
  if (threadIdx.x == 0)                                                                                     \
  asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 256; cp.async.bulk.commit_group;" ::"l"(x), \
               "r"(SHARED(s))                                                                               \
               : "memory")
#define BULK_AWAIT \
  if (threadIdx.x == 0) asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory")

KERNEL bulk_no_proxy_fence(float* x) {
  __shared__ alignas(16) float s[64];
  s[threadIdx.x] = 1;
  __syncthreads();
  BULK;
  BULK_AWAIT;
}

KERNEL bulk_overwritten(float* x) {
  __shared__ alignas(16) float s[64];
  s[threadIdx.x] = 1;
  PROXY_FENCE;
  __syncthreads();
  BULK;
  __syncthreads();
  s[threadIdx.x] = 2;
  BULK_AWAIT;
}
