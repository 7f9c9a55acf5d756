// Integers: graphs, dynamic programming, bits, as sample collections write them. All but the few that say so run in one
// block, n is what their reference says.
#define KERNEL(name) extern "C" __global__ void name(const int* x, int* y, int n)
#define AT (int)(blockIdx.x * blockDim.x + threadIdx.x)
#define T (int)threadIdx.x

// A graph is n + 1 offsets and then the neighbours.
KERNEL(breadth_first) {
  for (int i = T; i < n; i += blockDim.x) y[i] = i == 0 ? 0 : -1;
  __syncthreads();
  for (int level = 0, more = 1; more; level++) {
    int mine = 0;
    for (int i = T; i < n; i += blockDim.x) {
      if (y[i] != level) continue;
      for (int e = x[i]; e < x[i + 1]; e++)
        mine |= atomicCAS(&y[x[n + 1 + e]], -1, level + 1) == -1;
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
        now[i] = min(min(last[i - 1], last[i]) + 1,
                     older[i - 1] + ((x[i - 1] & 3) != (x[h + j - 1] & 3)));
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
  y[AT] = __popc(ballot & ((1u << T % 32) - 1)) + 100 * __any_sync(~0u, x[AT] % 32 == 0) +
          200 * __all_sync(~0u, x[AT] > 9);
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
      case 4: {
        int t = a;
        a = b;
        b = t;
      } break;
      case 5: b = b / 2 + a % 7; break;
      case 6: a = a > b ? a - b : b - a; break;
      default: b = ~b;
    }
  }
  y[AT] = a * 31 + b;
}
