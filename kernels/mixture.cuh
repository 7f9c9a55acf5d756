// What kernels of mixtures of discretised logistics share (see logistic_mixture.cu): where a pixel's outputs lie, the
// logistic of a channel, and how a warp draws a pixel.
//
// Lengths are in half bins: level v is n = 2v - top, and its bin reaches from n - 1 to n + 1, without end for the lowest
// and the highest level. With r = 1 / (top·s), z = n - mean, a = (z + 1)·r, b = (z - 1)·r and d = a - b = 2r
//   log P = log(1 - e^-d) - softplus(-a) - softplus(b),
// less the terms of ends that are open.
#pragma once
#include "common.cuh"

constexpr int MOST_CHANNELS = 4;
constexpr float LEAST_LOG_SCALE = -7.0f;
constexpr float LEAST = -3.402823466e38f;  // not infinite: it is subtracted from itself
constexpr float NARROW = 0.7f;             // up to here a series takes the place of e^-d

__device__ __forceinline__ float softplus(float x) {
  return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
}

struct Mixture {
  int K, C;
  float top;

  __device__ __forceinline__ Mixture(int K, int C, int levels)
      : K(K), C(C), top((float)(levels - 1)) {}

  __device__ __forceinline__ int outputs() const { return K * (1 + 2 * C + C * (C - 1) / 2); }
  __device__ __forceinline__ int mean(int c) const { return K * (1 + c); }
  __device__ __forceinline__ int log_scale(int c) const { return K * (1 + C + c); }
  __device__ __forceinline__ int coefficient(int c, int before) const {
    return K * (1 + 2 * C + c * (c - 1) / 2 + before);
  }
};

// The logistic of a channel, for the component whose outputs `own` begins.
struct Logistic {
  float log_scale, r, place;  // place is -mean

  template <class T>
  __device__ __forceinline__ Logistic(const Mixture& m, const T* own, int c, const float* n,
                                      float temperature)
      : log_scale(fmaxf(load1(own + m.log_scale(c)), LEAST_LOG_SCALE)),
        r(expf(-log_scale) / (m.top * temperature)), place(-m.top * load1(own + m.mean(c))) {
#pragma unroll
    for (int before = 0; before < MOST_CHANNELS - 1; before++) {
      if (before < c) {
        place -= tanhf(load1(own + m.coefficient(c, before))) * n[before];
      }
    }
  }

  __device__ __forceinline__ float log_mass(const Mixture& m, float n, float log_t) const {
    const float z = n + place;
    float mass = 0.0f;
    if (n < m.top) {
      mass -= softplus(-(z + 1.0f) * r);
    }
    if (n > -m.top) {
      mass -= softplus((z - 1.0f) * r);
    }
    if (n < m.top && n > -m.top) {
      mass += log_width(logf(2.0f / m.top) - log_scale - log_t);
    }
    return mass;
  }

  // log(1 - e^-d); where that would lose what matters log d + log((1 - e^-d) / d), the latter by its series.
  __device__ __forceinline__ float log_width(float log_d) const {
    const float d = 2.0f * r;
    const float d2 = d * d;
    return d > NARROW ? log1pf(-expf(-d))
                      : log_d - r + d2 * (1 / 24.0f + d2 * (-1 / 2880.0f + d2 * (1 / 181440.0f)));
  }

  // Its derivative by log d, d / (e^d - 1).
  __device__ __forceinline__ float width_slope() const {
    const float d = 2.0f * r;
    const float d2 = d * d;
    return d > NARROW ? d / (expf(d) - 1.0f)
                      : 1.0f - r + d2 * (1 / 12.0f + d2 * (-1 / 720.0f + d2 * (1 / 30240.0f)));
  }
};

// log of a sum of exponentials, as far as it has come.
struct LogSum {
  float top = LEAST;
  float sum = 0.0f;  // of exp(x - top)

  __device__ __forceinline__ void add(float x) {
    const float larger = fmaxf(top, x);
    sum = sum * expf(top - larger) + expf(x - larger);
    top = larger;
  }

  // Over so many lanes, all of which come.
  __device__ __forceinline__ void join(int lanes) {
    for (int k = lanes >> 1; k > 0; k >>= 1) {
      const float other = __shfl_xor_sync(0xffffffffu, top, k);
      const float its = __shfl_xor_sync(0xffffffffu, sum, k);
      const float larger = fmaxf(top, other);
      sum = sum * expf(top - larger) + its * expf(other - larger);
      top = larger;
    }
  }

  __device__ __forceinline__ float share(float x) const { return expf(x - top) / sum; }
};

// What a warp keeps of each component while it draws a pixel. A lane reads only what it has written.
struct Components {
  float *log_weight, *weight, *place, *r;

  __device__ __forceinline__ Components(float* room, int K)
      : log_weight(room), weight(room + K), place(room + 2 * K), r(room + 3 * K) {}

  // exp(log weight) but for a factor, and the sum of all.
  __device__ __forceinline__ float weigh(int K) const {
    LogSum all;
    for (int k = threadIdx.x & 31; k < K; k += 32) {
      all.add(log_weight[k]);
    }
    all.join(32);
    for (int k = threadIdx.x & 31; k < K; k += 32) {
      weight[k] = expf(log_weight[k] - all.top);
    }
    return all.sum;
  }

  // The weight of what lies below the upper end of the bin around n.
  __device__ __forceinline__ float up_to(float n, int K) const {
    float sum = 0.0f;
    for (int k = threadIdx.x & 31; k < K; k += 32) {
      sum += weight[k] * sigmoid((n + 1.0f + place[k]) * r[k]);
    }
    return warp_sum(sum);
  }
};

// Draws the channels `given .. to - 1` of a pixel, one after the other, by a warp that keeps `own`: each the smallest
// level v with uniform(c) < F(v), where F is the distribution given the channels before it. levels (C) has the first
// `given`.
template <class Uniform>
__device__ __forceinline__ void draw_of_mixture(const Mixture& m, const Components& own,
                                                const float* outputs, float temperature, int given,
                                                int to, float* levels, Uniform uniform) {
  const int lane = threadIdx.x & 31;
  const float log_t = logf(temperature);
  float n[MOST_CHANNELS] = {};
  for (int k = lane; k < m.K; k += 32) {
    own.log_weight[k] = outputs[k] / temperature;
  }
#pragma unroll
  for (int c = 0; c < MOST_CHANNELS; c++) {
    if (c < m.C && c < to) {
      if (c < given) {
        n[c] = 2.0f * levels[c] - m.top;
      } else {
        for (int k = lane; k < m.K; k += 32) {
          const Logistic l(m, outputs + k, c, n, temperature);
          own.place[k] = l.place;
          own.r[k] = l.r;
        }
        const float wanted = uniform(c) * own.weigh(m.K);
        int low = 0, high = (int)m.top;
        while (low < high) {
          const int middle = (low + high) / 2;
          if (wanted < own.up_to(2.0f * middle - m.top, m.K)) {
            high = middle;
          } else {
            low = middle + 1;
          }
        }
        n[c] = 2.0f * low - m.top;
        if (lane == 0) {
          levels[c] = (float)low;
        }
      }
      for (int k = lane; k < m.K; k += 32) {
        const Logistic l(m, outputs + k, c, n, temperature);
        own.log_weight[k] += l.log_mass(m, n[c], log_t);
      }
    }
  }
}
