// Layers of networks, as sample collections write them: n is what their reference says, k are integers such as classes.
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#define KERNEL(name) extern "C" __global__ void name(const float* x, float* y, int n, const int* k)
#define AT (int)(blockIdx.x * blockDim.x + threadIdx.x)
#define T (int)threadIdx.x
namespace cg = cooperative_groups;

__device__ float sum_block(float v) {  // of 64 threads
  __shared__ float part[2];
  for (int d = 16; d > 0; d /= 2) v += __shfl_xor_sync(~0u, v, d);
  __syncthreads();
  if (T % 32 == 0) part[T / 32] = v;
  __syncthreads();
  return part[0] + part[1];
}

__device__ float max_block(float v) {
  __shared__ float part[2];
  for (int d = 16; d > 0; d /= 2) v = fmaxf(v, __shfl_xor_sync(~0u, v, d));
  __syncthreads();
  if (T % 32 == 0) part[T / 32] = v;
  __syncthreads();
  return fmaxf(part[0], part[1]);
}

KERNEL(softmax) {  // a block of 64 a row of n
  float most = -INFINITY, sum = 0;
  for (int i = T; i < n; i += 64) most = fmaxf(most, x[blockIdx.x * n + i]);
  most = max_block(most);
  for (int i = T; i < n; i += 64) sum += expf(x[blockIdx.x * n + i] - most);
  sum = sum_block(sum);
  for (int i = T; i < n; i += 64) y[blockIdx.x * n + i] = expf(x[blockIdx.x * n + i] - most) / sum;
}

KERNEL(softmax_online) {  // a warp a row
  int row = AT / 32, lane = T % 32;
  float most = -INFINITY, sum = 0;
  for (int i = lane; i < n; i += 32) {
    float v = x[row * n + i], next = fmaxf(most, v);
    sum = sum * __expf(most - next) + __expf(v - next);
    most = next;
  }
  for (int d = 16; d > 0; d /= 2) {
    float m = __shfl_xor_sync(~0u, most, d), s = __shfl_xor_sync(~0u, sum, d),
          next = fmaxf(most, m);
    sum = sum * __expf(most - next) + s * __expf(m - next);
    most = next;
  }
  for (int i = lane; i < n; i += 32) y[row * n + i] = __expf(x[row * n + i] - most) / sum;
}

KERNEL(layer_norm) {
  float mean = 0, var = 0;
  for (int i = T; i < n; i += 64) mean += x[blockIdx.x * n + i];
  mean = sum_block(mean) / n;
  for (int i = T; i < n; i += 64)
    var += (x[blockIdx.x * n + i] - mean) * (x[blockIdx.x * n + i] - mean);
  float scale = rsqrtf(sum_block(var) / n + 1e-5f);
  for (int i = T; i < n; i += 64) y[blockIdx.x * n + i] = (x[blockIdx.x * n + i] - mean) * scale;
}

KERNEL(rms_norm) {
  float squares = 0;
  for (int i = T; i < n; i += 64) squares += x[blockIdx.x * n + i] * x[blockIdx.x * n + i];
  float scale = rsqrtf(sum_block(squares) / n + 1e-5f);
  for (int i = T; i < n; i += 64) y[blockIdx.x * n + i] = x[blockIdx.x * n + i] * scale;
}

KERNEL(attention) {  // causal, a block of 64 a position of n <= 64; q, k and v of 8 each
  int i = blockIdx.x;
  __shared__ float p[64];
  float score = -INFINITY;
  if (T <= i) {
    score = 0;
    for (int d = 0; d < 8; d++) score += x[24 * i + d] * x[24 * T + 8 + d];
    score *= 0.35355339f;
  }
  float most = max_block(score), e = T <= i ? expf(score - most) : 0, sum = sum_block(e);
  p[T] = e / sum;
  __syncthreads();
  if (T >= 8) return;
  float out = 0;
  for (int j = 0; j <= i; j++) out += p[j] * x[24 * j + 16 + T];
  y[8 * i + T] = out;
}

KERNEL(rotary) {  // pairs of a position of 8
  if (AT >= n) return;
  float sine, cosine;
  sincosf(AT / 4 * powf(100, -(AT % 4) / 4.0f), &sine, &cosine);
  y[2 * AT] = x[2 * AT] * cosine - x[2 * AT + 1] * sine;
  y[2 * AT + 1] = x[2 * AT] * sine + x[2 * AT + 1] * cosine;
}

KERNEL(gelu) {
  if (AT < n)
    y[AT] = 0.5f * x[AT] * (1 + tanhf(0.79788456f * (x[AT] + 0.044715f * x[AT] * x[AT] * x[AT])));
}

KERNEL(cross_entropy) {  // a thread a row of 5, whose class k says
  if (AT >= n) return;
  float sum = 0;
  for (int c = 0; c < 5; c++) sum += expf(x[5 * AT + c]);
  y[AT] = logf(sum) - x[5 * AT + k[AT]];
}

KERNEL(embedding_backward) {  // rows of 4 are added to row k
  if (AT < 4 * n) atomicAdd(&y[4 * k[AT / 4] + AT % 4], x[AT]);
}

KERNEL(adam) {  // two steps with gradient x
  if (AT >= n) return;
  float m = 0, v = 0, w = 1;
  for (int t = 1; t <= 2; t++) {
    m = 0.9f * m + 0.1f * x[AT];
    v = 0.999f * v + 0.001f * x[AT] * x[AT];
    w -= 0.01f * (m / (1 - powf(0.9f, t))) / (sqrtf(v / (1 - powf(0.999f, t))) + 1e-8f);
  }
  y[AT] = w;
}

KERNEL(product) {  // n by n, tiles of 8
  __shared__ float a[8][8], b[8][8];
  int i = blockIdx.y * 8 + threadIdx.y, j = blockIdx.x * 8 + T;
  float sum = 0;
  for (int t = 0; t < n; t += 8) {
    a[threadIdx.y][T] = i < n && t + T < n ? x[i * n + t + T] : 0;
    b[threadIdx.y][T] =
        j < n && t + (int)threadIdx.y < n ? x[n * n + (t + threadIdx.y) * n + j] : 0;
    __syncthreads();
    for (int d = 0; d < 8; d++) sum += a[threadIdx.y][d] * b[d][T];
    __syncthreads();
  }
  if (i < n && j < n) y[i * n + j] = sum;
}

KERNEL(
    product_async) {  // rows of 64 numbers with the vector behind them, copied while the last is used
  __shared__ float row[2][64];
  auto block = cg::this_thread_block();
  cg::memcpy_async(block, row[0], x, 256);
  for (int i = 0; i < n; i++) {
    if (i + 1 < n) cg::memcpy_async(block, row[(i + 1) % 2], x + 64 * (i + 1), 256);
    if (i + 1 < n)
      cg::wait_prior<1>(block);
    else
      cg::wait(block);
    float sum = sum_block(row[i % 2][T] * x[64 * n + T]);
    if (T == 0) y[i] = sum;
    block.sync();
  }
}

KERNEL(pool_max) {  // 2 by 2 of n by n
  int h = n / 2, i = AT / h, j = AT % h;
  if (AT >= h * h) return;
  const float* p = x + 2 * i * n + 2 * j;
  y[AT] = fmaxf(fmaxf(p[0], p[1]), fmaxf(p[n], p[n + 1]));
}
