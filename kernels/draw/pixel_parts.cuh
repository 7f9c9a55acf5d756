// Sums that several tiles have a part of each, in pixel_sample.cu. A tile leaves what its units make of the layer
// behind them in a place of its own; who reads the sum in a later phase adds the parts up, in their order. So a
// layer whose inputs no block has all of needs no barrier of its own.
#pragma once
#include "draw/pixel_sample.cuh"

__device__ __forceinline__ float dot4(float4 a, float4 b) {
  return (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
}

__device__ __forceinline__ float plus(float a, float b) { return a + b; }

__device__ __forceinline__ float4 plus(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

__device__ __forceinline__ float of_lane(float v, int other) {
  return __shfl_xor_sync(0xffffffffu, v, other);
}

__device__ __forceinline__ float4 of_lane(float4 v, int other) {
  return make_float4(of_lane(v.x, other), of_lane(v.y, other), of_lane(v.z, other),
                     of_lane(v.w, other));
}

// Parts + (x + lead) of the images of a tile, into s.x, in numbers of a V. Up to 8 lanes share the parts of one,
// where there are threads for it: what a thread reads after another it waits for.
template <typename V>
__device__ __forceinline__ void add_parts(Shared& s, const Job& job, int B) {
  constexpr int WIDTH = sizeof(V) / sizeof(float);
  const Term& t = job.first;
  const int across = job.each * 4 / WIDTH;
  const unsigned part = reciprocal(across);
  const int64 stride = (int64)B * t.inputs;
  int shared = 0;  // lanes, as a power of two
  while (shared < 3 && job.step.images * across << (shared + 1) <= THREADS) {
    shared++;
  }
  V* to = reinterpret_cast<V*>(s.x);
  const int all = job.live * across << shared;
  for (int first = threadIdx.x & ~31; first < all; first += THREADS) {
    const int i = first + (threadIdx.x & 31);
    const int own = i & ((1 << shared) - 1);
    const int image = quotient(i >> shared, part);
    const int entry = (i >> shared) - image * across;
    const int c = entry * WIDTH;
    const int64 at = (int64)(job.image0 + image) * t.inputs + c;
    const bool there = i < all && c < t.inputs;
    V rest = {}, sum = {};
    if (there) {
      rest = __ldcg(reinterpret_cast<const V*>(job.x[0] + image * t.inputs + c));
      if (t.lead != nullptr) {
        rest = plus(rest, *reinterpret_cast<const V*>(t.lead + c));
      }
      const float* p = t.parts + at;
      const int count = t.count;
      for (int n = own; n < count; n += 1 << shared) {
        sum = plus(sum, __ldcg(reinterpret_cast<const V*>(p + n * stride)));
      }
    }
    for (int other = 1 << shared >> 1; other > 0; other >>= 1) {
      sum = plus(sum, of_lane(sum, other));
    }
    sum = plus(sum, rest);
    if (i < all && own == 0) {
      to[image * job.pitch * (4 / WIDTH) + entry] = sum;
      if (there && t.sum != nullptr && job.column == 0) {
        *reinterpret_cast<V*>(t.sum + at) = sum;
      }
    }
  }
}

// Brings the inputs of an only term into shared memory, and writes them down where others will want them.
__device__ __forceinline__ void bring_sum(Shared& s, const Job& job, int B) {
  if (job.step.wide != 0) {
    add_parts<float4>(s, job, B);
  } else {
    add_parts<float>(s, job, B);
  }
}

// y (B,C), of the images of a tile: what `units` numbers of each add to the layer behind them, whose weights w
// (C,units) begin `stride` apart; MOST images at a time. In shared memory the images lie a pitch apart, and zeros
// follow units to the next four. 8 lanes read a row of weights together, which is mostly no longer than that.
template <int MOST>
__device__ __forceinline__ void leave_part(const Job& job, const float4* in, const float* w,
                                           int stride, int units, int B) {
  constexpr int LANES = 8;
  constexpr int BESIDE = 32 / LANES;           // rows
  constexpr int TOGETHER = MOST == 1 ? 1 : 2;  // images that are summed up over lanes together
  const int lane = threadIdx.x & 31;
  const int C = job.first.inputs;
  const bool wide = job.step.next_wide != 0;
  const int rows = WARPS * BESIDE * ROWS;
  for (int first = threadIdx.x / 32 * BESIDE * ROWS; first < C; first += rows) {
    const int row = first + lane / LANES;
    for (int image0 = 0; image0 < job.live; image0 += MOST) {
      float sum[MOST][ROWS] = {};
      for (int g = lane % LANES; g * 4 < units; g += LANES) {
        float4 a[ROWS];
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          const int left = row + r * BESIDE < C ? units - g * 4 : 0;
          a[r] = load4(w + (int64)(row + r * BESIDE) * stride + g * 4, left, wide);
        }
        const float4* x = in + image0 * job.pitch + g;
#pragma unroll
        for (int i = 0; i < MOST; i++) {
          if (image0 + i >= job.live) {
            break;
          }
          const float4 v = x[i * job.pitch];
#pragma unroll
          for (int r = 0; r < ROWS; r++) {
            sum[i][r] += dot4(a[r], v);
          }
        }
      }
#pragma unroll
      for (int i = 0; i < MOST; i += TOGETHER) {
        const int image = image0 + i;
        if (image >= job.live) {
          break;
        }
        float v[TOGETHER * ROWS];
#pragma unroll
        for (int k = 0; k < TOGETHER * ROWS; k++) {
          v[k] = sum[i + k / ROWS][k % ROWS];
        }
        float own = sum_of_lane<TOGETHER * ROWS / 2>(v);
        if (TOGETHER * ROWS < LANES) {
          own += __shfl_xor_sync(0xffffffffu, own, LANES / 2);
        }
        const int k = lane % (TOGETHER * ROWS);
        const int c = row + k % ROWS * BESIDE;
        if (lane % LANES == k && image + k / ROWS < job.live && c < C) {
          const int64 at = ((int64)job.column * B + job.image0 + image + k / ROWS) * C + c;
          job.step.y[at] = own;
        }
      }
    }
  }
}
