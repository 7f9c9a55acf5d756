// Sums, scans, histograms, sorts and what else moves integers, as sample collections write it. All but the few that say
// so run in one block, n is what their reference says.
#include <cooperative_groups.h>
#define KERNEL(name) extern "C" __global__ void name(const int* x, int* y, int n)
#define AT (int)(blockIdx.x * blockDim.x + threadIdx.x)
#define T (int)threadIdx.x
namespace cg = cooperative_groups;

KERNEL(tree_sum) {
  __shared__ int part[128];
  part[T] = AT < n ? x[AT] : 0;
  for (int half = 64; half > 0; half /= 2) {
    __syncthreads();
    if (T < half) part[T] += part[T + half];
  }
  if (T == 0) y[blockIdx.x] = part[0];
}

KERNEL(warp_sum) {
  int v = AT < n ? x[AT] : 0;
  for (int d = 16; d > 0; d /= 2) v += __shfl_down_sync(~0u, v, d);
  if (T % 32 == 0) y[AT / 32] = v;
}

KERNEL(redux_sum) {
  int v = __reduce_add_sync(~0u, AT < n ? x[AT] : 0);
  int m = __reduce_max_sync(~0u, AT < n ? x[AT] : 0);
  if (T % 32 == 0) y[AT / 32] = v + 1000003 * m;
}

KERNEL(atomic_extremes) {
  for (int i = AT; i < n; i += gridDim.x * blockDim.x) {
    atomicMin(&y[0], x[i]);
    atomicMax(&y[1], x[i]);
    atomicAdd(&y[2], x[i]);
    atomicXor(&y[3], x[i]);
  }
}

KERNEL(tile_sum) {
  auto tile = cg::tiled_partition<8>(cg::this_thread_block());
  int v = x[AT];
  for (int d = tile.size() / 2; d > 0; d /= 2) v += tile.shfl_xor(v, d);
  y[AT] = v * 8 + tile.thread_rank();
}

KERNEL(scan_doubling) {
  __shared__ int s[2][128];
  int from = 0;
  s[0][T] = x[T];
  for (int d = 1; d < n; d *= 2, from ^= 1) {
    __syncthreads();
    s[from ^ 1][T] = s[from][T] + (T >= d ? s[from][T - d] : 0);
  }
  y[T] = s[from][T];
}

KERNEL(scan_tree) {  // two numbers a thread, exclusive
  __shared__ int s[256];
  s[2 * T] = x[2 * T];
  s[2 * T + 1] = x[2 * T + 1];
  int d = 1;
  for (int k = n / 2; k > 0; k /= 2, d *= 2) {
    __syncthreads();
    if (T < k) s[d * (2 * T + 2) - 1] += s[d * (2 * T + 1) - 1];
  }
  if (T == 0) s[n - 1] = 0;
  for (int k = 1; k < n; k *= 2) {
    d /= 2;
    __syncthreads();
    if (T < k) {
      int low = d * (2 * T + 1) - 1, high = d * (2 * T + 2) - 1, was = s[low];
      s[low] = s[high];
      s[high] += was;
    }
  }
  __syncthreads();
  y[2 * T] = s[2 * T];
  y[2 * T + 1] = s[2 * T + 1];
}

__device__ int scan_block(int v) {  // inclusive
  __shared__ int sums[32];
  int lane = T % 32, warp = T / 32;
  for (int d = 1; d < 32; d *= 2) {
    int w = __shfl_up_sync(~0u, v, d);
    if (lane >= d) v += w;
  }
  __syncthreads();
  if (lane == 31) sums[warp] = v;
  __syncthreads();
  for (int k = 0; k < warp; k++) v += sums[k];
  return v;
}

KERNEL(scan_warps) { y[T] = scan_block(x[T]); }

KERNEL(scan_segments) {  // a number below 0 begins a segment
  __shared__ int s[128], f[128];
  s[T] = x[T];
  f[T] = x[T] < 0;
  for (int d = 1; d < n; d *= 2) {
    __syncthreads();
    int v = 0, g = 0;
    if (T >= d) v = f[T] ? 0 : s[T - d], g = f[T - d];
    __syncthreads();
    s[T] += v;
    f[T] |= g;
  }
  y[T] = s[T];
}

KERNEL(histogram) {
  if (AT < n) atomicAdd(&y[x[AT] & 15], 1);
}

KERNEL(histogram_private) {
  __shared__ int bins[16];
  if (T < 16) bins[T] = 0;
  __syncthreads();
  for (int i = AT; i < n; i += gridDim.x * blockDim.x) atomicAdd(&bins[x[i] & 15], 1);
  __syncthreads();
  if (T < 16) atomicAdd(&y[T], bins[T]);
}

KERNEL(histogram_matched) {
  bool in = AT < n;
  unsigned active = __ballot_sync(~0u, in);
  if (!in) return;
  unsigned same = __match_any_sync(active, x[AT] & 15);
  if (__ffs(same) - 1 == T % 32) atomicAdd(&y[x[AT] & 15], __popc(same));
}

KERNEL(sort_bitonic) {
  __shared__ int s[128];
  s[T] = x[T];
  for (int k = 2; k <= n; k *= 2) {
    for (int j = k / 2; j > 0; j /= 2) {
      __syncthreads();
      int other = T ^ j;
      if (other > T && (s[T] > s[other]) == ((T & k) == 0)) {
        int t = s[T];
        s[T] = s[other];
        s[other] = t;
      }
    }
  }
  __syncthreads();
  y[T] = s[T];
}

KERNEL(sort_odd_even) {
  extern __shared__ int dynamic[];
  for (int i = T; i < n; i += blockDim.x) dynamic[i] = x[i];
  for (int pass = 0; pass < n; pass++) {
    __syncthreads();
    int i = 2 * T + pass % 2;
    if (i + 1 < n && dynamic[i] > dynamic[i + 1]) {
      int t = dynamic[i];
      dynamic[i] = dynamic[i + 1];
      dynamic[i + 1] = t;
    }
  }
  __syncthreads();
  for (int i = T; i < n; i += blockDim.x) y[i] = dynamic[i];
}

KERNEL(sort_radix) {  // of numbers from 0, by one bit after the other
  __shared__ int s[128];
  int v = x[T];
  for (int bit = 0; bit < 20; bit++) {
    int one = v >> bit & 1;
    int ones = scan_block(one);
    __syncthreads();
    s[T] = ones;
    __syncthreads();
    int zeros = n - s[n - 1];
    int to = one ? zeros + ones - 1 : T - ones;
    __syncthreads();
    s[to] = v;
    __syncthreads();
    v = s[T];
    __syncthreads();
  }
  y[T] = v;
}

KERNEL(sort_ranks) {  // stable
  if (AT >= n) return;
  int rank = 0;
  for (int i = 0; i < n; i++) rank += x[i] < x[AT] || (x[i] == x[AT] && i < AT);
  y[rank] = x[AT];
}

KERNEL(merge_halves) {  // each half is sorted
  if (AT >= n) return;
  int half = n / 2, v = x[AT];
  bool left = AT < half;
  int low = left ? half : 0, high = left ? n : half, begin = low;
  while (low < high) {
    int mid = (low + high) / 2;
    if (left ? x[mid] < v : x[mid] <= v)
      low = mid + 1;
    else
      high = mid;
  }
  y[(left ? AT : AT - half) + low - begin] = v;
}

KERNEL(compact) {  // the odd ones, in order; behind them how many
  int keep = T < n && (x[T] & 1);
  int at = scan_block(keep);
  if (keep) y[at - 1] = x[T];
  if (T == (int)blockDim.x - 1) y[n] = at;
}

KERNEL(run_lengths) {  // pairs of value and length; behind n of them how many
  int head = T < n && (T == 0 || x[T] / 4 != x[T - 1] / 4);
  int at = scan_block(head);
  if (head) {
    int end = T + 1;
    while (end < n && x[end] / 4 == x[T] / 4) end++;
    y[2 * at - 2] = x[T] / 4;
    y[2 * at - 1] = end - T;
  }
  if (T == (int)blockDim.x - 1) y[2 * n] = at;
}

KERNEL(transpose) {  // n by n, blocks of 8 x 8
  int i = blockIdx.y * 8 + threadIdx.y, j = blockIdx.x * 8 + threadIdx.x;
  if (i < n && j < n) y[j * n + i] = x[i * n + j];
}

KERNEL(transpose_tiled) {
  __shared__ int tile[8][9];
  int i = blockIdx.y * 8 + threadIdx.y, j = blockIdx.x * 8 + threadIdx.x;
  if (i < n && j < n) tile[threadIdx.y][threadIdx.x] = x[i * n + j];
  __syncthreads();
  i = blockIdx.x * 8 + threadIdx.y, j = blockIdx.y * 8 + threadIdx.x;
  if (i < n && j < n) y[i * n + j] = tile[threadIdx.x][threadIdx.y];
}
