// What ptxas takes and people write: functions of doubles and halves, 128 bits, bytes side by side, groups of warps,
// and kernels that the software GPU lacks beside kernels that it has. n threads in blocks of 64.
#define _CG_ABI_EXPERIMENTAL
#include <cooperative_groups.h>
#include <cuda_fp16.h>
#include <mma.h>
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

// Beside them, what is not supported.
KERNEL tensor_cores(const __half* a, const __half* b, float* c) {
  using namespace nvcuda::wmma;
  fragment<matrix_a, 16, 16, 16, __half, row_major> fa;
  fragment<matrix_b, 16, 16, 16, __half, col_major> fb;
  fragment<accumulator, 16, 16, 16, float> fc;
  fill_fragment(fc, 0.0f);
  load_matrix_sync(fa, a, 16);
  load_matrix_sync(fb, b, 16);
  mma_sync(fc, fa, fb, fc);
  store_matrix_sync(c, fc, 16, mem_row_major);
}

KERNEL texels(cudaTextureObject_t image, float* y) {
  y[AT] = tex2D<float>(image, threadIdx.x, blockIdx.x);
}

__device__ float twice(float x) { return 2 * x; }
__device__ float thrice(float x) { return 3 * x; }
typedef float (*Function)(float);
__device__ Function functions[2] = {twice, thrice};

KERNEL called(float* y, int n) {
  y[AT] = functions[n](y[AT]);
}

KERNEL deep(int* y, int n) {
  y[AT] = (int)(size_t)malloc(n);
}
