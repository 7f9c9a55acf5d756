// Copies of parts of tensors, by maps of theirs. One block of 64 threads; parts are 16 KB at the most.
#include <cuda.h>
#define KERNEL extern "C" __global__ void
#define MAP const __grid_constant__ CUtensorMap map
#define PLACE int c0, int c1, int c2, int c3, int c4
#define SHARED(p) ((unsigned)__cvta_generic_to_shared(p))

__device__ void begin(unsigned long long* bar) {
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(SHARED(bar)) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
}

__device__ void expect(unsigned long long* bar, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(SHARED(bar)), "r"(bytes) : "memory");
}

__device__ void wait(unsigned long long* bar, int parity) {
  unsigned done = 0;
  while (!done)
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(SHARED(bar)), "r"(parity)
                 : "memory");
}

// The part as it lies in shared memory.
#define LOAD(name, rank, at, more)                                                                                \
  KERNEL name(MAP, uint4* y, int bytes, PLACE, short o0, short o1, short o2) {                                     \
    __shared__ alignas(1024) uint4 s[1024];                                                                        \
    __shared__ alignas(8) unsigned long long bar;                                                                  \
    begin(&bar);                                                                                                   \
    if (threadIdx.x == 0) {                                                                                        \
      asm volatile("cp.async.bulk.tensor." rank ".mbarrier::complete_tx::bytes [%0], [%1, {" at "}], [%2]" more "; \
                   // %3 %4 %5 %6 %7 %8 %9 %10" ::"r"(SHARED(s)),                                                  \
                   "l"(&map), "r"(SHARED(&bar)), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4), "h"(o0), "h"(o1),    \
                   "h"(o2)                                                                                         \
                   : "memory");                                                                                    \
      expect(&bar, bytes);                                                                                         \
    }                                                                                                              \
    wait(&bar, 0);                                                                                                 \
    for (int i = threadIdx.x; i < bytes / 16; i += 64) y[i] = s[i];                                                \
  }

LOAD(load_1d, "1d.shared::cluster.global.tile", "%3", "")
LOAD(load_2d, "2d.shared::cluster.global.tile", "%3, %4", "")
LOAD(load_3d, "3d.shared::cluster.global", "%3, %4, %5", "")
LOAD(load_4d, "4d.shared::cluster.global.tile", "%3, %4, %5, %6", "")
LOAD(load_5d, "5d.shared::cluster.global.tile", "%3, %4, %5, %6, %7", "")
LOAD(columns_3d, "3d.shared::cluster.global.im2col", "%3, %4, %5", ", {%8}")
LOAD(columns_4d, "4d.shared::cluster.global.im2col", "%3, %4, %5, %6", ", {%8, %9}")
LOAD(columns_5d, "5d.shared::cluster.global.im2col", "%3, %4, %5, %6, %7", ", {%8, %9, %10}")

// What x holds goes to the part, or is combined with it.
#define STORE(name, how, at)                                                                                      \
  KERNEL name(MAP, const uint4* x, int bytes, PLACE) {                                                             \
    __shared__ alignas(1024) uint4 s[1024];                                                                        \
    for (int i = threadIdx.x; i < bytes / 16; i += 64) s[i] = x[i];                                                \
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");                                                   \
    __syncthreads();                                                                                               \
    if (threadIdx.x == 0) {                                                                                        \
      asm volatile("cp." how ".bulk_group [%0, {" at "}], [%1]; // %2 %3 %4 %5 %6" ::"l"(&map), "r"(SHARED(s)),    \
                   "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4)                                                     \
                   : "memory");                                                                                    \
      asm volatile("cp.async.bulk.commit_group;\n cp.async.bulk.wait_group.read 0;" ::: "memory");                 \
    }                                                                                                              \
  }

STORE(store_1d, "async.bulk.tensor.1d.global.shared::cta.tile", "%2")
STORE(store_2d, "async.bulk.tensor.2d.global.shared::cta", "%2, %3")
STORE(store_3d, "async.bulk.tensor.3d.global.shared::cta.tile", "%2, %3, %4")
STORE(store_4d, "async.bulk.tensor.4d.global.shared::cta.tile", "%2, %3, %4, %5")
STORE(store_5d, "async.bulk.tensor.5d.global.shared::cta.tile", "%2, %3, %4, %5, %6")
STORE(store_columns_4d, "async.bulk.tensor.4d.global.shared::cta.im2col_no_offs", "%2, %3, %4, %5")
#define REDUCE(what) STORE(what##_2d, "reduce.async.bulk.tensor.2d.global.shared::cta." #what ".tile", "%2, %3")
REDUCE(add)
REDUCE(min)
REDUCE(max)
REDUCE(inc)
REDUCE(dec)
REDUCE(and)
REDUCE(or)
REDUCE(xor)

// Without a tensor: n elements of y combined with those of x.
#define FOLD(name, what)                                                                                          \
  KERNEL name(const uint4* x, void* y, int bytes) {                                                                \
    __shared__ alignas(16) uint4 s[64];                                                                            \
    if (threadIdx.x < bytes / 16) s[threadIdx.x] = x[threadIdx.x];                                                 \
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");                                                   \
    __syncthreads();                                                                                               \
    if (threadIdx.x == 0)                                                                                          \
      asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group." what " [%0], [%1], %2;" ::"l"(y),         \
                   "r"(SHARED(s)), "r"(bytes)                                                                      \
                   : "memory");                                                                                    \
  }
FOLD(fold_add_f32, "add.f32")
FOLD(fold_add_f64, "add.f64")
FOLD(fold_add_f16, "add.noftz.f16")
FOLD(fold_add_bf16, "add.noftz.bf16")
FOLD(fold_min_f16, "min.f16")
FOLD(fold_max_bf16, "max.bf16")
FOLD(fold_min_s32, "min.s32")
FOLD(fold_max_u64, "max.u64")
FOLD(fold_inc_u32, "inc.u32")
FOLD(fold_xor_b64, "xor.b64")

// In shared memory, where a barrier counts what has come.
KERNEL fold_shared(const unsigned* x, unsigned* y) {
  __shared__ alignas(16) unsigned s[64], t[64];
  __shared__ alignas(8) unsigned long long bar;
  s[threadIdx.x] = x[threadIdx.x];
  t[threadIdx.x] = 1000 + threadIdx.x;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  begin(&bar);
  if (threadIdx.x == 0) {
    asm volatile("cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.add.u32 [%0], [%1], %2, "
                 "[%3];" ::"r"(SHARED(t)),
                 "r"(SHARED(s)), "r"(256), "r"(SHARED(&bar))
                 : "memory");
    expect(&bar, 256);
  }
  wait(&bar, 0);
  y[threadIdx.x] = t[threadIdx.x];
}

// What came in bulk goes on in bulk, over what another warp stored.
KERNEL bulk_through(const unsigned* x, unsigned* y) {
  __shared__ alignas(16) unsigned s[64];
  __shared__ alignas(8) unsigned long long bar;
  if (threadIdx.x >= 32) {
    s[threadIdx.x - 32] = s[threadIdx.x] = 7;
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  }
  begin(&bar);
  if (threadIdx.x == 0) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 256, [%2];" ::"r"(SHARED(s)),
                 "l"(x), "r"(SHARED(&bar))
                 : "memory");
    expect(&bar, 256);
    wait(&bar, 0);
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 256;" ::"l"(y), "r"(SHARED(s)) : "memory");
    asm volatile("cp.async.bulk.commit_group; cp.async.bulk.wait_group.read 0;" ::: "memory");
    s[0] = 8;
  }
  __syncthreads();
  if (threadIdx.x >= 32) s[threadIdx.x] = x[threadIdx.x] + 1;
  __syncthreads();
  if (threadIdx.x == 0) { // who starts a copy may fence for who stored
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 256;" ::"l"(y + 64), "r"(SHARED(s)) : "memory");
    asm volatile("cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;" ::: "memory");
  }
}

// A map that the kernel makes from another one, in shared and then in global memory.
KERNEL replaced(MAP, CUtensorMap* made, const float* x, float* y, int width, int height) {
  __shared__ alignas(128) CUtensorMap mine;
  __shared__ alignas(1024) float s[64];
  __shared__ alignas(8) unsigned long long bar;
  if (threadIdx.x < 32) ((unsigned*)&mine)[threadIdx.x] = ((const unsigned*)&map)[threadIdx.x];
  begin(&bar);
#define REPLACE(what, ...) asm volatile("tensormap.replace.tile." what ";" ::"r"(SHARED(&mine)), ##__VA_ARGS__ : "memory")
  if (threadIdx.x == 0) {
    REPLACE("global_address.shared::cta.b1024.b64 [%0], %1", "l"(x));
    REPLACE("rank.shared::cta.b1024.b32 [%0], %1", "r"(1));
    REPLACE("global_dim.shared::cta.b1024.b32 [%0], 0, %1", "r"(width));
    REPLACE("global_dim.shared::cta.b1024.b32 [%0], 1, %1", "r"(height));
    REPLACE("global_stride.shared::cta.b1024.b64 [%0], 0, %1", "l"(width * 4L));
    REPLACE("box_dim.shared::cta.b1024.b32 [%0], 0, %1", "r"(8));
    REPLACE("box_dim.shared::cta.b1024.b32 [%0], 1, %1", "r"(8));
    REPLACE("element_stride.shared::cta.b1024.b32 [%0], 1, %1", "r"(1));
    REPLACE("elemtype.shared::cta.b1024.b32 [%0], 7");
    REPLACE("interleave_layout.shared::cta.b1024.b32 [%0], 0");
    REPLACE("swizzle_mode.shared::cta.b1024.b32 [%0], 0");
    REPLACE("fill_mode.shared::cta.b1024.b32 [%0], 1");
  }
  __syncthreads();
  if (threadIdx.x < 32) {
    asm volatile("tensormap.cp_fenceproxy.global.shared::cta.tensormap::generic.release.gpu.sync.aligned [%0], [%1], "
                 "128;" ::"l"(made),
                 "r"(SHARED(&mine))
                 : "memory");
    asm volatile("fence.proxy.tensormap::generic.acquire.gpu [%0], 128;" ::"l"(made) : "memory");
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("prefetch.tensormap [%0];" ::"l"(made) : "memory");
    asm volatile("cp.async.bulk.prefetch.tensor.2d.L2.global.tile [%0, {%1, %2}];" ::"l"(made), "r"(-1), "r"(-2));
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster "
                 "[%0], [%1, {%2, %3}], [%4], %5;" ::"r"(SHARED(s)),
                 "l"(made), "r"(-1), "r"(-2), "r"(SHARED(&bar)), "h"((short)1)
                 : "memory");
    expect(&bar, sizeof s);
  }
  wait(&bar, 0);
  y[threadIdx.x] = s[threadIdx.x];
}

// A parameter behind a generic address.
__device__ __noinline__ int sum(const int* x, int n) {
  int all = 0;
  for (int i = 0; i < n; i++) all += x[i] * (i + 1);
  return all;
}
struct Numbers {
  int x[8];
};
KERNEL parameter(const __grid_constant__ Numbers numbers, const int* x, int* y) {
  y[threadIdx.x] = sum(threadIdx.x % 2 ? numbers.x : x, 8);
}
