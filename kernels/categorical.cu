// pixels[n,d] = the smallest v with uniform((first + n)·D + d) < the sum of softmax(l[n,d] / temperature) up to v, V-1
// where rounding leaves none; from <= d < to, uniforms by the words of philox.cuh. A warp draws a value.
#include "philox.cuh"
#include "softmax.cuh"

extern "C" __global__ void __launch_bounds__(256, 6)
categorical(const Draw* __restrict__ draw, const float* __restrict__ logits, float temperature,
            int from, int to, float* __restrict__ pixels, int N, int D, int V) {
  const Draw drawn = *draw;
  const int64 values = (int64)N * (to - from);
  for (int64 k = (int64)blockIdx.x * 8 + threadIdx.x / 32; k < values; k += (int64)gridDim.x * 8) {
    const int64 at = k / (to - from) * D + from + k % (to - from);
    const int found = draw_of_softmax(logits + at * V, V, temperature, drawn.uniform(at, D));
    if ((threadIdx.x & 31) == 0) {
      pixels[at] = (float)found;
    }
  }
}
