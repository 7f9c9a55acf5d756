// The loop over pixels of pixel_sample.cu, and of pixel_sample_values.cu for pixels that are not binary: all but how a
// pixel is drawn.
#pragma once
#include <cooperative_groups.h>
#include "exp2.cuh"
#include "gelu.cuh"
#include "draw/pixel_perceptron.cuh"
#include "draw/pixel_attend.cuh"
#include "draw/pixel_values.cuh"

// What the pixel before q adds to what is known of its place, an entry for each of its channels.
__device__ __forceinline__ float embed_previous(const SharedOfValues& s, const Job& job,
                                                const Images& in, int drawn, int o, float place) {
  const Head& head = s.head;
  const int before = job.q - 1;
  const float* pixel = in.pixels + ((int64)job.image0 * in.D + before) * head.channels;
  for (int c = 0; c < head.channels; c++) {
    const int level = (int)(before == drawn ? s.level[c] : __ldcg(pixel + c));
    place += job.step.add[(int64)(c * head.levels + level) * job.step.outputs + o];
  }
  return place;
}

// y (O) of pixel q from the pixels before it: by the taps of a convolution of their channels, or from values, row and
// column of some (previous_pixel.cu); and from an embedding of its place and of the last one (embed_previous.cu).
// `drawn` is in s alone, or -1.
template <class S>
__device__ __forceinline__ void first_layer(const S& s, const Job& job, const Images& in,
                                            int drawn) {
  const Step& step = job.step;
  const int q = job.q;
  float* y = step.y + ((int64)(q % step.slots) * in.B + job.image0) * step.outputs;
  const float bottom = (float)max(in.height - 1, 1);
  for (int o = threadIdx.x; o < step.outputs; o += THREADS) {
    float sum = 0.0f;
    for (int n = 0; n < job.found; n++) {
      const int u = job.pixel[n];
      const float* w = job.w[n] + (int64)o * job.first.inputs;
      if constexpr (S::BINARY) {
        sum = fmaf(*w++, u == drawn ? s.value : job.value[n], sum);
      } else {
        const float* x = u == drawn ? s.scaled : s.read[n];
        for (int c = 0; c < s.head.channels; c++) {
          sum = fmaf(w[c], x[c], sum);
        }
        w += s.head.channels;
      }
      if (step.kind == PLACES) {
        sum = fmaf(w[0], (float)(u / in.width) / bottom, sum);
        sum = fmaf(w[1], (float)(u % in.width) / (float)max(in.width - 1, 1), sum);
      }
    }
    if (step.bias != nullptr) {
      sum += biases<S::OF_IMAGES>(step, job.image0)[o];
    }
    if (step.position != nullptr) {
      float place = step.position[(int64)q * step.outputs + o];
      if (q > 0) {
        if constexpr (S::BINARY) {
          const float* before = in.pixels + (int64)job.image0 * in.D + q - 1;
          const int value = (int)(q - 1 == drawn ? s.value : __ldcg(before));
          place += step.add[(int64)value * step.outputs + o];
        } else {
          place = embed_previous(s, job, in, drawn, o, place);
        }
      } else if (S::OF_IMAGES && step.next != nullptr) {
        place += step.next[(int64)job.image0 * step.outputs + o];
      }
      sum += place;
    }
    y[o] = finished(step.finish, sum);
  }
}

// One image: the logit of pixel p - 1 and its draw, and the first layer of pixel p.
template <bool PARTS, class S>
__device__ __forceinline__ void draw_pixel(S& s, const Draw& draws, const Images& in, int p) {
  const Job& job = s.jobs[0];
  if (p > 0) {
    tile_sums<PARTS>(s, job, Rows(job, job.quad), in.B, false);
    if (threadIdx.x == 0) {
      const float logit =
          biases<S::OF_IMAGES>(job.step, job.image0)[0] + whole_sum(s, job.step.warps, 0, 0, 0);
      const int64 at = (int64)job.image0 * in.D + p - 1;
      if (p - 1 < in.from) {
        s.value = in.pixels[at];
      } else {
        s.value = bernoulli_pixel(draws.uniform(at, in.D), logit, in.temperature);
        in.pixels[at] = s.value;
      }
      in.logits[at] = logit;
    }
    __syncthreads();
  }
  if (p < in.D) {
    first_layer(s, s.jobs[1], in, p - 1);
  }
}

// The same from the outputs of pixel p - 1.
template <bool PARTS>
__device__ __forceinline__ void draw_pixel(SharedOfValues& s, const Draw& draws, const Images& in,
                                           int p) {
  const Head& head = s.head;
  const int image = s.jobs[0].image0;
  if (p > 0) {
    const int64 pixel = (int64)image * in.D + p - 1;
    const int64 value = pixel * head.channels;
    const int given = min(max(in.from - (p - 1) * head.channels, 0), head.channels);
    draw_values(s, head.last + (int64)image * head.features, in.temperature, given,
                in.pixels + value, in.logits + pixel * head.outputs,
                [&](int c) { return draws.uniform(value + c, in.D * head.channels); });
  }
  if (p < in.D) {
    first_layer(s, s.jobs[1], in, p - 1);
  }
}

// A row: y (C) = ReLU(norm(tanh(a)·σ(b))), a warp for a pixel of an image.
__device__ __forceinline__ void squash(Shared& s, const Job& job, int p, int B) {
  const Step& step = job.step;
  const Term& t = job.first;
  const int warp = threadIdx.x / 32, lane = threadIdx.x & 31;
  const int item = job.number * WARPS + warp;
  const int C = step.outputs;
  if (item < step.positions * B) {
    const int q = p + step.shift + item / B;
    const int image = item % B;
    float* row = reinterpret_cast<float*>(s.x + warp * NORMED);
    const float* ab = t.x + ((q % t.slots) * (int64)B + image) * 2 * C;
    for (int c = lane; c < C; c += 32) {
      row[c] = tanhf(__ldcg(ab + c)) * sigmoid(__ldcg(ab + C + c));
    }
    norm_row(row, C, t.gain, t.shift);
    float* y = step.y + ((q % step.slots) * (int64)B + image) * C;
    for (int c = lane; c < C; c += 32) {
      y[c] = relu(row[c]);
    }
  }
}

template <bool ATTENDS, class S>
__device__ __forceinline__ void run(S& s, int p, const Draw& draws, const Images& in) {
  const Job& job = s.jobs[0];
  if constexpr (ATTENDS) {
    if constexpr (!S::BINARY) {
      if (job.step.kind == PRODUCT) {
        product<true, S::OF_IMAGES>(s, job, in.B);
        return;
      }
    }
    switch (job.step.kind) {
      case LOGIT: draw_pixel<true>(s, draws, in, p); break;
      case ATTEND: attend(s, job, in.B, p); break;
      default: perceptron(s, job, in.B); break;
    }
  } else {
    switch (job.step.kind) {
      case LOGIT: draw_pixel<false>(s, draws, in, p); break;
      case PRODUCT: product<false, S::OF_IMAGES>(s, job, in.B); break;
      case IMAGE_TAPS: first_layer(s, job, in, -1); break;
      default: squash(s, job, p, in.B); break;
    }
  }
}

// head: null where pixels are binary.
template <bool ATTENDS, class S>
__device__ __forceinline__ void draw_images(const Phase* phases, const Step* steps,
                                            const Term* terms, const Head* head, int count,
                                            const Draw& draws, const Images& in) {
  __shared__ S s;
  if constexpr (!S::BINARY) {
    if (threadIdx.x < 32) {
      copy_words(s.head, *head);
    }
    __syncthreads();
  }
  for (int p = 0; p <= in.D; p++) {
    for (int n = 0; n < count; n++) {
      const Phase phase = phases[n];
      const bool due =
          phase.when == DRAW || (p < in.D && (phase.when == PIXEL || (p > 0 && p % in.width == 0)));
      if (!due) {
        continue;
      }
      for (int tile = blockIdx.x; tile < phase.tiles; tile += gridDim.x) {
        const int warp = threadIdx.x / 32;
        if (warp == 0 ||
            (warp == 1 && phase.when == DRAW)) {  // the first layer is behind the logit
          look_up(s, s.jobs[warp], steps + phase.step + warp, terms, in, tile, p,
                  warp == 0 ? -1 : p - 1);
        }
        __syncthreads();
        run<ATTENDS>(s, p, draws, in);
        __syncthreads();
      }
      cooperative_groups::this_grid().sync();
    }
  }
}
