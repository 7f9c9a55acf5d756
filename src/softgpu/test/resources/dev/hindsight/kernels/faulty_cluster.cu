// Kernels that each make one mistake between the blocks of a cluster. One cluster of two blocks of 64 threads; x has
// n = 64 floats.
#include <cooperative_groups.h>
#define KERNEL extern "C" __global__ void __cluster_dims__(2)
namespace cg = cooperative_groups;

__device__ unsigned at(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }

__device__ unsigned other(unsigned address) {
  unsigned there, rank = cg::this_cluster().block_rank() ^ 1;
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(rank));
  return there;
}

KERNEL no_cluster_barrier(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  s[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  float v = cluster.map_shared_rank(s, cluster.block_rank() ^ 1)[threadIdx.x];
  cluster.sync();
  x[threadIdx.x] = v;
}

KERNEL overwritten_too_early(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  s[threadIdx.x] = x[threadIdx.x];
  cluster.sync();
  float v = cluster.map_shared_rank(s, cluster.block_rank() ^ 1)[63 - threadIdx.x];
  s[threadIdx.x] = v;  // the other block may read it still
  cluster.sync();
  x[threadIdx.x] = s[threadIdx.x];
}

KERNEL after_the_arrival(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  cluster.barrier_arrive();
  s[threadIdx.x] = x[threadIdx.x];
  cluster.barrier_wait();
  float v = cluster.map_shared_rank(s, cluster.block_rank() ^ 1)[threadIdx.x];
  cluster.sync();
  x[threadIdx.x] = v;
}

KERNEL two_blocks_write(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  cluster.sync();
  cluster.map_shared_rank(s, 1)[threadIdx.x] = (float)cluster.block_rank();
  cluster.sync();
  if (cluster.block_rank() == 1) x[threadIdx.x] = s[threadIdx.x];
}

KERNEL past_the_others_end(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  s[threadIdx.x] = x[threadIdx.x];
  cluster.sync();
  cluster.map_shared_rank(s, cluster.block_rank() ^ 1)[threadIdx.x + 1] = 1;
  cluster.sync();
}

KERNEL unwritten_there(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  if (threadIdx.x < 63) s[threadIdx.x] = x[threadIdx.x];
  cluster.sync();
  x[threadIdx.x] = cluster.map_shared_rank(s, cluster.block_rank() ^ 1)[threadIdx.x];
  cluster.sync();
}

KERNEL no_last_barrier(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  s[threadIdx.x] = x[threadIdx.x];
  cluster.sync();
  x[threadIdx.x] = cluster.map_shared_rank(s, cluster.block_rank() ^ 1)[threadIdx.x];
}

KERNEL long_gone(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  s[threadIdx.x] = x[threadIdx.x];
  cluster.sync();
  if (cluster.block_rank() == 1) return;
  for (int i = 0; i < 500 * n; i++) x[threadIdx.x] += 1;
  x[threadIdx.x] = cluster.map_shared_rank(s, 1)[threadIdx.x];
}

KERNEL wrong_rank(float* x, int n) {
  __shared__ float s[64];
  cg::cluster_group cluster = cg::this_cluster();
  s[threadIdx.x] = x[threadIdx.x];
  cluster.sync();
  x[threadIdx.x] = cluster.map_shared_rank(s, n / 32)[threadIdx.x];
  cluster.sync();
}

KERNEL not_of_the_cluster(float* x, int n) {
  __shared__ float s[64];
  s[threadIdx.x] = x[threadIdx.x];
  cg::this_cluster().sync();
  float v;
  asm volatile("ld.shared.f32 %0, [%1];" : "=f"(v) : "r"(other(at(s))));
  cg::this_cluster().sync();
  x[threadIdx.x] = v;
}

KERNEL half_of_a_warp(float* x, int n) {
  if (cg::this_cluster().block_rank() == 1 && threadIdx.x % 32 < 16) {
    x[threadIdx.x] = __shfl_sync(~0u, 1.0f, 20);
  } else {
    cg::this_cluster().sync();
  }
}

KERNEL arrives_twice(float* x, int n) {
  cg::this_cluster().barrier_arrive();
  if (threadIdx.x == n / 2) cg::this_cluster().barrier_arrive();
  cg::this_cluster().barrier_wait();
}

KERNEL waits_only(float* x, int n) {
  if (threadIdx.x < n) asm volatile("barrier.cluster.wait;" ::: "memory");
}

__device__ void init(unsigned bar, unsigned count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(count) : "memory");
}

__device__ void send(unsigned to, float v, unsigned bar) {
  asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.f32 [%0], %1, [%2];" ::"r"(to), "f"(v), "r"(bar)
               : "memory");
}

KERNEL sent_and_not_awaited(float* x, int n) {
  __shared__ float s[64];
  __shared__ unsigned long long came;
  if (threadIdx.x == 0) init(at(&came), 1);
  cg::this_cluster().sync();
  send(other(at(&s[threadIdx.x])), x[threadIdx.x], other(at(&came)));
  cg::this_cluster().sync();
  float v = s[threadIdx.x];
  cg::this_cluster().sync();
  x[threadIdx.x] = v;
}

KERNEL barrier_of_another_block(float* x, int n) {
  __shared__ float s[64];
  __shared__ unsigned long long came;
  if (threadIdx.x == 0) init(at(&came), 1);
  cg::this_cluster().sync();
  send(other(at(&s[threadIdx.x])), x[threadIdx.x], at(&came));
  cg::this_cluster().sync();
}

KERNEL nothing_there_to_arrive_at(float* x, int n) {
  __shared__ unsigned long long came;
  if (threadIdx.x == 0 && blockIdx.x == 0) init(at(&came), 1);
  if (n == 0) came = 0;
  cg::this_cluster().sync();
  asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(other(at(&came))) : "memory");
  cg::this_cluster().sync();
}

KERNEL nobody_arrives_there(float* x, int n) {
  __shared__ unsigned long long came;
  if (threadIdx.x == 0) init(at(&came), 65);
  cg::this_cluster().sync();
  asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(other(at(&came))) : "memory");
  unsigned done = 0;
  while (!done)
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }"
                 : "=r"(done) : "r"(at(&came)) : "memory");
  cg::this_cluster().sync();
}

KERNEL multicast_beyond(float* x, int n) {
  __shared__ alignas(16) float s[64];
  __shared__ unsigned long long came;
  if (threadIdx.x == 0) init(at(&came), 1);
  cg::this_cluster().sync();
  if (threadIdx.x == 0 && blockIdx.x == 0)
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], 256, [%2], %3;" ::
                     "r"(at(s)), "l"(x), "r"(at(&came)), "h"((short)(n / 16 + 1))
                 : "memory");
  cg::this_cluster().sync();
}
