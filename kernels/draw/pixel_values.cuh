// Pixels of several channels or levels in pixel_sample_values.cu, drawn from what the last layer made of them in the phase
// before: channel by channel where each has outputs of its own, which follow from the channels before it through a
// layer of hidden units (dev.hindsight.backend.draw.OutputHead), else all from one set.
#pragma once
#include "mixture.cuh"
#include "softmax.cuh"
#include "draw/pixel_product.cuh"

enum Distribution { BERNOULLI, CATEGORICAL, LOGISTIC_MIXTURE };

// How a pixel of C channels is drawn.
struct Head {
  float* last;           // (B,features), what the last layer made of it
  const float* hidden;   // (C·units,C); null where these are its outputs
  const float* lead;     // (C·units), biases
  const float* weights;  // (C·each,C·units)
  const float* bias;     // (C·each)
  int distribution, channels, levels, components;
  int features, units;  // hidden units of a channel
  int each, outputs;    // of a channel, or of a pixel where its channels have one set; of a pixel
  int warps;            // that share a sum of an output
  int wide;             // rows of hidden units and weights begin at 16 bytes
  float scale, shift;   // a level as layers read it is level·scale + shift
};

struct SharedOfValues : Shared {
  static constexpr bool BINARY = false;
  static constexpr bool OF_IMAGES = true;
  Head head;
  float read[TERMS][MOST_CHANNELS];  // what a first layer reads of each of its pixels
  float level[MOST_CHANNELS];        // of the pixel at hand, as far as it is drawn,
  float scaled[MOST_CHANNELS];       // and as layers read it

  __device__ __forceinline__ void bring(int term, const float* pixels, int64 pixel) {
    for (int c = 0; c < head.channels; c++) {
      const float level = __ldcg(pixels + pixel * head.channels + c);
      read[term][c] = fmaf(level, head.scale, head.shift);
    }
  }
};

// Hidden units of a channel, in place of its features: ReLU(features + b + sum of w·x of the channels before).
__device__ __forceinline__ void hidden_units(const SharedOfValues& s, float* last, int channel) {
  const Head& head = s.head;
  for (int g = threadIdx.x; g < head.units; g += THREADS) {
    const int unit = channel * head.units + g;
    float sum = head.lead[unit];
    for (int c = 0; c < channel; c++) {
      sum = fmaf(head.hidden[unit * head.channels + c], s.scaled[c], sum);
    }
    last[unit] = relu(__ldcg(last + unit) + sum);
  }
}

// y (each) = the outputs of a channel, which see its hidden units and those of the channels before it. As in a
// product, a warp has four rows of weights and `warps` warps share a sum; the sums of each turn lie side by side.
__device__ __forceinline__ void channel_outputs(SharedOfValues& s, const float* last, int channel,
                                                float* y) {
  const Head& head = s.head;
  const int warp = threadIdx.x / 32, lane = threadIdx.x & 31;
  const int part = warp & (head.warps - 1);
  const int rows = WARPS / head.warps * ROWS;  // of a turn
  const int live = (channel + 1) * head.units, inputs = head.channels * head.units;
  const bool wide = head.wide != 0;
  for (int turn = 0; turn * rows < head.each; turn++) {
    const int first = turn * rows + warp / head.warps * ROWS;
    const float* w = head.weights + (int64)(channel * head.each + first) * inputs;
    float sum[ROWS] = {};
    for (int k = (part * 32 + lane) * 4; k < live; k += 128 * head.warps) {
      const float4 x = load4_of_grid(last + k, live - k, wide);
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        sum[r] +=
            dot4(load4(w + (int64)r * inputs + k, first + r < head.each ? live - k : 0, wide), x);
      }
    }
    float own = sum_of_lane<ROWS / 2>(sum);
    for (int m = 16; m >= ROWS; m >>= 1) {
      own += __shfl_xor_sync(0xffffffffu, own, m);
    }
    if (lane < ROWS) {
      s.parts[turn][warp][lane] = own;
    }
  }
  __syncthreads();
  for (int v = threadIdx.x; v < head.each; v += THREADS) {
    const int own = v % rows;
    const float sum = whole_sum(s, head.warps, own / ROWS, v / rows, own % ROWS);
    y[v] = head.bias[channel * head.each + v] + sum;
  }
}

// Channels `from .. to - 1` of the pixel at hand, as layers read them and in memory: by a warp.
__device__ __forceinline__ void hand_on(SharedOfValues& s, int from, int to, float* pixel) {
  __syncwarp();
  const int c = threadIdx.x & 31;
  if (from <= c && c < to) {
    s.scaled[c] = fmaf(s.level[c], s.head.scale, s.head.shift);
    pixel[c] = s.level[c];
  }
}

// A pixel of an image, from the hidden units or outputs `last` of it: its outputs go to `logits`. `uniform` is that
// of a channel; the first `given` channels are there.
template <class Uniform>
__device__ __forceinline__ void draw_values(SharedOfValues& s, float* last, float temperature,
                                            int given, float* pixel, float* logits,
                                            Uniform uniform) {
  const Head& head = s.head;
  const int C = head.channels;
  const bool first = threadIdx.x < 32;
  float* y = reinterpret_cast<float*>(s.x);
  if ((int)threadIdx.x < given) {
    s.level[threadIdx.x] = pixel[threadIdx.x];
  }
  if (first) {
    hand_on(s, 0, given, pixel);
  }
  const int sets = head.hidden == nullptr ? 1 : C;
  for (int c = 0; c < sets; c++) {
    if (head.hidden == nullptr) {
      for (int v = threadIdx.x; v < head.each; v += THREADS) {
        y[v] = __ldcg(last + v);
      }
    } else {
      hidden_units(s, last, c);
      __syncthreads();
      channel_outputs(s, last, c, y);
    }
    __syncthreads();
    for (int v = threadIdx.x; v < head.each; v += THREADS) {
      logits[c * head.each + v] = y[v];
    }
    if (first && head.distribution == LOGISTIC_MIXTURE) {
      const Components own(y + head.each, head.components);
      draw_of_mixture(Mixture(head.components, C, head.levels), own, y, temperature, given, C,
                      s.level, uniform);
      hand_on(s, given, C, pixel);
    } else if (first && c >= given) {
      const float level = head.distribution == BERNOULLI
                              ? bernoulli_pixel(uniform(c), y[0], temperature)
                              : (float)draw_of_softmax(y, head.levels, temperature, uniform(c));
      if (threadIdx.x == 0) {
        s.level[c] = level;
      }
      hand_on(s, c, c + 1, pixel);
    }
    __syncthreads();
  }
}
