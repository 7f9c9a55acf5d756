// Draws whole images of a model whose layers can go pixel by pixel, in one cooperative launch: the loop over the D
// pixels runs in the kernel, and a plan says what a pixel takes (dev.hindsight.backend.draw.PixelLoop).
//
// The plan is a list of phases. Blocks share the tiles of a phase; a barrier over the grid hands on what it made. A
// pixel begins by drawing the one before: a block an image adds up its logit, draws, and computes the first layer
// from the image so far. What needs whole rows above is computed a row at a time, when it begins.
//
// These are pixels of one channel that are 0 or 1: a phase adds up their logits, draws them, and begins the next ones.
#include "draw/pixel_loop.cuh"

// draw: see philox.cuh; pixels (B,D) hold the first `from` of each image already; logits (B,D). What attention and
// perceptrons take, and sums that are left in parts, is as much code as all the rest, and no model has both.
#define PIXEL_SAMPLE(name, attends)                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) name(                                   \
      const Phase* __restrict__ phases, const Step* __restrict__ steps,                            \
      const Term* __restrict__ terms, int count, const Draw* __restrict__ draw, float temperature, \
      int from, float* pixels, float* logits, int B, int D, int width, int height) {               \
    draw_images<attends, Shared>(phases, steps, terms, nullptr, count, Draw(*draw),                \
                                 Images{pixels, logits, B, D, width, height, from, temperature});  \
  }

PIXEL_SAMPLE(pixel_sample, false)
PIXEL_SAMPLE(pixel_sample_attends, true)
