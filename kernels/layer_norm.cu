// y = (x - mean)·rstd·gain + bias over each row of x (N,C), or the ReLU of that, and its gradients. A warp
// takes rows of up to 512 channels in turn and a block a wider one, up to 8192 in registers, so x is read once
// and y written once; rows wider still are read again. Backward of rows that a block owns reads x and dy
// twice, once for dx and once for the sums.
//   dx += rstd·(gain·dy - avg(gain·dy) - n·avg(n·gain·dy)) with n = (x - mean)·rstd
//   dgain += sum of n·dy, dbias += sum of dy: each block leaves a row of sums in `partial`, which
//   column_sum then adds in order.
// Behind a ReLU dy counts only where y > 0.
#include "common.cuh"

constexpr int WARPS = 8;
constexpr int BLOCK = WARPS * 32;

struct Row {
  int C;
  float mean, rstd;
};

// LANES threads share a row, a warp or the block. The first channel of the n-th four of this one.
template <int LANES>
__device__ __forceinline__ int first_channel(int n) {
  return (n * LANES + (int)(threadIdx.x % LANES)) * 4;
}

template <int LANES, class T>
__device__ __forceinline__ float4 channels4(const T* row, int n, int C, bool wide) {
  const int c = first_channel<LANES>(n);
  return load4(row + c, C - c, wide);
}

template <int LANES>
__device__ __forceinline__ int left(int n, int C) {
  return C - first_channel<LANES>(n);
}

// The sum over the threads of a row, for all of them.
template <int LANES>
__device__ __forceinline__ float row_sum(float v) {
  v = warp_sum(v);
  if constexpr (LANES > 32) {
    __shared__ float warps[WARPS];
    __syncthreads();  // what the sum before left has been read
    if ((threadIdx.x & 31) == 0) {
      warps[threadIdx.x / 32] = v;
    }
    __syncthreads();
    v = 0.0f;
    for (int w = 0; w < WARPS; w++) {
      v += warps[w];
    }
  }
  return v;
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

__device__ __forceinline__ float4 relu4(float4 v) {
  return make_float4(relu(v.x), relu(v.y), relu(v.z), relu(v.w));
}

// x - mean, and 0 beyond the row's end.
__device__ __forceinline__ float4 centred(float4 v, float mean, int left) {
  return make_float4(left > 0 ? v.x - mean : 0.0f, left > 1 ? v.y - mean : 0.0f,
                     left > 2 ? v.z - mean : 0.0f, left > 3 ? v.w - mean : 0.0f);
}

// Gain or bias of this thread's channels: a warp reads it once for all its rows, a block at each use.
template <int LANES, int GROUPS>
struct PerChannel {
  static constexpr bool HELD = LANES == 32;
  const float* values;
  int C;
  bool wide;
  float4 held[HELD ? GROUPS : 1];

  __device__ __forceinline__ PerChannel(const float* values, int C, bool wide)
      : values(values), C(C), wide(wide) {
    if constexpr (HELD) {
#pragma unroll
      for (int n = 0; n < GROUPS; n++) {
        held[n] = channels4<LANES>(values, n, C, wide);
      }
    }
  }

  __device__ __forceinline__ float4 operator[](int n) const {
    if constexpr (HELD) {
      return held[n];
    } else {
      return channels4<LANES>(values, n, C, wide);
    }
  }
};

// GROUPS of 4·LANES channels in registers; 0 reads the row anew for each of its three uses.
template <int LANES, int GROUPS>
__device__ __forceinline__ void normalize(const Stored* x, const PerChannel<LANES, GROUPS>& gain,
                                          const PerChannel<LANES, GROUPS>& bias, bool positive,
                                          Stored* y, float* mean_out, float* rstd_out, int C,
                                          bool wide) {
  constexpr int KEPT = GROUPS == 0 ? 1 : GROUPS;
  const int groups = GROUPS == 0 ? (C + 4 * LANES - 1) / (4 * LANES) : GROUPS;
  float4 v[KEPT];
  float sum = 0.0f;
#pragma unroll
  for (int n = 0; n < groups; n++) {
    v[n % KEPT] = channels4<LANES>(x, n, C, wide);
    sum += sum4(v[n % KEPT]);
  }
  const float mean = row_sum<LANES>(sum) / C;
  float squares = 0.0f;
#pragma unroll
  for (int n = 0; n < groups; n++) {
    const float4 in = GROUPS == 0 ? channels4<LANES>(x, n, C, wide) : v[n % KEPT];
    const float4 d = centred(in, mean, left<LANES>(n, C));
    squares += sum4(d * d);
  }
  const float rstd = 1.0f / sqrtf(row_sum<LANES>(squares) / C + 1e-5f);
#pragma unroll
  for (int n = 0; n < groups; n++) {
    const float4 in = GROUPS == 0 ? channels4<LANES>(x, n, C, wide) : v[n % KEPT];
    const float4 out = (in - mean) * rstd * gain[n] + bias[n];
    store4(y + first_channel<LANES>(n), positive ? relu4(out) : out, left<LANES>(n, C), wide);
  }
  if (threadIdx.x % LANES == 0) {
    *mean_out = mean;
    *rstd_out = rstd;
  }
}

template <int GROUPS>
__device__ __forceinline__ void normalize_rows(const Stored* x, const float* gain,
                                               const float* bias, bool positive, Stored* y,
                                               float* mean, float* rstd, int N, int C, bool wide) {
  const PerChannel<32, GROUPS> gains(gain, C, wide), biases(bias, C, wide);
  for (int row = blockIdx.x * WARPS + threadIdx.x / 32; row < N; row += gridDim.x * WARPS) {
    const int64 at = (int64)row * C;
    normalize(x + at, gains, biases, positive, y + at, mean + row, rstd + row, C, wide);
  }
}

// Warps take rows of at most 512 channels in turn.
extern "C" __global__ void __launch_bounds__(BLOCK)
IN_STORAGE(layer_norm)(const Stored* __restrict__ x, const float* __restrict__ gain,
                       const float* __restrict__ bias, int positive, Stored* __restrict__ y,
                       float* __restrict__ mean, float* __restrict__ rstd, int N, int C) {
  const bool wide = rows_aligned16(x, C) && aligned16(gain) && aligned16(bias) && aligned16(y);
  if (C <= 128) {
    normalize_rows<1>(x, gain, bias, positive, y, mean, rstd, N, C, wide);
  } else {
    normalize_rows<4>(x, gain, bias, positive, y, mean, rstd, N, C, wide);
  }
}

template <int GROUPS>
__device__ __forceinline__ void normalize_wide(const Stored* x, const float* gain,
                                               const float* bias, bool positive, Stored* y,
                                               float* mean, float* rstd, int C, bool wide) {
  const PerChannel<BLOCK, GROUPS> gains(gain, C, wide), biases(bias, C, wide);
  normalize(x, gains, biases, positive, y, mean, rstd, C, wide);
}

// A block a row, any number of channels.
extern "C" __global__ void __launch_bounds__(BLOCK)
IN_STORAGE(layer_norm_wide)(const Stored* __restrict__ x, const float* __restrict__ gain,
                            const float* __restrict__ bias, int positive, Stored* __restrict__ y,
                            float* __restrict__ mean, float* __restrict__ rstd, int N, int C) {
  const bool wide = rows_aligned16(x, C) && aligned16(gain) && aligned16(bias) && aligned16(y);
  const int row = blockIdx.x;
  const Stored* in = x + (int64)row * C;
  Stored* out = y + (int64)row * C;
  if (C <= 4 * BLOCK) {
    normalize_wide<1>(in, gain, bias, positive, out, mean + row, rstd + row, C, wide);
  } else if (C <= 16 * BLOCK) {
    normalize_wide<4>(in, gain, bias, positive, out, mean + row, rstd + row, C, wide);
  } else if (C <= 32 * BLOCK) {
    normalize_wide<8>(in, gain, bias, positive, out, mean + row, rstd + row, C, wide);
  } else {
    normalize_wide<0>(in, gain, bias, positive, out, mean + row, rstd + row, C, wide);
  }
}

// The gradient before a ReLU that gave y, which is null where there is none.
__device__ __forceinline__ float before_relu(const Stored* y, float up) {
  return y == nullptr ? up : up * derivative_from_output(RELU, load1(y));
}

template <int LANES>
__device__ __forceinline__ float4 before_relu4(const Stored* y, const Stored* dy, int n, int C,
                                               bool wide) {
  const float4 up = channels4<LANES>(dy, n, C, wide);
  if (y == nullptr) {
    return up;
  }
  const float4 v = channels4<LANES>(y, n, C, wide);
  return up * make_float4(derivative_from_output(RELU, v.x), derivative_from_output(RELU, v.y),
                          derivative_from_output(RELU, v.z), derivative_from_output(RELU, v.w));
}

// dx of one row, and this thread's share of the sums for gain and bias when SUMS is GROUPS.
template <int LANES, int GROUPS, int SUMS>
__device__ __forceinline__ void
row_backward(const Stored* x, const PerChannel<LANES, GROUPS>& gain, const Stored* y,
             const Stored* dy, Stored* dx, bool fresh, Row row, bool wide,
             float4 (&dgain)[SUMS == 0 ? 1 : SUMS], float4 (&dbias)[SUMS == 0 ? 1 : SUMS]) {
  constexpr int KEPT = GROUPS == 0 ? 1 : GROUPS;
  const int groups = GROUPS == 0 ? (row.C + 4 * LANES - 1) / (4 * LANES) : GROUPS;
  float4 n[KEPT], up[KEPT];
  float shift = 0.0f, stretch = 0.0f;
#pragma unroll
  for (int k = 0; k < groups; k++) {
    const int j = k % KEPT;
    n[j] = centred(channels4<LANES>(x, k, row.C, wide), row.mean, left<LANES>(k, row.C)) * row.rstd;
    up[j] = before_relu4<LANES>(y, dy, k, row.C, wide);
    if constexpr (SUMS > 0) {
      dgain[j] = dgain[j] + n[j] * up[j];
      dbias[j] = dbias[j] + up[j];
    }
    up[j] = up[j] * gain[k];
    shift += sum4(up[j]);
    stretch += sum4(up[j] * n[j]);
  }
  if (dx == nullptr) {
    return;
  }
  shift = row_sum<LANES>(shift) / row.C;
  stretch = row_sum<LANES>(stretch) / row.C;
#pragma unroll
  for (int k = 0; k < groups; k++) {
    const int j = k % KEPT;
    if (GROUPS == 0) {
      n[j] = (channels4<LANES>(x, k, row.C, wide) - row.mean) * row.rstd;
      up[j] = before_relu4<LANES>(y, dy, k, row.C, wide) * gain[k];
    }
    const float4 slope = ((up[j] - shift) + n[j] * -stretch) * row.rstd;
    Stored* to = dx + first_channel<LANES>(k);
    store4(to, load4(to, fresh ? 0 : left<LANES>(k, row.C), wide) + slope, left<LANES>(k, row.C),
           wide);
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
__device__ __forceinline__ void rows_backward(const Stored* x, const float* gain, const float* mean,
                                              const float* rstd, const Stored* y, const Stored* dy,
                                              Stored* dx, bool fresh, float* partial, int N, int C,
                                              bool wide) {
  const PerChannel<32, GROUPS> gains(gain, C, wide);
  float4 dgain[GROUPS] = {}, dbias[GROUPS] = {};
  for (int row = blockIdx.x * WARPS + threadIdx.x / 32; row < N; row += gridDim.x * WARPS) {
    const int64 at = (int64)row * C;
    row_backward<32, GROUPS, GROUPS>(x + at, gains, y == nullptr ? nullptr : y + at, dy + at,
                                     dx == nullptr ? nullptr : dx + at, fresh,
                                     {C, mean[row], rstd[row]}, wide, dgain, dbias);
  }
  if (partial != nullptr) {
    leave_sums<GROUPS>(dgain, dbias, partial, C);
  }
}

// At most 512 channels. `partial` is null when neither dgain nor dbias is wanted.
extern "C" __global__ void __launch_bounds__(BLOCK) IN_STORAGE(layer_norm_backward)(
    const Stored* __restrict__ x, const float* __restrict__ gain, const float* __restrict__ mean,
    const float* __restrict__ rstd, const Stored* __restrict__ y, const Stored* __restrict__ dy,
    Stored* __restrict__ dx, int fresh, float* __restrict__ partial, int N, int C) {
  const bool wide =
      rows_aligned16(x, C) && aligned16(gain) && aligned16(y) && aligned16(dy) && aligned16(dx);
  if (C <= 128) {
    rows_backward<1>(x, gain, mean, rstd, y, dy, dx, fresh, partial, N, C, wide);
  } else {
    rows_backward<4>(x, gain, mean, rstd, y, dy, dx, fresh, partial, N, C, wide);
  }
}

template <int GROUPS>
__device__ __forceinline__ void wide_dx(const Stored* x, const float* gain, const Stored* y,
                                        const Stored* dy, Stored* dx, bool fresh, Row row,
                                        bool wide) {
  const PerChannel<BLOCK, GROUPS> gains(gain, row.C, wide);
  float4 none[1];
  row_backward<BLOCK, GROUPS, 0>(x, gains, y, dy, dx, fresh, row, wide, none, none);
}

// dx of wider rows, a block a row.
extern "C" __global__ void BOUNDS_IN_BF16(BLOCK, 2)
    IN_STORAGE(layer_norm_wide_dx)(const Stored* __restrict__ x, const float* __restrict__ gain,
                                   const float* __restrict__ mean, const float* __restrict__ rstd,
                                   const Stored* __restrict__ y, const Stored* __restrict__ dy,
                                   Stored* __restrict__ dx, int fresh, int N, int C) {
  const bool wide =
      rows_aligned16(x, C) && aligned16(gain) && aligned16(y) && aligned16(dy) && aligned16(dx);
  const int64 at = (int64)blockIdx.x * C;
  const Stored* out = y == nullptr ? nullptr : y + at;
  const Row row = {C, mean[blockIdx.x], rstd[blockIdx.x]};
  if (C <= 4 * BLOCK) {
    wide_dx<1>(x + at, gain, out, dy + at, dx + at, fresh, row, wide);
  } else if (C <= 16 * BLOCK) {
    wide_dx<4>(x + at, gain, out, dy + at, dx + at, fresh, row, wide);
  } else if (C <= 32 * BLOCK) {
    wide_dx<8>(x + at, gain, out, dy + at, dx + at, fresh, row, wide);
  } else {
    wide_dx<0>(x + at, gain, out, dy + at, dx + at, fresh, row, wide);
  }
}

// The sums of gain and bias for such rows: 32 columns and `per_block` rows a block, as in column_sum.
extern "C" __global__ void __launch_bounds__(BLOCK)
IN_STORAGE(layer_norm_wide_gain)(const Stored* __restrict__ x, const float* __restrict__ mean,
                                 const float* __restrict__ rstd, const Stored* __restrict__ y,
                                 const Stored* __restrict__ dy, float* __restrict__ partial, int N,
                                 int C, int per_block) {
  __shared__ float sums[2][WARPS][32];
  const int lane = threadIdx.x & 31;
  const int warp = threadIdx.x / 32;
  const int c = blockIdx.x * 32 + lane;
  const int end = min(N, (int)(blockIdx.y + 1) * per_block);
  float dgain = 0.0f, dbias = 0.0f;
  if (c < C) {
    for (int row = blockIdx.y * per_block + warp; row < end; row += WARPS) {
      const int64 at = (int64)row * C + c;
      const float up = before_relu(y == nullptr ? nullptr : y + at, load1(dy + at));
      dgain += (load1(x + at) - mean[row]) * rstd[row] * up;
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
