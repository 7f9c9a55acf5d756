// Floating point: stencils, sparse matrices, transforms, finance, as sample collections write them.
// n is what their reference says; k are integers such as offsets and columns.
#include <cooperative_groups.h>
#define KERNEL(name) extern "C" __global__ void name(const float* x, float* y, int n, const int* k)
#define AT (int)(blockIdx.x * blockDim.x + threadIdx.x)
#define T (int)threadIdx.x
namespace cg = cooperative_groups;

KERNEL(axpy_of_4) {
  if (AT < n / 4) {
    float4 v = reinterpret_cast<const float4*>(x)[AT];
    reinterpret_cast<float4*>(y)[AT] =
        make_float4(2 * v.x + 1, 2 * v.y + 1, 2 * v.z + 1, 2 * v.w + 1);
  }
}

KERNEL(smooth) {  // with its neighbours, the halo in shared memory
  __shared__ float s[66];
  int i = AT;
  s[T + 1] = i < n ? x[i] : 0;
  if (T == 0) s[0] = i > 0 ? x[i - 1] : 0;
  if (T == 63) s[65] = i + 1 < n ? x[i + 1] : 0;
  __syncthreads();
  if (i < n) y[i] = 0.25f * s[T] + 0.5f * s[T + 1] + 0.25f * s[T + 2];
}

KERNEL(laplace_2d) {  // n by n
  int i = blockIdx.y * 8 + threadIdx.y, j = blockIdx.x * 8 + T;
  if (i >= n || j >= n) return;
  float c = x[i * n + j], up = i ? x[(i - 1) * n + j] : 0,
        down = i < n - 1 ? x[(i + 1) * n + j] : 0;
  y[i * n + j] =
      up + down + (j ? x[i * n + j - 1] : 0) + (j < n - 1 ? x[i * n + j + 1] : 0) - 4 * c;
}

KERNEL(laplace_3d) {  // n by n by n, a thread a column
  if (AT >= n * n) return;
  int a = AT / n, b = AT % n;
  float below = 0, c = x[AT];
  for (int z = 0; z < n; z++) {
    int i = z * n * n + AT;
    float above = z < n - 1 ? x[i + n * n] : 0;
    y[i] = below + above + (a ? x[i - n] : 0) + (a < n - 1 ? x[i + n] : 0) + (b ? x[i - 1] : 0) +
           (b < n - 1 ? x[i + 1] : 0) - 6 * c;
    below = c;
    c = above;
  }
}

KERNEL(jacobi) {  // a cooperative launch: k[0] steps between x's copy in y and what lies behind it
  auto grid = cg::this_grid();
  float *a = y, *b = y + n;
  for (int i = AT; i < n; i += gridDim.x * blockDim.x) a[i] = x[i];
  for (int step = 0; step < k[0]; step++) {
    grid.sync();
    for (int i = AT; i < n; i += gridDim.x * blockDim.x)
      b[i] = i == 0 || i == n - 1 ? a[i] : 0.5f * (a[i - 1] + a[i + 1]);
    float* c = a;
    a = b;
    b = c;
  }
}

KERNEL(n_body) {  // x, y, z and mass of each; tiles in shared memory
  __shared__ float4 tile[64];
  const float4* bodies = reinterpret_cast<const float4*>(x);
  float4 me = AT < n ? bodies[AT] : make_float4(0, 0, 0, 0);
  float ax = 0, ay = 0, az = 0;
  for (int from = 0; from < n; from += 64) {
    __syncthreads();
    tile[T] = from + T < n ? bodies[from + T] : make_float4(0, 0, 0, 0);
    __syncthreads();
    for (int i = 0; i < 64; i++) {
      float dx = tile[i].x - me.x, dy = tile[i].y - me.y, dz = tile[i].z - me.z;
      float r = rsqrtf(dx * dx + dy * dy + dz * dz + 0.01f), f = tile[i].w * r * r * r;
      ax += f * dx;
      ay += f * dy;
      az += f * dz;
    }
  }
  if (AT < n) y[3 * AT] = ax, y[3 * AT + 1] = ay, y[3 * AT + 2] = az;
}

KERNEL(black_scholes) {
  if (AT >= n) return;
  float s = 50 + 20 * x[AT], strike = 50, t = 0.75f, r = 0.03f, v = 0.3f, root = v * sqrtf(t);
  float d1 = (logf(s / strike) + (r + 0.5f * v * v) * t) / root;
  y[AT] = s * normcdff(d1) - strike * expf(-r * t) * normcdff(d1 - root);
}

// Sparse rows: n + 1 offsets in k and then columns; values and then the vector in x.
KERNEL(sparse_rows) {
  if (AT >= n) return;
  float sum = 0;
  for (int e = k[AT]; e < k[AT + 1]; e++) sum += x[e] * x[k[n] + k[n + 1 + e]];
  y[AT] = sum;
}

KERNEL(sparse_rows_by_warps) {
  int row = AT / 32;
  float sum = 0;
  if (row < n)
    for (int e = k[row] + T % 32; e < k[row + 1]; e += 32) sum += x[e] * x[k[n] + k[n + 1 + e]];
  for (int d = 16; d > 0; d /= 2) sum += __shfl_down_sync(~0u, sum, d);
  if (row < n && T % 32 == 0) y[row] = sum;
}

KERNEL(sparse_columns) {  // the transposed product
  if (AT >= n) return;
  for (int e = k[AT]; e < k[AT + 1]; e++) atomicAdd(&y[k[n + 1 + e]], x[e] * x[k[n] + AT]);
}

KERNEL(convolve_rows) {  // n by n, 5 weights
  const float w[5] = {0.1f, 0.2f, 0.4f, 0.2f, 0.1f};
  int i = AT / n, j = AT % n;
  if (AT >= n * n) return;
  float sum = 0;
  for (int d = -2; d <= 2; d++)
    if (j + d >= 0 && j + d < n) sum += w[d + 2] * x[i * n + j + d];
  y[AT] = sum;
}

KERNEL(convolve_3x3) {  // the weights behind the image
  int i = AT / n, j = AT % n;
  if (AT >= n * n) return;
  float sum = 0;
  for (int d = 0; d < 9; d++) {
    int a = i + d / 3 - 1, b = j + d % 3 - 1;
    if (a >= 0 && a < n && b >= 0 && b < n) sum += x[n * n + d] * x[a * n + b];
  }
  y[AT] = sum;
}

KERNEL(sobel) {
  int i = AT / n, j = AT % n;
  if (AT >= n * n || i == 0 || j == 0 || i == n - 1 || j == n - 1) return;
  const float* p = x + AT;
  float gx = p[1 - n] + 2 * p[1] + p[1 + n] - p[-1 - n] - 2 * p[-1] - p[n - 1];
  float gy = p[n - 1] + 2 * p[n] + p[n + 1] - p[-n - 1] - 2 * p[-n] - p[1 - n];
  y[AT] = sqrtf(gx * gx + gy * gy);
}

KERNEL(enlarge) {  // n by n to twice that
  int w = 2 * n, i = AT / w, j = AT % w;
  if (AT >= w * w) return;
  float a = fmaxf(0, (i + 0.5f) / 2 - 0.5f), b = fmaxf(0, (j + 0.5f) / 2 - 0.5f);
  int i0 = (int)a, j0 = (int)b, i1 = min(i0 + 1, n - 1), j1 = min(j0 + 1, n - 1);
  float u = a - i0, v = b - j0;
  y[AT] = (1 - u) * ((1 - v) * x[i0 * n + j0] + v * x[i0 * n + j1]) +
          u * ((1 - v) * x[i1 * n + j0] + v * x[i1 * n + j1]);
}

KERNEL(fourier) {  // of 64 complex numbers, 32 threads
  __shared__ float2 s[64];
  for (int i = T; i < 64; i += 32) s[__brev(i) >> 26] = make_float2(x[2 * i], x[2 * i + 1]);
  for (int h = 1; h < 64; h *= 2) {
    __syncthreads();
    int i = T / h * 2 * h + T % h;
    float sine, cosine;
    sincospif(-(float)(T % h) / h, &sine, &cosine);
    float2 a = s[i], b = s[i + h],
           c = make_float2(b.x * cosine - b.y * sine, b.x * sine + b.y * cosine);
    s[i] = make_float2(a.x + c.x, a.y + c.y);
    s[i + h] = make_float2(a.x - c.x, a.y - c.y);
  }
  __syncthreads();
  for (int i = T; i < 64; i += 32) y[2 * i] = s[i].x, y[2 * i + 1] = s[i].y;
}

KERNEL(cosines) {  // of 8 by 8 blocks, one a block
  __shared__ float s[8][8];
  int i = threadIdx.y, j = T, at = blockIdx.x * 64 + i * 8 + j;
  float sum = 0;
  for (int d = 0; d < 8; d++)
    sum += x[blockIdx.x * 64 + i * 8 + d] * cospif((2 * d + 1) * j / 16.0f);
  s[i][j] = sum;
  __syncthreads();
  sum = 0;
  for (int d = 0; d < 8; d++) sum += s[d][j] * cospif((2 * d + 1) * i / 16.0f);
  y[at] = sum;
}

KERNEL(walsh) {  // of 128 numbers
  __shared__ float s[128];
  s[T] = x[T];
  for (int h = 1; h < n; h *= 2) {
    __syncthreads();
    float a = s[T], b = s[T ^ h];
    __syncthreads();
    s[T] = T & h ? b - a : a + b;
  }
  y[T] = s[T];
}

KERNEL(tridiagonal) {  // -1, 4 + x, -1 and a right side of ones by cyclic reduction
  __shared__ float a[64], b[64], c[64], d[64];
  a[T] = T > 0 ? -1 : 0;
  b[T] = 4 + x[T];
  c[T] = T < n - 1 ? -1 : 0;
  d[T] = 1;
  for (int s = 1; s < n; s *= 2) {
    __syncthreads();
    float na = 0, nb = b[T], nc = 0, nd = d[T];
    if (T >= s) {
      float f = -a[T] / b[T - s];
      na = f * a[T - s], nb += f * c[T - s], nd += f * d[T - s];
    }
    if (T + s < n) {
      float f = -c[T] / b[T + s];
      nc = f * c[T + s], nb += f * a[T + s], nd += f * d[T + s];
    }
    __syncthreads();
    a[T] = na, b[T] = nb, c[T] = nc, d[T] = nd;
  }
  y[T] = d[T] / b[T];
}

KERNEL(cholesky) {  // of n by n, lower part, in y
  for (int i = T; i < n * n; i += blockDim.x) y[i] = i % n <= i / n ? x[i] : 0;
  for (int c = 0; c < n; c++) {
    __syncthreads();
    float pivot = sqrtf(y[c * n + c]);
    __syncthreads();
    if (T >= c && T < n) y[T * n + c] = T == c ? pivot : y[T * n + c] / pivot;
    __syncthreads();
    if (T > c && T < n)
      for (int j = c + 1; j <= T; j++) y[T * n + j] -= y[T * n + c] * y[j * n + c];
  }
}

KERNEL(nearest) {  // of 4 centres behind the n points of 3
  if (AT >= n) return;
  float best = INFINITY;
  int which = 0;
  for (int c = 0; c < 4; c++) {
    float far = 0;
    for (int d = 0; d < 3; d++)
      far += (x[3 * AT + d] - x[3 * (n + c) + d]) * (x[3 * AT + d] - x[3 * (n + c) + d]);
    if (far < best) best = far, which = c;
  }
  atomicAdd(&y[4 * which + 3], 1);
  for (int d = 0; d < 3; d++) atomicAdd(&y[4 * which + d], x[3 * AT + d]);
}

KERNEL(dot_of_doubles) {
  __shared__ double part[64];
  double sum = 0;
  for (int i = T; i < n; i += 64) sum += (double)x[i] * x[n - 1 - i];
  part[T] = sum;
  for (int h = 32; h > 0; h /= 2) {
    __syncthreads();
    if (T < h) part[T] += part[T + h];
  }
  if (T == 0) y[0] = (float)part[0];
}

KERNEL(fractions) {  // square roots by Newton and a continued fraction
  if (AT >= n) return;
  float v = fabsf(x[AT]) + 1, root = v, f = 1;
  for (int i = 0; i < 12; i++) root = 0.5f * (root + v / root);
  for (int i = 8; i > 0; i--) f = 1 + i * x[AT] * x[AT] / f;
  y[AT] = root + f;
}
