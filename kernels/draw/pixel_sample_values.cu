// The same as pixel_sample.cu for pixels of several channels or levels. Their last layer is a phase of its own, in tiles
// as any product; then a block an image draws the channels of a pixel one after the other, and begins the next pixel.
#include "draw/pixel_loop.cuh"

// draw: see philox.cuh; pixels (B,D,channels) hold the first `from` values of each image already; logits
// (B,D,outputs).
#define PIXEL_SAMPLE_VALUES(name, attends)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) name(                                   \
      const Phase* __restrict__ phases, const Step* __restrict__ steps,                            \
      const Term* __restrict__ terms, const Head* __restrict__ head, int count,                    \
      const Draw* __restrict__ draw, float temperature, int from, float* pixels, float* logits,    \
      int B, int D, int width, int height) {                                                       \
    draw_images<attends, SharedOfValues>(phases, steps, terms, head, count, Draw(*draw),           \
                                         Images{pixels, logits, B, D, width, height, from,         \
                                                temperature});                                     \
  }

PIXEL_SAMPLE_VALUES(pixel_sample_values, false)
PIXEL_SAMPLE_VALUES(pixel_sample_values_attends, true)
