// Pixels of a mixture of K discretised logistics over C channels (PixelCNN++, Salimans et al. 2017): nll[b] = -sum
// over pixels of log sum over k of pi_k · prod over c of P_k(x_c). A row of logits has a pixel's outputs in the order of
// backend/Mixture.java. The lanes of a pixel, a power of two of them, take its components in turn.
//
// In the lengths of mixture.cuh the slope of log P by z is (σ(-a) - σ(b))·r. A target that is no whole number from 0 to
// top gives NaN.
#include "mixture.cuh"
#include "philox.cuh"

// The numbers of a pixel's first channels.
struct Numbers {
  float n[MOST_CHANNELS];
  bool known;

  template <class T>
  __device__ __forceinline__ Numbers(const Mixture& m, const T* levels, int channels)
      : known(true) {
#pragma unroll
    for (int c = 0; c < MOST_CHANNELS; c++) {
      const float v = c < channels ? load1(levels + c) : 0.0f;
      known = known && v >= 0.0f && v <= m.top && v == floorf(v);
      n[c] = 2.0f * v - m.top;
    }
  }
};

// log P of all channels, for a component.
template <class T>
__device__ __forceinline__ float log_masses(const Mixture& m, const T* own, const Numbers& x) {
  float sum = 0.0f;
#pragma unroll
  for (int c = 0; c < MOST_CHANNELS; c++) {
    if (c < m.C) {
      sum += Logistic(m, own, c, x.n, 1.0f).log_mass(m, x.n[c], 0.0f);
    }
  }
  return sum;
}

// Of the logits, and of the logits and log P; there less the largest logit, so that log P is not rounded to it.
struct Softmaxes {
  LogSum prior, joint;

  __device__ __forceinline__ Softmaxes(const Mixture& m, const Stored* logits, const Numbers& x,
                                       int lanes) {
    const int lane = threadIdx.x & (lanes - 1);
    for (int k = lane; k < m.K; k += lanes) {
      prior.add(load1(logits + k));
    }
    prior.join(lanes);
    for (int k = lane; k < m.K; k += lanes) {
      joint.add(log_joint(m, logits + k, x));
    }
    joint.join(lanes);
  }

  __device__ __forceinline__ float log_joint(const Mixture& m, const Stored* own,
                                             const Numbers& x) const {
    return load1(own) - prior.top + log_masses(m, own, x);
  }

  __device__ __forceinline__ float nll() const {
    return logf(prior.sum) - logf(joint.sum) - joint.top;
  }
};

// A warp sums up piece w / B of the D pixels of image w % B: sums (pieces, B), which is nll where there is one piece.
extern "C" __global__ void __launch_bounds__(256, 4)
IN_STORAGE(logistic_mixture)(const Stored* __restrict__ logits, const Stored* __restrict__ target,
                             int K, int C, int levels, int lanes, float* __restrict__ sums, int B,
                             int D, int pieces) {
  const int warp = blockIdx.x * 8 + threadIdx.x / 32;
  if (warp >= B * pieces) {
    return;
  }
  const Mixture m(K, C, levels);
  const int each = (D + pieces - 1) / pieces;
  const int begin = warp / B * each;
  const int end = min(D, begin + each);
  const int64 image = (int64)(warp % B) * D;
  const bool first = (threadIdx.x & (lanes - 1)) == 0;
  float nll = 0.0f;
  for (int d = begin; d < end; d += 32 / lanes) {
    const int own = d + (threadIdx.x & 31) / lanes;
    const int64 at = image + min(own, end - 1);
    const Numbers x(m, target + at * C, C);
    const Softmaxes s(m, logits + at * m.outputs(), x, lanes);
    if (first && own < end) {
      nll += x.known ? s.nll() : NAN;
    }
  }
  nll = warp_sum(nll);
  if ((threadIdx.x & 31) == 0) {
    sums[warp] = nll;
  }
}

// What the gradient of one component's outputs is added to.
struct Sums {
  Stored* own;
  int fresh;

  __device__ __forceinline__ void add(int output, float v) const {
    store1(own + output, (fresh ? 0.0f : load1(own + output)) + v);
  }
};

// Of one channel; `weight` is the gradient by log P.
__device__ __forceinline__ void add_slopes(const Mixture& m, const Stored* own, int c,
                                           const Numbers& x, float weight, const Sums& to) {
  const Logistic l(m, own, c, x.n, 1.0f);
  const float z = x.n[c] + l.place;
  const bool least = x.n[c] == -m.top, most = x.n[c] == m.top;
  const float above = most ? 0.0f : sigmoid(-(z + 1.0f) * l.r);
  const float below = least ? 0.0f : sigmoid((z - 1.0f) * l.r);
  const float by_place = weight * (above - below) * l.r;
  const float width = least || most ? 0.0f : l.width_slope();
  const float by_scale = ((z - 1.0f) * below - (z + 1.0f) * above) * l.r - width;
  const bool held = load1(own + m.log_scale(c)) < LEAST_LOG_SCALE;
  to.add(m.mean(c), -m.top * by_place);
  to.add(m.log_scale(c), weight * (held ? 0.0f : by_scale));
#pragma unroll
  for (int before = 0; before < MOST_CHANNELS - 1; before++) {
    if (before < c) {
      const float tanh = tanhf(load1(own + m.coefficient(c, before)));
      to.add(m.coefficient(c, before), -by_place * x.n[before] * (1.0f - tanh * tanh));
    }
  }
}

extern "C" __global__ void __launch_bounds__(256, 3) IN_STORAGE(logistic_mixture_backward)(
    const Stored* __restrict__ logits, const Stored* __restrict__ target, int K, int C, int levels,
    int lanes, float scale, Stored* __restrict__ dlogits, int fresh, int N) {
  const Mixture m(K, C, levels);
  const int pixels = 256 / lanes;
  for (int64 first = (int64)blockIdx.x * pixels; first < N; first += (int64)gridDim.x * pixels) {
    const int64 own = first + threadIdx.x / lanes;
    const int64 at = min(own, (int64)N - 1);
    const Numbers x(m, target + at * C, C);
    const Stored* outputs = logits + at * m.outputs();
    const Softmaxes s(m, outputs, x, lanes);
    if (own < N) {
      const float by = x.known ? scale : NAN;
      for (int k = threadIdx.x & (lanes - 1); k < K; k += lanes) {
        const Sums to = {dlogits + at * m.outputs() + k, fresh};
        const float logit = load1(outputs + k);
        const float weight = -by * s.joint.share(s.log_joint(m, outputs + k, x));
        to.add(0, by * s.prior.share(logit) + weight);
#pragma unroll
        for (int c = 0; c < MOST_CHANNELS; c++) {
          if (c < C) {
            add_slopes(m, outputs + k, c, x, weight, to);
          }
        }
      }
    }
  }
}

// y[value,v] = log of the sum over k of exp(logit_k)·prod over c' < c of P_k(x_c')·P_k(v), c = value % C. A warp does a
// value, its lanes the components first, then the levels.
extern "C" __global__ void __launch_bounds__(256, 4)
IN_STORAGE(logistic_mixture_level_logits)(const Stored* __restrict__ logits,
                                          const Stored* __restrict__ target, int K, int C,
                                          int levels, int lanes, Stored* __restrict__ y, int N) {
  extern __shared__ float room[];
  const Mixture m(K, C, levels);
  const int lane = threadIdx.x & 31;
  float* weights = room + threadIdx.x / 32 * 4 * K;
  Logistic* logistics = (Logistic*)(weights + K);
  for (int64 value = (int64)blockIdx.x * 8 + threadIdx.x / 32; value < N;
       value += (int64)gridDim.x * 8) {
    const int channel = (int)(value % C);
    const Stored* outputs = logits + value / C * m.outputs();
    const Numbers x(m, target + value / C * C, channel);
    for (int k = lane; k < K; k += 32) {
      float weight = load1(outputs + k);
#pragma unroll
      for (int c = 0; c < MOST_CHANNELS; c++) {
        if (c <= channel) {
          const Logistic l(m, outputs + k, c, x.n, 1.0f);
          if (c == channel) {
            logistics[k] = l;
          } else {
            weight += l.log_mass(m, x.n[c], 0.0f);
          }
        }
      }
      weights[k] = weight;
    }
    __syncwarp();
    for (int v = lane; v < levels; v += 32) {
      LogSum sum;
      for (int k = 0; k < K; k++) {
        sum.add(weights[k] + logistics[k].log_mass(m, 2.0f * v - m.top, 0.0f));
      }
      store1(y + value * levels + v, x.known ? sum.top + logf(sum.sum) : NAN);
    }
    __syncwarp();
  }
}

#ifndef BF16
// pixels[n,d] = the smallest level v with uniform((first + n)·D + d) < F(v), from <= d < to, where F is the
// distribution of channel d % C given those before it. A warp draws the channels of a pixel, one after the other; the
// pixels from `from` / C on have `touched` of each image.
extern "C" __global__ void __launch_bounds__(256, 4)
logistic_mixture_draw(const Draw* __restrict__ draw, const float* __restrict__ logits,
                      float temperature, int K, int C, int levels, int lanes, int from, int to,
                      float* __restrict__ pixels, int N, int D) {
  extern __shared__ float room[];
  const Draw drawn = *draw;
  const Mixture m(K, C, levels);
  const Components own(room + threadIdx.x / 32 * 4 * K, K);
  const int touched = (to + C - 1) / C - from / C;
  for (int64 item = (int64)blockIdx.x * 8 + threadIdx.x / 32; item < (int64)N * touched;
       item += (int64)gridDim.x * 8) {
    const int pixel = from / C + (int)(item % touched);
    const int64 first = item / touched * D + (int64)pixel * C;
    draw_of_mixture(m, own, logits + first / C * m.outputs(), temperature, from - pixel * C,
                    to - pixel * C, pixels + first,
                    [&](int c) { return drawn.uniform(first + c, D); });
  }
}
#endif
