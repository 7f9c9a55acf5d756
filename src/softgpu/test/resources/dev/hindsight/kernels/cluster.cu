// Blocks of a cluster that work together: through each other's shared memory, with barriers of the cluster and mbarriers
// of one block that another arrives at. Blocks of 64 threads, in clusters as the launch names them.
#include <cooperative_groups.h>
#include <cuda.h>
#define KERNEL extern "C" __global__ void
namespace cg = cooperative_groups;

__device__ unsigned at(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }

__device__ unsigned mapped(unsigned address, unsigned rank) {
  unsigned there;
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(rank));
  return there;
}

__device__ void init(unsigned bar, unsigned count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(count) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ void expect(unsigned bar, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.release.cluster.shared::cta.b64 _, [%0], %1;" ::"r"(bar), "r"(bytes) : "memory");
}

__device__ void await(unsigned bar, unsigned parity) {
  asm volatile(
      "{\n.reg .pred done;\nagain:\n"
      "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again;\n}" ::"r"(bar), "r"(parity) : "memory");
}

// The bins are spread over the blocks, as in the Programming Guide.
KERNEL cluster_histogram(const int* x, int* y, int n, int bins) {
  extern __shared__ int mine[];
  cg::cluster_group cluster = cg::this_cluster();
  int each = bins / cluster.num_blocks();
  for (int i = threadIdx.x; i < each; i += blockDim.x) mine[i] = 0;
  cluster.sync();
  for (int i = cg::this_grid().thread_rank(); i < n; i += cg::this_grid().size()) {
    int bin = x[i] % bins;
    atomicAdd(cluster.map_shared_rank(mine, bin / each) + bin % each, 1);
  }
  cluster.sync();
  for (int i = threadIdx.x; i < each; i += blockDim.x) atomicAdd(&y[cluster.block_rank() * each + i], mine[i]);
}

// Each block leaves its sum with the first one of its cluster.
KERNEL cluster_sum(const int* x, int* y, int n) {
  __shared__ int sums[16], warps[2];
  cg::cluster_group cluster = cg::this_cluster();
  int v = 0;
  for (int i = cluster.thread_rank(); i < n; i += cluster.num_threads()) v += x[i];
  for (int by = 16; by > 0; by /= 2) v += __shfl_down_sync(~0u, v, by);
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = v;
  __syncthreads();
  cluster.sync();
  if (threadIdx.x == 0) *cluster.map_shared_rank(&sums[cluster.block_rank()], 0) = warps[0] + warps[1];
  cluster.sync();
  if (cluster.thread_rank() == 0) {
    int sum = 0;
    for (int rank = 0; rank < cluster.num_blocks(); rank++) sum += sums[rank];
    y[blockIdx.x / cluster.num_blocks()] = sum;
  }
}

// Numbers go round n times; each block has two places for them, and lends one out when it has read it.
KERNEL cluster_ring(const int* x, int* y, int n) {
  __shared__ int s[2][64];
  __shared__ unsigned long long came[2], room[2];
  cg::cluster_group cluster = cg::this_cluster();
  int i = threadIdx.x, size = cluster.num_blocks(), rank = cluster.block_rank();
  int next = (rank + 1) % size, before = (rank + size - 1) % size;
  if (i < 2) init(at(&came[i]), 1), init(at(&room[i]), 64);
  cluster.sync();
  int v = x[64 * rank + i];
  for (int k = 0; k < n; k++) {
    int place = k % 2;
    unsigned parity = k / 2 % 2;
    if (i == 0) expect(at(&came[place]), 256);
    if (k > 1) await(at(&room[place]), parity ^ 1);
    asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.s32 [%0], %1, [%2];" ::"r"(
                     mapped(at(&s[place][i]), next)),
                 "r"(v + k), "r"(mapped(at(&came[place]), next))
                 : "memory");
    await(at(&came[place]), parity);
    v = s[place][63 - i];
    asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(mapped(at(&room[place]), before))
                 : "memory");
  }
  cluster.sync();
  y[64 * rank + i] = v;
}

// The first block reads for all whose bits are set; the others get what it read.
KERNEL cluster_multicast(const int* x, int* y, int mask) {
  __shared__ alignas(16) int s[256];
  __shared__ unsigned long long came;
  cg::cluster_group cluster = cg::this_cluster();
  int rank = cluster.block_rank(), i = threadIdx.x;
  bool gets = mask >> rank & 1;
  if (i == 0) init(at(&came), 1);
  cluster.sync();
  if (i == 0 && gets) expect(at(&came), sizeof s);
  if (rank == 0 && i == 0)
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], %2, [%3], %4;" ::
                     "r"(at(s)), "l"(x), "r"(1024), "r"(at(&came)), "h"((short)mask)
                 : "memory");
  if (gets) await(at(&came), 0);
  for (int k = i; k < 256; k += 64) y[256 * rank + k] = gets ? s[k] + rank : -1;
  cluster.sync();
}

// Each block copies its part to the block that mirrors it, in bulk.
KERNEL cluster_mirror(const int* x, int* y) {
  __shared__ alignas(16) int s[64], t[64];
  __shared__ unsigned long long came;
  cg::cluster_group cluster = cg::this_cluster();
  int rank = cluster.block_rank(), other = cluster.num_blocks() - 1 - rank, i = threadIdx.x;
  s[i] = x[64 * rank + i];
  if (i == 0) {
    init(at(&came), 1);
    expect(at(&came), 256);
  }
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  cluster.sync();
  if (i == 0)
    asm volatile("cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                     mapped(at(t), other)),
                 "r"(at(s)), "r"(256), "r"(mapped(at(&came), other))
                 : "memory");
  await(at(&came), 0);
  y[64 * rank + i] = t[63 - i];
  cluster.sync();
}

// All add to a number of the last block, which an mbarrier there counts.
KERNEL cluster_async_sum(const int* x, int* y) {
  __shared__ unsigned sum, most;
  __shared__ unsigned long long came;
  cg::cluster_group cluster = cg::this_cluster();
  int last = cluster.num_blocks() - 1, rank = cluster.block_rank(), i = threadIdx.x;
  if (i == 0) {
    sum = most = 0;
    init(at(&came), 1);
    if (rank == last) expect(at(&came), 8 * 64 * cluster.num_blocks());
  }
  cluster.sync();
  unsigned v = x[64 * rank + i], bar = mapped(at(&came), last);
  asm volatile("red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes.add.u32 [%0], %1, [%2];" ::"r"(
                   mapped(at(&sum), last)),
               "r"(v), "r"(bar)
               : "memory");
  asm volatile("red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes.max.u32 [%0], %1, [%2];" ::"r"(
                   mapped(at(&most), last)),
               "r"(v), "r"(bar)
               : "memory");
  if (rank == last) {
    await(at(&came), 0);
    if (i == 0) y[0] = sum, y[1] = most;
  }
  cluster.sync();
}

// Work between arrival and wait; four words at once from the neighbour, and pairs to it.
KERNEL cluster_halo(const int4* x, int4* y) {
  __shared__ int4 s[64], t[64];
  cg::cluster_group cluster = cg::this_cluster();
  int rank = cluster.block_rank(), size = cluster.num_blocks(), i = threadIdx.x;
  s[i] = x[64 * rank + i];
  asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
  int4 own = s[i];
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
  int a, b, c, d;
  unsigned from = mapped(at(&s[63 - i]), (rank + 1) % size);
  asm volatile("ld.shared::cluster.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "r"(from));
  unsigned to = mapped(at(&t[i]), (rank + 1) % size);
  asm volatile("st.shared::cluster.v2.u32 [%0], {%1, %2};" ::"r"(to), "r"(a), "r"(b) : "memory");
  int old;
  asm volatile("st.shared::cluster.v2.u32 [%0+8], {%1, %2};" ::"r"(to), "r"(c), "r"(d) : "memory");
  asm volatile("atom.shared::cluster.exch.b32 %0, [%1+12], %2;" : "=r"(old) : "r"(to), "r"(own.w) : "memory");
  cluster.sync();
  y[64 * rank + i] = make_int4(t[i].x, t[i].y, old, t[i].w);
}

// Where a thread and its shared memory are.
KERNEL cluster_places(int* y) {
  __shared__ int s[1];
  cg::cluster_group cluster = cg::this_cluster();
  int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  if (threadIdx.x != 0) return;
  int* to = y + 20 * block;
  unsigned v;
#define SPECIAL(k, name)                  \
  asm volatile("mov.u32 %0, %%" name ";" : "=r"(v)); \
  to[k] = v;
  SPECIAL(0, "clusterid.x") SPECIAL(1, "clusterid.y") SPECIAL(2, "clusterid.z")
  SPECIAL(3, "nclusterid.x") SPECIAL(4, "nclusterid.y") SPECIAL(5, "nclusterid.z")
  SPECIAL(6, "cluster_ctaid.x") SPECIAL(7, "cluster_ctaid.y") SPECIAL(8, "cluster_ctaid.z")
  SPECIAL(9, "cluster_nctaid.x") SPECIAL(10, "cluster_nctaid.y") SPECIAL(11, "cluster_nctaid.z")
  SPECIAL(12, "cluster_ctarank") SPECIAL(13, "cluster_nctarank")
  to[14] = __clusterDimIsSpecified();
  int last = cluster.num_blocks() - 1;
  int* there = cluster.map_shared_rank(s, last);
  to[15] = cluster.query_shared_rank(there);
  to[16] = cluster.query_shared_rank(s);
  unsigned own, any, global;
  asm("{.reg .pred p; isspacep.shared::cta p, %1; selp.u32 %0, 1, 0, p;}" : "=r"(own) : "l"(there));
  asm("{.reg .pred p; isspacep.shared::cluster p, %1; selp.u32 %0, 1, 0, p;}" : "=r"(any) : "l"(there));
  asm("{.reg .pred p; isspacep.global p, %1; selp.u32 %0, 1, 0, p;}" : "=r"(global) : "l"(there));
  to[17] = own, to[18] = any, to[19] = global;
}

// Blocks hand each other what they left in global memory.
KERNEL cluster_through_global(const int* x, int* y, int* z) {
  cg::cluster_group cluster = cg::this_cluster();
  int size = cluster.num_blocks(), rank = cluster.block_rank(), i = threadIdx.x;
  y[64 * rank + i] = x[64 * rank + i];
  cluster.sync();
  z[64 * rank + i] = y[64 * ((rank + 1) % size) + 63 - i];
}

// One block reads a tile of a matrix for all whose bits are set, the last one another for itself and the first.
KERNEL cluster_tiles(const __grid_constant__ CUtensorMap map, int* y, int mask) {
  __shared__ alignas(128) int s[64], t[64];
  __shared__ unsigned long long came[2];
  cg::cluster_group cluster = cg::this_cluster();
  int rank = cluster.block_rank(), last = cluster.num_blocks() - 1, i = threadIdx.x;
  bool gets = mask >> rank & 1;
  if (i < 2) init(at(&came[i]), 1);
  cluster.sync();
  if (i == 0 && gets) expect(at(&came[0]), sizeof s);
  if (i == 0 && rank == 0) expect(at(&came[1]), sizeof t);
  if (rank == 1 && i == 0)
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], "
                 "[%1, {2, 1}], [%2], %3;" ::"r"(at(s)),
                 "l"(&map), "r"(at(&came[0])), "h"((short)mask)
                 : "memory");
  if (rank == last && i == 0)
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {0, 3}], [%2];" ::
                     "r"(mapped(at(t), 0)),
                 "l"(&map), "r"(mapped(at(&came[1]), 0))
                 : "memory");
  if (gets) await(at(&came[0]), 0);
  if (rank == 0) await(at(&came[1]), 0);
  y[64 * rank + i] = (gets ? s[i] : 0) + 1000 * (rank == 0 ? t[i] : 0);
  cluster.sync();
}

// Each block adds its numbers to those of the next one, in bulk.
KERNEL cluster_fold(const int* x, int* y) {
  __shared__ alignas(16) int s[64], t[64];
  __shared__ unsigned long long came;
  cg::cluster_group cluster = cg::this_cluster();
  int rank = cluster.block_rank(), next = (rank + 1) % cluster.num_blocks(), i = threadIdx.x;
  s[i] = t[i] = x[64 * rank + i];
  if (i == 0) init(at(&came), 1), expect(at(&came), 256);
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  cluster.sync();
  if (i == 0)
    asm volatile("cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.add.u32 [%0], [%1], %2, [%3];" ::
                     "r"(mapped(at(t), next)),
                 "r"(at(s)), "r"(256), "r"(mapped(at(&came), next))
                 : "memory");
  await(at(&came), 0);
  y[64 * rank + i] = t[i];
  cluster.sync();
}
