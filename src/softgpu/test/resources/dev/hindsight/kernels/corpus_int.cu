// Integers: reductions, scans, sorts, graphs, dynamic programming, as sample collections write them. All but the few
// that say so run in one block, n is what their reference says.
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

// A graph is n + 1 offsets and then the neighbours.
KERNEL(breadth_first) {
  for (int i = T; i < n; i += blockDim.x) y[i] = i == 0 ? 0 : -1;
  __syncthreads();
  for (int level = 0, more = 1; more; level++) {
    int mine = 0;
    for (int i = T; i < n; i += blockDim.x) {
      if (y[i] != level) continue;
      for (int e = x[i]; e < x[i + 1]; e++) mine |= atomicCAS(&y[x[n + 1 + e]], -1, level + 1) == -1;
    }
    more = __syncthreads_or(mine);
  }
}

KERNEL(components) {
  for (int i = T; i < n; i += blockDim.x) y[i] = i;
  __syncthreads();
  int more = 1;
  while (more) {
    int mine = 0;
    for (int i = T; i < n; i += blockDim.x) {
      int label = atomicAdd(&y[i], 0);
      for (int e = x[i]; e < x[i + 1]; e++) mine |= atomicMin(&y[x[n + 1 + e]], label) > label;
    }
    more = __syncthreads_or(mine);
  }
}

KERNEL(shortest_paths) {  // n by n distances in place in y
  for (int i = T; i < n * n; i += blockDim.x) y[i] = x[i];
  for (int k = 0; k < n; k++) {
    __syncthreads();
    for (int i = T; i < n * n; i += blockDim.x) {
      if (i / n == k || i % n == k) continue;
      int by = y[i / n * n + k] + y[k * n + i % n];
      if (by < y[i]) y[i] = by;
    }
  }
}

KERNEL(hash_counts) {  // how often each number is there
  __shared__ int keys[256], counts[256];
  for (int i = T; i < 256; i += blockDim.x) keys[i] = -1, counts[i] = 0;
  __syncthreads();
  int at = 0;
  if (T < n) {
    at = (x[T] * 2654435769u) >> 24;
    for (;; at = (at + 1) % 256) {
      int was = atomicCAS(&keys[at], -1, x[T]);
      if (was == -1 || was == x[T]) break;
    }
    atomicAdd(&counts[at], 1);
  }
  __syncthreads();
  if (T < n) y[T] = counts[at];
}

KERNEL(life) {  // n by n, at the edges the other side
  int i = AT / n, j = AT % n;
  if (AT >= n * n) return;
  int around = 0;
  for (int di = -1; di <= 1; di++)
    for (int dj = -1; dj <= 1; dj++)
      if (di || dj) around += x[(i + di + n) % n * n + (j + dj + n) % n] & 1;
  y[AT] = around == 3 || (around == 2 && (x[AT] & 1));
}

KERNEL(bit_counts) {
  if (AT < n) y[AT] = (__popc(x[AT]) + 100 * __clz(x[AT]) + 10000 * __ffs(x[AT])) ^ __brev(x[AT]);
}

__device__ unsigned next_random(unsigned& s) {
  s ^= s << 13;
  s ^= s >> 17;
  return s ^= s << 5;
}

KERNEL(monte_carlo) {  // of 64 points how many lie in the circle
  if (AT >= n) return;
  unsigned s = x[AT] | 1;
  int in = 0;
  for (int k = 0; k < 64; k++) {
    long long a = next_random(s) >> 16, b = next_random(s) >> 16;
    in += a * a + b * b < 65536LL * 65536;
  }
  atomicAdd(&y[0], in);
}

KERNEL(mandelbrot) {  // n by n, how many steps
  if (AT >= n * n) return;
  float cr = AT % n * 3.0f / n - 2, ci = AT / n * 2.0f / n - 1, a = 0, b = 0;
  int k = 0;
  while (k < 50 && __fadd_rn(__fmul_rn(a, a), __fmul_rn(b, b)) < 4) {
    float next = __fadd_rn(__fsub_rn(__fmul_rn(a, a), __fmul_rn(b, b)), cr);
    b = __fadd_rn(__fmul_rn(2 * a, b), ci);
    a = next;
    k++;
  }
  y[AT] = k + x[AT];
}

KERNEL(edit_distance) {  // between the halves, of 4 letters, along diagonals
  __shared__ int d[3][129];
  int h = n / 2;
  for (int s = 0; s <= 2 * h; s++) {
    int *now = d[s % 3], *last = d[(s + 2) % 3], *older = d[(s + 1) % 3];
    for (int i = T; i <= h; i += blockDim.x) {
      int j = s - i;
      if (j < 0 || j > h) continue;
      if (i == 0 || j == 0)
        now[i] = s;
      else
        now[i] = min(min(last[i - 1], last[i]) + 1, older[i - 1] + ((x[i - 1] & 3) != (x[h + j - 1] & 3)));
    }
    __syncthreads();
  }
  if (T == 0) y[0] = d[2 * h % 3][h];
}

KERNEL(knapsack) {  // pairs of weight and value of n things, 127 to carry
  __shared__ int best[2][128];
  best[0][T] = 0;
  for (int k = 0; k < n; k++) {
    __syncthreads();
    int w = x[2 * k] & 31, v = x[2 * k + 1] & 255, from = k % 2;
    int with = T >= w ? best[from][T - w] + v : 0;
    best[from ^ 1][T] = max(best[from][T], with);
  }
  __syncthreads();
  y[T] = best[n % 2][T];
}

KERNEL(sieve) {
  extern __shared__ int dynamic[];
  for (int i = T; i < n; i += blockDim.x) dynamic[i] = i > 1;
  __syncthreads();
  for (int p = 2; p * p < n; p++) {
    if (dynamic[p])
      for (int i = p * (p + T); i < n; i += p * blockDim.x) dynamic[i] = 0;
    __syncthreads();
  }
  for (int i = T; i < n; i += blockDim.x) y[i] = dynamic[i] * x[i];
}

KERNEL(greatest_divisors) {
  if (AT >= n) return;
  int a = abs(x[AT]), b = abs(x[n - 1 - AT]);
  while (b) {
    int r = a % b;
    a = b;
    b = r;
  }
  y[AT] = a;
}

KERNEL(votes) {
  bool odd = x[AT] & 1;
  unsigned ballot = __ballot_sync(~0u, odd);
  y[AT] = __popc(ballot & ((1u << T % 32) - 1)) + 100 * __any_sync(~0u, x[AT] % 32 == 0) + 200 * __all_sync(~0u, x[AT] > 9);
}

KERNEL(bytes_dot) {
  if (AT < n) y[AT] = __dp4a(x[AT], x[n - 1 - AT], AT);
}

KERNEL(vectors_of_4) {
  int4 v;
  if (AT < n / 4) {
    v = reinterpret_cast<const int4*>(x)[AT];
    reinterpret_cast<int4*>(y)[AT] = make_int4(v.w, v.z, v.y + 1, v.x - 1);
  }
}

KERNEL(stack_machine) {  // each number is a program of ten steps of three bits
  if (AT >= n) return;
  int a = AT, b = 1;
  for (int k = 0; k < 30; k += 3) {
    switch (x[AT] >> k & 7) {
      case 0: a += b; break;
      case 1: a -= 3 * b; break;
      case 2: b = a ^ b; break;
      case 3: a = a * b + 1; break;
      case 4: { int t = a; a = b; b = t; } break;
      case 5: b = b / 2 + a % 7; break;
      case 6: a = a > b ? a - b : b - a; break;
      default: b = ~b;
    }
  }
  y[AT] = a * 31 + b;
}
