// One position of attention for the sampler: the new row's k and v go to their places in the caches
// (B,T,C), and y (B,C) is the attention of its q over all positions up to it. qkv is (B,3C). One block per
// image and head: 8 lanes read a key together, so 16 keys are looked at at a time, each group of lanes with
// a maximum, sum and result of its own; shared memory brings the 16 together at the end, in order. If all
// scores are -inf, y is 0.
#include "common.cuh"
#include "exp2.cuh"

constexpr int STEP_THREADS = 128;
constexpr int GROUPS = STEP_THREADS / 8;
constexpr int PARTS = 4;  // of 32 channels: heads of up to 128
constexpr float LOG2_E = 1.4426950408889634f;

struct Running {
  float top, total;
  float4 y[PARTS];
};

__device__ __forceinline__ float dot4(float4 a, float4 b) {
  return (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
}

__device__ __forceinline__ float4 blend(float4 a, float wa, float4 b, float wb) {
  return make_float4(a.x * wa + b.x * wb, a.y * wa + b.y * wb, a.z * wa + b.z * wb,
                     a.w * wa + b.w * wb);
}

extern "C" __global__ void __launch_bounds__(STEP_THREADS)
attend_step(const float* __restrict__ qkv, float* keys, float* values, float* __restrict__ y, int T,
            int H, int D, int position) {
  __shared__ float tops[GROUPS], totals[GROUPS];
  __shared__ alignas(16) float parts[GROUPS][PARTS * 32];
  const int C = H * D;
  const int b = blockIdx.x / H;
  const int h = blockIdx.x % H;
  const float* row = qkv + (int64)b * 3 * C + h * D;
  const int64 cache = (int64)b * T * C + h * D;
  for (int d = threadIdx.x; d < D; d += STEP_THREADS) {
    keys[cache + (int64)position * C + d] = row[C + d];
    values[cache + (int64)position * C + d] = row[2 * C + d];
  }
  __syncthreads();
  const int group = threadIdx.x / 8;
  const int d0 = threadIdx.x % 8 * 4;
  const bool wide =
      (D & 3) == 0 && aligned16(qkv) && aligned16(keys) && aligned16(values) && aligned16(y);
  float4 q[PARTS];
#pragma unroll
  for (int p = 0; p < PARTS; p++) {
    q[p] = load4(row + p * 32 + d0, D - p * 32 - d0, wide);
  }
  const float factor = LOG2_E / sqrtf((float)D);
  Running r = {-INFINITY, 0.0f, {}};
  for (int first = 0; first <= position; first += GROUPS) {
    const int j = first + group;
    const bool there = j <= position;
    const int64 at = cache + (int64)j * C + d0;
    float s = 0.0f;
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
      if (p * 32 < D) {
        s += dot4(q[p], load4(keys + at + p * 32, there ? D - p * 32 - d0 : 0, wide));
      }
    }
    for (int lane = 4; lane > 0; lane >>= 1) {
      s += __shfl_xor_sync(0xffffffffu, s, lane);
    }
    s = there ? s * factor : -INFINITY;
    const float top = fmaxf(r.top, s);
    const float base = top == -INFINITY ? 0.0f : top;
    const float shrink = exp2_or_zero(r.top - base);
    const float e = exp2_or_zero(s - base);
    r.total = r.total * shrink + e;
    r.top = top;
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
      if (p * 32 < D) {
        const float4 v = load4(values + at + p * 32, there ? D - p * 32 - d0 : 0, wide);
        r.y[p] = blend(r.y[p], shrink, v, e);
      }
    }
  }
  if (d0 == 0) {
    tops[group] = r.top;
    totals[group] = r.total;
  }
#pragma unroll
  for (int p = 0; p < PARTS; p++) {
    *reinterpret_cast<float4*>(&parts[group][p * 32 + d0]) = r.y[p];
  }
  __syncthreads();
  float top = -INFINITY;
  for (int g = 0; g < GROUPS; g++) {
    top = fmaxf(top, tops[g]);
  }
  const float base = top == -INFINITY ? 0.0f : top;
  if (threadIdx.x < D) {
    float total = 0.0f, sum = 0.0f;
    for (int g = 0; g < GROUPS; g++) {
      const float weight = exp2_or_zero(tops[g] - base);
      total += totals[g] * weight;
      sum += parts[g][threadIdx.x] * weight;
    }
    y[(int64)b * C + h * D + threadIdx.x] = total == 0.0f ? 0.0f : sum / total;
  }
}
