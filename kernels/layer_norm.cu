// y = (x - mean)·rstd·gain + bias over each row of x (N,C), and its gradients. A warp owns a row. Up to 512
// channels lie in its registers, so x is read once and y written once; wider rows are read again.
//   dx += rstd·(gain·dy - avg(gain·dy) - n·avg(n·gain·dy)) with n = (x - mean)·rstd
//   dgain += sum of n·dy, dbias += sum of dy: each block leaves a row of sums in `partial`, which
//   column_sum then adds in order.
#include "common.cuh"

constexpr int WARPS = 8;

struct Row {
  int C;
  float mean, rstd;
};

// Reads four channels, the n-th group of this lane.
__device__ __forceinline__ float4 channels4(const float* row, int n, int C, bool wide) {
  const int c = (n * 32 + (threadIdx.x & 31)) * 4;
  return load4(row + c, C - c, wide);
}

__device__ __forceinline__ float sum4(float4 v) { return (v.x + v.y) + (v.z + v.w); }

__device__ __forceinline__ float4 operator*(float4 a, float4 b) {
  return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}

__device__ __forceinline__ float4 operator*(float4 a, float b) {
  return make_float4(a.x * b, a.y * b, a.z * b, a.w * b);
}

__device__ __forceinline__ float4 operator-(float4 a, float b) {
  return make_float4(a.x - b, a.y - b, a.z - b, a.w - b);
}

// x - mean, and 0 beyond the row's end.
__device__ __forceinline__ float4 centred(float4 v, float mean, int left) {
  return make_float4(left > 0 ? v.x - mean : 0.0f, left > 1 ? v.y - mean : 0.0f,
                     left > 2 ? v.z - mean : 0.0f, left > 3 ? v.w - mean : 0.0f);
}

__device__ __forceinline__ int left(int n, int C) {
  return C - (n * 32 + (int)(threadIdx.x & 31)) * 4;
}

// GROUPS of 128 channels in registers; 0 reads the row anew for each of its three uses.
template <int GROUPS>
__device__ __forceinline__ void normalize(const float* x, const float* gain, const float* bias,
                                          float* y, float* mean_out, float* rstd_out, int C,
                                          bool wide) {
  constexpr int KEPT = GROUPS == 0 ? 1 : GROUPS;
  const int groups = GROUPS == 0 ? (C + 127) / 128 : GROUPS;
  float4 v[KEPT];
  float sum = 0.0f;
#pragma unroll
  for (int n = 0; n < groups; n++) {
    v[n % KEPT] = channels4(x, n, C, wide);
    sum += sum4(v[n % KEPT]);
  }
  const float mean = warp_sum(sum) / C;
  float squares = 0.0f;
#pragma unroll
  for (int n = 0; n < groups; n++) {
    const float4 in = GROUPS == 0 ? channels4(x, n, C, wide) : v[n % KEPT];
    const float4 d = centred(in, mean, left(n, C));
    squares += sum4(d * d);
  }
  const float rstd = 1.0f / sqrtf(warp_sum(squares) / C + 1e-5f);
#pragma unroll
  for (int n = 0; n < groups; n++) {
    const float4 in = GROUPS == 0 ? channels4(x, n, C, wide) : v[n % KEPT];
    const float4 out =
        (in - mean) * rstd * channels4(gain, n, C, wide) + channels4(bias, n, C, wide);
    store4(y + (n * 32 + (threadIdx.x & 31)) * 4, out, left(n, C), wide);
  }
  if ((threadIdx.x & 31) == 0) {
    *mean_out = mean;
    *rstd_out = rstd;
  }
}

extern "C" __global__ void __launch_bounds__(WARPS * 32)
layer_norm(const float* __restrict__ x, const float* __restrict__ gain,
           const float* __restrict__ bias, float* __restrict__ y, float* __restrict__ mean,
           float* __restrict__ rstd, int N, int C) {
  const int row = blockIdx.x * WARPS + threadIdx.x / 32;
  if (row >= N) {
    return;
  }
  const bool wide =
      rows_aligned16(x, C) && aligned16(gain) && aligned16(bias) && aligned16(y);
  const float* in = x + (int64)row * C;
  float* out = y + (int64)row * C;
  if (C <= 128) {
    normalize<1>(in, gain, bias, out, mean + row, rstd + row, C, wide);
  } else if (C <= 512) {
    normalize<4>(in, gain, bias, out, mean + row, rstd + row, C, wide);
  } else {
    normalize<0>(in, gain, bias, out, mean + row, rstd + row, C, wide);
  }
}

// dx of one row, and this lane's share of the sums for gain and bias when GROUPS > 0.
template <int GROUPS>
__device__ __forceinline__ void row_backward(const float* x, const float* gain, const float* dy,
                                             float* dx, Row row, bool wide,
                                             float4 (&dgain)[GROUPS == 0 ? 1 : GROUPS],
                                             float4 (&dbias)[GROUPS == 0 ? 1 : GROUPS]) {
  constexpr int KEPT = GROUPS == 0 ? 1 : GROUPS;
  const int groups = GROUPS == 0 ? (row.C + 127) / 128 : GROUPS;
  float4 n[KEPT], up[KEPT];
  float shift = 0.0f, stretch = 0.0f;
#pragma unroll
  for (int k = 0; k < groups; k++) {
    const int j = k % KEPT;
    n[j] = centred(channels4(x, k, row.C, wide), row.mean, left(k, row.C)) * row.rstd;
    up[j] = channels4(dy, k, row.C, wide);
    if (GROUPS > 0) {
      dgain[j] = dgain[j] + n[j] * up[j];
      dbias[j] = dbias[j] + up[j];
    }
    up[j] = up[j] * channels4(gain, k, row.C, wide);
    shift += sum4(up[j]);
    stretch += sum4(up[j] * n[j]);
  }
  if (dx == nullptr) {
    return;
  }
  shift = warp_sum(shift) / row.C;
  stretch = warp_sum(stretch) / row.C;
#pragma unroll
  for (int k = 0; k < groups; k++) {
    const int j = k % KEPT;
    if (GROUPS == 0) {
      n[j] = (channels4(x, k, row.C, wide) - row.mean) * row.rstd;
      up[j] = channels4(dy, k, row.C, wide) * channels4(gain, k, row.C, wide);
    }
    const float4 slope = ((up[j] - shift) + n[j] * -stretch) * row.rstd;
    float* to = dx + (k * 32 + (threadIdx.x & 31)) * 4;
    store4(to, load4(to, left(k, row.C), wide) + slope, left(k, row.C), wide);
  }
}

// Adds the sums of the block's warps in order and writes them to its rows of `partial`: (blocks, C) for
// gain, then the same for bias.
template <int GROUPS>
__device__ __forceinline__ void leave_sums(float4 (&dgain)[GROUPS], float4 (&dbias)[GROUPS],
                                           float* partial, int C) {
  __shared__ float4 sums[WARPS][32];
  const int lane = threadIdx.x & 31;
  const int warp = threadIdx.x / 32;
#pragma unroll
  for (int k = 0; k < 2 * GROUPS; k++) {
    sums[warp][lane] = k < GROUPS ? dgain[k % GROUPS] : dbias[k % GROUPS];
    __syncthreads();
    if (warp == 0) {
      float4 total = sums[0][lane];
      for (int w = 1; w < WARPS; w++) {
        total = total + sums[w][lane];
      }
      const int c = (k % GROUPS * 32 + lane) * 4;
      const int64 row = (k < GROUPS ? 0 : gridDim.x) + blockIdx.x;
      store4(partial + row * C + c, total, C - c, (C & 3) == 0);
    }
    __syncthreads();
  }
}

template <int GROUPS>
__device__ __forceinline__ void rows_backward(const float* x, const float* gain, const float* mean,
                                              const float* rstd, const float* dy, float* dx,
                                              float* partial, int N, int C, bool wide) {
  float4 dgain[GROUPS] = {}, dbias[GROUPS] = {};
  for (int row = blockIdx.x * WARPS + threadIdx.x / 32; row < N; row += gridDim.x * WARPS) {
    const int64 at = (int64)row * C;
    row_backward<GROUPS>(x + at, gain, dy + at, dx == nullptr ? nullptr : dx + at,
                         {C, mean[row], rstd[row]}, wide, dgain, dbias);
  }
  if (partial != nullptr) {
    leave_sums<GROUPS>(dgain, dbias, partial, C);
  }
}

// At most 512 channels. `partial` is null when neither dgain nor dbias is wanted.
extern "C" __global__ void __launch_bounds__(WARPS * 32)
layer_norm_backward(const float* __restrict__ x, const float* __restrict__ gain,
                    const float* __restrict__ mean, const float* __restrict__ rstd,
                    const float* __restrict__ dy, float* __restrict__ dx,
                    float* __restrict__ partial, int N, int C) {
  const bool wide = rows_aligned16(x, C) && aligned16(gain) && aligned16(dy) && aligned16(dx);
  if (C <= 128) {
    rows_backward<1>(x, gain, mean, rstd, dy, dx, partial, N, C, wide);
  } else {
    rows_backward<4>(x, gain, mean, rstd, dy, dx, partial, N, C, wide);
  }
}

// dx of rows that do not fit into registers.
extern "C" __global__ void __launch_bounds__(WARPS * 32)
layer_norm_wide_dx(const float* __restrict__ x, const float* __restrict__ gain,
                   const float* __restrict__ mean, const float* __restrict__ rstd,
                   const float* __restrict__ dy, float* __restrict__ dx, int N, int C) {
  const int row = blockIdx.x * WARPS + threadIdx.x / 32;
  if (row >= N) {
    return;
  }
  const bool wide = rows_aligned16(x, C) && aligned16(gain) && aligned16(dy) && aligned16(dx);
  const int64 at = (int64)row * C;
  float4 none[1];
  row_backward<0>(x + at, gain, dy + at, dx + at, {C, mean[row], rstd[row]}, wide, none, none);
}

// The sums of gain and bias for such rows: 32 columns and `per_block` rows a block, as in column_sum.
extern "C" __global__ void __launch_bounds__(WARPS * 32)
layer_norm_wide_gain(const float* __restrict__ x, const float* __restrict__ mean,
                     const float* __restrict__ rstd, const float* __restrict__ dy,
                     float* __restrict__ partial, int N, int C, int per_block) {
  __shared__ float sums[2][WARPS][32];
  const int lane = threadIdx.x & 31;
  const int warp = threadIdx.x / 32;
  const int c = blockIdx.x * 32 + lane;
  const int end = min(N, (int)(blockIdx.y + 1) * per_block);
  float dgain = 0.0f, dbias = 0.0f;
  if (c < C) {
    for (int row = blockIdx.y * per_block + warp; row < end; row += WARPS) {
      const float up = dy[(int64)row * C + c];
      dgain += (x[(int64)row * C + c] - mean[row]) * rstd[row] * up;
      dbias += up;
    }
  }
  sums[0][warp][lane] = dgain;
  sums[1][warp][lane] = dbias;
  __syncthreads();
  if (warp < 2 && c < C) {
    float total = 0.0f;
    for (int w = 0; w < WARPS; w++) {
      total += sums[warp][w][lane];
    }
    partial[((int64)warp * gridDim.y + blockIdx.y) * C + c] = total;
  }
}
