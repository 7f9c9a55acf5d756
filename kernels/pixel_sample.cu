// Draws whole images of a model whose layers can go pixel by pixel, in one cooperative launch: the loop over the D
// pixels runs in the kernel, and a plan says what a pixel takes (dev.hindsight.backend.PixelLoop).
//
// The plan is a list of phases. Blocks share the tiles of a phase; a barrier over the grid hands on what it made. A
// pixel begins by drawing the one before: a block an image adds up its logit, draws, and computes the first layer
// from the image so far. What needs whole rows above is computed a row at a time, when it begins.
#include <cooperative_groups.h>
#include "exp2.cuh"
#include "gelu.cuh"
#include "pixel_product.cuh"
#include "pixel_attend.cuh"

// A pixel of the image so far; the last one is not in memory yet where this block has just drawn it.
__device__ __forceinline__ float pixel_at(const Shared& s, const Images& in, int image, int u,
                                          int drawn) {
  return u == drawn ? s.value : __ldcg(in.pixels + (int64)image * in.D + u);
}

// y (O) of pixel q from the pixels before it: by the taps of a convolution of one channel; from value, row and column
// of some (previous_pixel.cu); or as a transformer embeds the last one. `drawn` is in s.value, or -1.
__device__ __forceinline__ void first_layer(const Shared& s, const Step& step, const Term* terms,
                                            const Images& in, int image, int q, int drawn) {
  float* y = step.y + ((q % step.slots) * (int64)in.B + image) * step.outputs;
  for (int o = threadIdx.x; o < step.outputs; o += THREADS) {
    float sum = 0.0f;
    if (step.kind == EMBEDDING) {
      sum = step.bias[(int64)q * step.outputs + o];
      if (q > 0) {
        const int value = (int)pixel_at(s, in, image, q - 1, drawn);
        sum += step.add[(int64)value * step.outputs + o];
      }
    } else {
      for (int n = 0; n < step.terms; n++) {
        const Term& t = terms[step.term + n];
        if (!t.exists(q, in.side)) {
          continue;
        }
        const int u = q - t.back;
        const float* w = t.w + (int64)o * t.inputs;
        sum = fmaf(w[0], pixel_at(s, in, image, u, drawn), sum);
        if (step.kind == PLACES) {
          sum = fmaf(w[1], (float)(u / in.side) / (float)max(in.side - 1, 1), sum);
          sum = fmaf(w[2], (float)(u % in.side) / (float)max(in.side - 1, 1), sum);
        }
      }
      sum += step.bias[o];
    }
    y[o] = finished(step.finish, sum);
  }
}

// One image: the logit of pixel p - 1 and its draw, and the first layer of pixel p.
__device__ __forceinline__ void draw_pixel(Shared& s, const Step* steps, const Term* terms,
                                           const Draw& draws, const Images& in, int image, int p) {
  const Step& step = steps[0];
  if (p > 0) {
    const Tile tile(step, image, p, in.B);
    tile_sums(s, step, terms, tile, Rows(step, 0), in.B, in.side);
    if (threadIdx.x == 0) {
      const float logit = step.bias[0] + whole_sum(s, step, 0, 0).x;
      const int64 at = (int64)image * in.D + p - 1;
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
    first_layer(s, steps[1], terms, in, image, p, p - 1);
  }
  __syncthreads();
}

// A row: y (C) = ReLU(norm(tanh(a)·σ(b))), a warp for a pixel of an image.
__device__ __forceinline__ void squash(Shared& s, const Step& step, const Term& t, int number,
                                       int p, int B) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x & 31;
  const int item = number * WARPS + warp;
  const int C = step.outputs;
  if (item < step.positions * B) {
    const int q = p + step.shift + item / B;
    const int image = item % B;
    float* row = reinterpret_cast<float*>(s.x[warp]);
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
  __syncthreads();
}

__device__ __forceinline__ void run(Shared& s, const Step* steps, const Term* terms, int number,
                                    int p, const Draw& draws, const Images& in) {
  const Step& step = *steps;
  switch (step.kind) {
    case LOGIT: draw_pixel(s, steps, terms, draws, in, number, p); break;
    case PRODUCT: product(s, step, terms, number, p, in.B, in.side); break;
    case IMAGE_TAPS:
      first_layer(s, step, terms, in, number % in.B, p + step.shift + number / in.B, -1);
      break;
    case SQUASH: squash(s, step, terms[step.term], number, p, in.B); break;
    default: attend(s, step, terms[step.term], number, p); break;
  }
}

// draw: see philox.cuh; pixels (B,D) hold the first `from` of each image already; logits (B,D).
extern "C" __global__ void __launch_bounds__(THREADS, 1)
pixel_sample(const Phase* __restrict__ phases, const Step* __restrict__ steps,
             const Term* __restrict__ terms, int count, const float* __restrict__ draw,
             float temperature, int from, float* pixels, float* logits, int B, int D, int side) {
  __shared__ Shared s;
  const Draw draws(draw);
  const Images in = {pixels, logits, B, D, side, from, temperature};
  for (int p = 0; p <= D; p++) {
    for (int n = 0; n < count; n++) {
      const Phase phase = phases[n];
      const bool due =
          phase.when == DRAW || (p < D && (phase.when == PIXEL || (p > 0 && p % side == 0)));
      if (!due) {
        continue;
      }
      for (int tile = blockIdx.x; tile < phase.tiles; tile += gridDim.x) {
        int step = phase.step, number = tile;
        while (number >= steps[step].tiles) {
          number -= steps[step].tiles;
          step++;
        }
        run(s, steps + step, terms, number, p, draws, in);
      }
      cooperative_groups::this_grid().sync();
    }
  }
}
