// Attention of one pixel, for one image and head, in pixel_sample.cu: norm, query, key and value, and what the query
// makes of all positions so far. 8 lanes read a key together (attend_step.cu); the 32 groups of a block are brought
// together at the end, in order. The product is part of it, since three rows of a head read one image only: the
// barrier that it would end in costs more than the weights that 25 images read once each.
#pragma once
#include "exp2.cuh"
#include "pixel_sample.cuh"

constexpr int GROUPS = THREADS / 8;
constexpr int PARTS = 4;  // of 32 channels: heads of up to 128
constexpr float LOG2_E = 1.4426950408889634f;

__device__ __forceinline__ float dot4(float4 a, float4 b) {
  return (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
}

__device__ __forceinline__ float4 blend(float4 a, float wa, float4 b, float wb) {
  return make_float4(a.x * wa + b.x * wb, a.y * wa + b.y * wb, a.z * wa + b.z * wb,
                     a.w * wa + b.w * wb);
}

// out (3,128) = query, key and value of head h, from the normed input `in` (C).
__device__ __forceinline__ void project(const Step& step, const Term& t, const float* in, int h,
                                        int D, float (*out)[PARTS * 32]) {
  const int lane = threadIdx.x & 31;
  const int C = step.outputs;
  const bool wide = step.wide != 0;
  for (int first = threadIdx.x / 32 * ROWS; first < 3 * D; first += WARPS * ROWS) {
    float sum[ROWS] = {};
    const float* w[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      const int n = min(first + r, 3 * D - 1);
      w[r] = t.w + (int64)(n / D * C + h * D + n % D) * C;
    }
    for (int k = lane * 4; k < C; k += 128) {
      const float4 x = load4(in + k, C - k, true);
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        sum[r] += dot4(load4(w[r] + k, C - k, wide), x);
      }
    }
    float own = sum_of_lane<ROWS / 2>(sum);
    for (int n = 16; n >= ROWS; n >>= 1) {
      own += __shfl_xor_sync(0xffffffffu, own, n);
    }
    const int n = first + lane;
    if (lane < ROWS && n < 3 * D) {
      out[n / D][n % D] = step.bias[n / D * C + h * D + n % D] + own;
    }
  }
}

__device__ __forceinline__ void attend(Shared& s, const Job& job, int p) {
  const Step& step = job.step;
  const Term& t = job.first;
  const int C = step.outputs;
  const int H = step.heads;
  const int D = C / H;
  const int b = job.number / H, h = job.number % H;
  float* in = reinterpret_cast<float*>(s.x);
  float(*qkv)[PARTS * 32] = reinterpret_cast<float(*)[PARTS * 32]>(s.x + NORMED);
  float(*parts)[PARTS * 32] = reinterpret_cast<float(*)[PARTS * 32]>(s.x + 2 * NORMED);
  float* tops = s.parts[0][0];
  float* totals = tops + GROUPS;
  for (int c = threadIdx.x; c < C; c += THREADS) {
    in[c] = __ldcg(t.x + (int64)b * C + c);
  }
  __syncthreads();
  if (threadIdx.x < 32) {
    norm_row(in, C, t.gain, t.shift);
  }
  __syncthreads();
  project(step, t, in, h, D, qkv);
  __syncthreads();
  const int64 cache = (int64)b * step.slots * C + h * D;
  for (int d = threadIdx.x; d < D; d += THREADS) {
    step.keys[cache + (int64)p * C + d] = qkv[1][d];
    step.values[cache + (int64)p * C + d] = qkv[2][d];
  }
  __syncthreads();
  const int group = threadIdx.x / 8;
  const int d0 = threadIdx.x % 8 * 4;
  const bool wide = (D & 3) == 0;
  float4 q[PARTS], y[PARTS] = {};
#pragma unroll
  for (int n = 0; n < PARTS; n++) {
    q[n] = load4(&qkv[0][n * 32 + d0], D - n * 32 - d0, wide);
  }
  const float factor = LOG2_E / sqrtf((float)D);
  float top = -INFINITY, total = 0.0f;
  for (int first = 0; first <= p; first += GROUPS) {
    const int j = first + group;
    const bool there = j <= p;
    const int64 at = cache + (int64)j * C + d0;
    float4 k[PARTS], v[PARTS];
#pragma unroll
    for (int n = 0; n < PARTS; n++) {
      const int left = there ? D - n * 32 - d0 : 0;
      k[n] = load4_of_grid(step.keys + at + n * 32, left, wide);
      v[n] = load4_of_grid(step.values + at + n * 32, left, wide);
    }
    float score = 0.0f;
#pragma unroll
    for (int n = 0; n < PARTS; n++) {
      if (n * 32 < D) {
        score += dot4(q[n], k[n]);
      }
    }
    for (int lane = 4; lane > 0; lane >>= 1) {
      score += __shfl_xor_sync(0xffffffffu, score, lane);
    }
    score = there ? score * factor : -INFINITY;
    const float higher = fmaxf(top, score);
    const float base = higher == -INFINITY ? 0.0f : higher;
    const float shrink = exp2_or_zero(top - base);
    const float e = exp2_or_zero(score - base);
    total = total * shrink + e;
    top = higher;
#pragma unroll
    for (int n = 0; n < PARTS; n++) {
      if (n * 32 < D) {
        y[n] = blend(y[n], shrink, v[n], e);
      }
    }
  }
  if (d0 == 0) {
    tops[group] = top;
    totals[group] = total;
  }
#pragma unroll
  for (int n = 0; n < PARTS; n++) {
    *reinterpret_cast<float4*>(&parts[group][n * 32 + d0]) = y[n];
  }
  __syncthreads();
  if (threadIdx.x < D) {
    float highest = -INFINITY;
    for (int g = 0; g < GROUPS; g++) {
      highest = fmaxf(highest, tops[g]);
    }
    const float base = highest == -INFINITY ? 0.0f : highest;
    float all = 0.0f, sum = 0.0f;
    for (int g = 0; g < GROUPS; g++) {
      const float weight = exp2_or_zero(tops[g] - base);
      all += totals[g] * weight;
      sum += parts[g][threadIdx.x] * weight;
    }
    step.y[(int64)b * C + h * D + threadIdx.x] = all == 0.0f ? 0.0f : sum / all;
  }
}
