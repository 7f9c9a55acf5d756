// Attention of one pixel, for one image and head, in pixel_sample.cu: norm, query, key and value, what the query
// makes of all positions so far, and what that adds to the projection. 8 lanes read a key together (attend_step.cu);
// the 32 groups of a block are brought together at the end, in order. The first product is part of it, since three
// rows of a head read one image only: the barrier that it would end in costs more than the weights that 25 images
// read once each.
#pragma once
#include "exp2.cuh"
#include "draw/pixel_parts.cuh"

constexpr int GROUPS = THREADS / 8;  // one for each lane of a warp
constexpr int KEYS = 2;              // of a group at a time
constexpr int WIDEST = 128;          // channels of a head
constexpr float LOG2_E = 1.4426950408889634f;

// a·wa + b·wb + c·wc
__device__ __forceinline__ float4 blend(float4 a, float wa, float4 b, float wb, float4 c,
                                        float wc) {
  return make_float4(fmaf(c.x, wc, fmaf(b.x, wb, a.x * wa)), fmaf(c.y, wc, fmaf(b.y, wb, a.y * wa)),
                     fmaf(c.z, wc, fmaf(b.z, wb, a.z * wa)),
                     fmaf(c.w, wc, fmaf(b.w, wb, a.w * wa)));
}

// out (3,WIDEST) = query, key and value of head h, from the normed input `in` (C).
__device__ __forceinline__ void project(const Step& step, const Term& t, const float* in, int h,
                                        int D, float (*out)[WIDEST]) {
  const int lane = threadIdx.x & 31;
  const int C = t.inputs;
  const bool wide = step.wide != 0;
  for (int first = threadIdx.x / 32 * ROWS; first < D; first += WARPS * ROWS) {
    float sum[3][ROWS] = {};
    const float* w = t.w + (int64)(h * D + first) * C;
    for (int k = lane * 4; k < C; k += 128) {
      const float4 x = load4(in + k, C - k, true);
      float4 a[3][ROWS];
#pragma unroll
      for (int n = 0; n < 3; n++) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          a[n][r] = load4(w + (int64)(n * C + r) * C + k, first + r < D ? C - k : 0, wide);
        }
      }
#pragma unroll
      for (int n = 0; n < 3; n++) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          sum[n][r] += dot4(a[n][r], x);
        }
      }
    }
#pragma unroll
    for (int n = 0; n < 3; n++) {
      float own = sum_of_lane<ROWS / 2>(sum[n]);
      for (int m = 16; m >= ROWS; m >>= 1) {
        own += __shfl_xor_sync(0xffffffffu, own, m);
      }
      if (lane < ROWS && first + lane < D) {
        out[n][first + lane] = step.bias[n * C + h * D + first + lane] + own;
      }
    }
  }
}

// What the query (D) makes of all keys up to p: into `out`, with zeros up to 32·PARTS. Keys and values are those of
// this image and head, C apart. A group whose last keys do not exist reads that of p in their place, and gives it no
// weight.
template <int PARTS>
__device__ __forceinline__ void look_back(Shared& s, const float* query, const float* keys,
                                          const float* values, int C, int D, int p, float* out) {
  float(*parts)[PARTS * 32] = reinterpret_cast<float(*)[PARTS * 32]>(s.x + 2 * NORMED);
  float* tops = s.parts[0][0];
  float* totals = tops + GROUPS;
  const int group = threadIdx.x / 8;
  const int d0 = threadIdx.x % 8 * 4;
  const bool wide = (D & 3) == 0;
  float4 q[PARTS], y[PARTS] = {};
#pragma unroll
  for (int n = 0; n < PARTS; n++) {
    q[n] = load4(query + n * 32 + d0, D - n * 32 - d0, wide);
  }
  const float factor = LOG2_E / sqrtf((float)D);
  float top = -INFINITY, total = 0.0f;
  for (int first = threadIdx.x / 32 * 4; first <= p; first += KEYS * GROUPS) {
    const int j = first + group % 4;
    float4 k[KEYS][PARTS], v[KEYS][PARTS];
#pragma unroll
    for (int m = 0; m < KEYS; m++) {
      const int64 at = (int64)min(j + m * GROUPS, p) * C + d0;
#pragma unroll
      for (int n = 0; n < PARTS; n++) {
        k[m][n] = load4_of_grid(keys + at + n * 32, D - n * 32 - d0, wide);
        v[m][n] = load4_of_grid(values + at + n * 32, D - n * 32 - d0, wide);
      }
    }
    float score[KEYS] = {};
#pragma unroll
    for (int n = 0; n < PARTS; n++) {
#pragma unroll
      for (int m = 0; m < KEYS; m++) {
        score[m] += dot4(q[n], k[m][n]);
      }
    }
#pragma unroll
    for (int m = 0; m < KEYS; m++) {
#pragma unroll
      for (int lane = 4; lane > 0; lane >>= 1) {
        score[m] += __shfl_xor_sync(0xffffffffu, score[m], lane);
      }
      score[m] = j + m * GROUPS <= p ? score[m] * factor : -INFINITY;
    }
    const float higher = fmaxf(top, fmaxf(score[0], score[1]));
    const float base = higher == -INFINITY ? 0.0f : higher;
    const float shrink = exp2_or_zero(top - base);
    const float e0 = exp2_or_zero(score[0] - base);
    const float e1 = exp2_or_zero(score[1] - base);
    total = total * shrink + e0 + e1;
    top = higher;
#pragma unroll
    for (int n = 0; n < PARTS; n++) {
      y[n] = blend(y[n], shrink, v[0][n], e0, v[1][n], e1);
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
  if (threadIdx.x < PARTS * 32) {
    const int lane = threadIdx.x & 31;
    float highest = tops[lane];
    for (int n = 16; n > 0; n >>= 1) {
      highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, n));
    }
    const float weight = exp2_or_zero(tops[lane] - (highest == -INFINITY ? 0.0f : highest));
    const float all = warp_sum(totals[lane] * weight);
    float sum = 0.0f;
    for (int g = 0; g < GROUPS; g++) {
      sum += parts[g][threadIdx.x] * __shfl_sync(0xffffffffu, weight, g);
    }
    out[threadIdx.x] = all == 0.0f ? 0.0f : sum / all;
  }
}

__device__ __forceinline__ void attend(Shared& s, const Job& job, int B, int p) {
  const Step& step = job.step;
  const Term& t = job.first;
  const int C = t.inputs, D = step.units, h = job.column;
  float* in = reinterpret_cast<float*>(s.x);
  float(*qkv)[WIDEST] = reinterpret_cast<float(*)[WIDEST]>(s.x + NORMED);
  bring_sum(s, job, B);
  __syncthreads();
  if (threadIdx.x < 32) {
    norm_row(in, C, t.gain, t.shift);
  }
  __syncthreads();
  project(step, t, in, h, D, qkv);
  __syncthreads();
  const int64 cache = (int64)job.image0 * step.slots * C + h * D;
  float* keys = step.keys + cache;
  float* values = step.values + cache;
  for (int d = threadIdx.x; d < D; d += THREADS) {
    keys[(int64)p * C + d] = qkv[1][d];
    values[(int64)p * C + d] = qkv[2][d];
  }
  __syncthreads();
  if (D <= 32) {
    look_back<1>(s, qkv[0], keys, values, C, D, p, qkv[0]);
  } else if (D <= 64) {
    look_back<2>(s, qkv[0], keys, values, C, D, p, qkv[0]);
  } else {
    look_back<4>(s, qkv[0], keys, values, C, D, p, qkv[0]);
  }
  __syncthreads();
  leave_part<1>(job, s.x + NORMED, step.next + h * D, C, D, B);
}
