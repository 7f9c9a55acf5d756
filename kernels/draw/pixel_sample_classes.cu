// The same as pixel_sample.cu where biases may be of each image, as those that a class adds to. A file of its own, so that
// who has no classes neither compiles nor runs any of it.
#include "draw/pixel_loop.cuh"

#define PIXEL_SAMPLE(name, attends)                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) name(                                   \
      const Phase* __restrict__ phases, const Step* __restrict__ steps,                            \
      const Term* __restrict__ terms, int count, const Draw* __restrict__ draw, float temperature, \
      int from, float* pixels, float* logits, int B, int D, int width, int height) {               \
    draw_images<attends, SharedOfImages>(phases, steps, terms, nullptr, count, Draw(*draw),        \
                                         Images{pixels, logits, B, D, width, height, from,         \
                                                temperature});                                     \
  }

PIXEL_SAMPLE(pixel_sample_classes, false)
PIXEL_SAMPLE(pixel_sample_classes_attends, true)
