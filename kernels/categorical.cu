// pixels[n,d] = the smallest v with uniform((first + n)·D + d) < the sum of softmax(l[n,d] / temperature) up to v, V-1
// where rounding leaves none; from <= d < to, uniforms by the words of philox.cuh. A warp draws a value: it finds the
// largest logit and the sum of exponentials, then adds them up 32 classes at a time until it has passed the uniform.
#include "philox.cuh"

// Each lane's value and those of the lanes before it.
__device__ __forceinline__ float sum_of_lanes(float v) {
  const int lane = threadIdx.x & 31;
  for (int k = 1; k < 32; k <<= 1) {
    const float before = __shfl_up_sync(0xffffffffu, v, k);
    v += lane >= k ? before : 0.0f;
  }
  return v;
}

extern "C" __global__ void __launch_bounds__(256, 6)
categorical(const float* __restrict__ draw, const float* __restrict__ logits, float temperature,
            int from, int to, float* __restrict__ pixels, int N, int D, int V) {
  const Draw drawn(draw);
  const int lane = threadIdx.x & 31;
  const int64 values = (int64)N * (to - from);
  for (int64 k = (int64)blockIdx.x * 8 + threadIdx.x / 32; k < values; k += (int64)gridDim.x * 8) {
    const int64 at = k / (to - from) * D + from + k % (to - from);
    const float* l = logits + at * V;
    float top = -INFINITY;
    for (int v = lane; v < V; v += 32) {
      top = fmaxf(top, l[v] / temperature);
    }
    for (int far = 16; far > 0; far >>= 1) {
      top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, far));
    }
    float all = 0.0f;
    for (int v = lane; v < V; v += 32) {
      all += expf(l[v] / temperature - top);
    }
    const float wanted = drawn.uniform(at, D) * warp_sum(all);
    int found = V - 1;
    float passed = 0.0f;
    for (int v = lane; v - lane < V; v += 32) {
      const float e = v < V ? expf(l[v] / temperature - top) : 0.0f;
      const float sum = passed + sum_of_lanes(e);
      const unsigned beyond = __ballot_sync(0xffffffffu, v < V && wanted < sum);
      if (beyond != 0) {
        found = v - lane + __ffs(beyond) - 1;
        break;
      }
      passed = __shfl_sync(0xffffffffu, sum, 31);
    }
    if (lane == 0) {
      pixels[at] = (float)found;
    }
  }
}
