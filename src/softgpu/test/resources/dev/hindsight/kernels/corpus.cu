// What ptxas takes and people write: functions of doubles and halves, 128 bits, bytes side by side, groups of warps, calls,
// and kernels that the software GPU lacks beside kernels that it has. n threads in blocks of 64.
#define _CG_ABI_EXPERIMENTAL
#include <cooperative_groups.h>
#include <cuda_fp16.h>
#define KERNEL extern "C" __global__ void
#define AT (blockIdx.x * blockDim.x + threadIdx.x)

KERNEL sines(const double* x, double* y, int n) {
  int i = AT;
  if (i < n) y[i] = sin(x[i]) + 2 * cos(x[i]);
}

KERNEL tangents(const double* x, double* y, int n) {
  int i = AT;
  if (i < n) y[i] = tan(x[i]);
}

KERNEL bessel(const double* x, double* y, int n) {
  int i = AT;
  if (i < n) y[i] = j0(x[i]);
}

KERNEL half_functions(const float* x, float* y, int n) {
  int i = AT;
  if (i >= n) return;
  __half h = __float2half(x[i]);
  y[8 * i] = __half2float(hexp(h));
  y[8 * i + 1] = __half2float(hlog(h));
  y[8 * i + 2] = __half2float(hsqrt(h));
  y[8 * i + 3] = __half2float(hsin(h));
  y[8 * i + 4] = __half2float(hcos(h));
  y[8 * i + 5] = __half2float(hrcp(h));
  y[8 * i + 6] = __half2float(hexp2(h));
  y[8 * i + 7] = __half2float(h2exp(__half2half2(h)).y);
}

KERNEL wide_products(const long long* x, long long* y, int n) {
  int i = AT;
  if (i >= n) return;
  unsigned __int128 a = (unsigned __int128)(unsigned long long)x[i] << 40 | (unsigned)i;
  unsigned __int128 p = a * a + (a >> 3) - ((unsigned __int128)i << 70);
  y[2 * i] = (long long)p;
  y[2 * i + 1] = (long long)(p >> 64);
}

KERNEL quotients(const long long* x, long long* y, int n) {
  int i = AT;
  if (i >= n) return;
  unsigned __int128 a = (unsigned __int128)(unsigned long long)x[i] << 40 | (unsigned)i;
  y[i] = (long long)(a / ((unsigned)i + 3));
}

KERNEL bytes(const int* x, int* y, int n) {
  int i = AT;
  if (i >= n) return;
  y[4 * i] = __vabsdiffu4(x[i], x[n - 1 - i]);
  y[4 * i + 1] = __vsadu4(x[i], x[n - 1 - i]);
  y[4 * i + 2] = __dp2a_lo(x[i], x[n - 1 - i], i);
  y[4 * i + 3] = __fns(x[i], i % 32, i % 5 - 2);
}

namespace cg = cooperative_groups;

KERNEL pairs_of_warps(const int* x, int* y, int n) {
  auto pair = cg::tiled_partition<64>(cg::this_thread_block());
  pair.sync();
  y[AT] = x[AT] + pair.thread_rank();
}

// Calls: tables of functions, virtual functions, recursion, and memory that kernels ask for.
__device__ float twice(float x) { return 2 * x; }
__device__ float thrice(float x) { return 3 * x; }
__device__ float less(float x) { return x - blockDim.x; }
typedef float (*Function)(float);
__device__ Function functions[3] = {twice, thrice, less};

KERNEL called(const float* x, float* y, int n) {
  int i = AT;
  if (i >= n) return;
  float kept = x[i] + i;
  y[i] = functions[i % 3](x[i]) + kept;
}

struct Shape {
  float a;
  __device__ virtual float area(int n) const = 0;
  __device__ virtual ~Shape() {}
};
struct Square : Shape {
  __device__ float area(int n) const override { return a * a + n; }
};
struct Tower : Shape {
  Shape* below;
  __device__ float area(int n) const override { return (below ? below->area(n + 1) : 0) + 3 * a; }
  __device__ ~Tower() override { delete below; }
};

// A tower on a tower on a square, as high as the number of the thread says.
KERNEL built(const float* x, Shape** all, int n) {
  int i = AT;
  if (i >= n) return;
  Shape* top = new Square;
  top->a = x[i];
  for (int k = 0; k < i % 4; k++) {
    Tower* next = new Tower;
    next->a = k;
    next->below = top;
    top = next;
  }
  all[i] = top;
}

KERNEL areas(Shape** all, float* y, int n) {
  int i = AT;
  if (i >= n) return;
  y[i] = all[i]->area(i);
  delete all[i];
}

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

// Each level hands the one below a variable of its own.
__device__ void hanoi(int n, int* moves, int from, int to) {
  int mine[3] = {0, 0, 0};
  if (n > 0) {
    hanoi(n - 1, mine, from, 3 - from - to);
    mine[to]++;
    hanoi(n - 1, mine, 3 - from - to, to);
  }
  for (int k = 0; k < 3; k++) moves[k] += mine[k];
}

KERNEL recursive(const int* x, int* y, int n) {
  int i = AT;
  if (i >= n) return;
  int moves[3] = {0, 0, 0};
  hanoi(i % 7, moves, 0, 2);
  for (int k = 0; k < 3; k++) y[4 * i + k] = moves[k];
  y[4 * i + 3] = fibonacci(x[i] % 12) + x[i];
}

KERNEL heap(const int* x, int* y, int n) {
  int i = AT;
  if (i >= n) return;
  int* mine = (int*)malloc(4 * (i + 1));
  int* none = (int*)malloc((size_t)1 << 40);
  for (int k = 0; k <= i; k++) mine[k] = x[k];
  int sum = none == nullptr;
  for (int k = 0; k <= i; k++) sum += mine[k];
  y[i] = sum;
  free(mine);
  free(none);
}

// Beside them, what is not supported.
KERNEL selected(const unsigned* a, unsigned* d) {
  asm("vadd.u32.u32.u32 %0, %1.b0, %2.h1;" : "=r"(d[0]) : "r"(a[0]), "r"(a[1]));
}
