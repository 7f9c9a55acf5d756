// What newer code waits with: barriers in shared memory, pipelines of copies, bulk copies that a barrier counts, and
// stores of matrices. Blocks of 64 threads.
#include <cooperative_groups.h>
#include <cuda/barrier>
#include <cuda/pipeline>
#define KERNEL extern "C" __global__ void
#define AT (blockIdx.x * blockDim.x + threadIdx.x)
using barrier = cuda::barrier<cuda::thread_scope_block>;
namespace cg = cooperative_groups;

// Each turn all threads read what all wrote in the one before.
KERNEL rounds(const int* x, int* y, int n) {
  __shared__ barrier all;
  __shared__ int s[2][64];
  if (threadIdx.x == 0) init(&all, blockDim.x);
  __syncthreads();
  int i = threadIdx.x;
  s[0][i] = x[AT];
  all.arrive_and_wait();
  for (int k = 0; k < n; k++) {
    s[(k + 1) % 2][i] = s[k % 2][i] + s[k % 2][(i + 1) % 64];
    all.arrive_and_wait();
  }
  y[AT] = s[n % 2][i];
}

// One warp fills two buffers in turns, another one empties them.
KERNEL handed_over(const int* x, int* y, int n) {
  __shared__ barrier ready[2], filled[2];
  __shared__ int s[2][32];
  if (threadIdx.x < 2) {
    init(&ready[threadIdx.x], 64);
    init(&filled[threadIdx.x], 64);
  }
  __syncthreads();
  int lane = threadIdx.x % 32;
  if (threadIdx.x < 32) {
    for (int k = 0; k < n; k++) {
      ready[k % 2].arrive_and_wait();
      s[k % 2][lane] = x[32 * k + lane];
      barrier::arrival_token token = filled[k % 2].arrive();
      (void)token;
    }
  } else {
    barrier::arrival_token a = ready[0].arrive();
    barrier::arrival_token b = ready[1].arrive();
    (void)a, (void)b;
    int sum = 0;
    for (int k = 0; k < n; k++) {
      filled[k % 2].arrive_and_wait();
      sum += s[k % 2][31 - lane] * (k + 1);
      barrier::arrival_token token = ready[k % 2].arrive();
      (void)token;
    }
    y[lane] = sum;
  }
}

// Copies run ahead of what is computed from them.
KERNEL pipelined(const int* x, int* y, int n) {
  constexpr int STAGES = 2;
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, STAGES> state;
  __shared__ int s[STAGES][64];
  auto block = cg::this_thread_block();
  auto pipeline = cuda::make_pipeline(block, &state);
  int sum = 0;
  for (int k = 0, next = 0; k < n; k++) {
    for (; next < n && next < k + STAGES; next++) {
      pipeline.producer_acquire();
      cuda::memcpy_async(block, s[next % STAGES], x + 64 * next, cuda::aligned_size_t<16>(sizeof s[0]), pipeline);
      pipeline.producer_commit();
    }
    pipeline.consumer_wait();
    sum += s[k % STAGES][63 - threadIdx.x] * (k + 1);
    pipeline.consumer_release();
  }
  y[threadIdx.x] = sum;
}

// The copy tells the barrier how many bytes came; the last one goes back by a bulk copy, too.
KERNEL in_bulk(const int* x, int* y, int n) {
  __shared__ alignas(128) int s[256];
  __shared__ barrier came;
  if (threadIdx.x == 0) init(&came, blockDim.x);
  __syncthreads();
  for (int k = 0; k < n; k++) {
    barrier::arrival_token token;
    if (threadIdx.x == 0) {
      cuda::device::memcpy_async_tx(s, x + 256 * k, cuda::aligned_size_t<16>(sizeof s), came);
      token = cuda::device::barrier_arrive_tx(came, 1, sizeof s);
    } else {
      token = came.arrive();
    }
    came.wait(std::move(token));
    for (int i = threadIdx.x; i < 256; i += 64) s[i] = s[i] * 2 + k;
    asm volatile("fence.proxy.async.shared::cta;");
    __syncthreads();
    if (threadIdx.x == 0) {
      unsigned from = (unsigned)__cvta_generic_to_shared(s);
      asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(y + 256 * k), "r"(from), "r"(1024)
                   : "memory");
      asm volatile("cp.async.bulk.commit_group;\n cp.async.bulk.wait_group.read 0;" ::: "memory");
    }
    __syncthreads();
  }
}

// Copies of single threads that a barrier waits for.
KERNEL counted_copies(const int* x, int* y) {
  __shared__ alignas(8) unsigned long long bar;
  __shared__ int s[64];
  unsigned at = (unsigned)__cvta_generic_to_shared(&bar);
  unsigned to = (unsigned)__cvta_generic_to_shared(&s[threadIdx.x]);
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 64;" ::"r"(at) : "memory");
  __syncthreads();
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(to), "l"(x + threadIdx.x) : "memory");
  asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(at) : "memory");
  unsigned done = 0;
  while (!done)
    asm volatile("{ .reg .pred p; mbarrier.test_wait.parity.shared.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(at)
                 : "memory");
  y[threadIdx.x] = s[63 - threadIdx.x];
}

// A matrix of 16-bit elements, 16 x 16, as mma has it, to shared memory: as it is, and transposed.
KERNEL stored_matrix(const unsigned* x, unsigned* y) {
  __shared__ alignas(16) unsigned s[128], t[128];
  unsigned r[4];
  if (threadIdx.x >= 32) return;
  int lane = threadIdx.x;
  for (int i = 0; i < 4; i++) r[i] = x[32 * i + lane];
  unsigned a = (unsigned)__cvta_generic_to_shared(s + 4 * lane), b = (unsigned)__cvta_generic_to_shared(t + 4 * lane);
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(a), "r"(r[0]), "r"(r[1]),
               "r"(r[2]), "r"(r[3])
               : "memory");
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(b), "r"(r[0]), "r"(r[1]),
               "r"(r[2]), "r"(r[3])
               : "memory");
  __syncwarp();
  for (int i = lane; i < 128; i += 32) {
    y[i] = s[i];
    y[128 + i] = t[i];
  }
}

KERNEL dependent(const int* x, int* y) {
  asm volatile("griddepcontrol.launch_dependents;");
  asm volatile("griddepcontrol.wait;" ::: "memory");
  y[AT] = x[AT] + 1;
}
