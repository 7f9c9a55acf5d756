// A softmax over the levels of a value, whose V logits some lanes of a warp share; all 32 of the warp have to come.
#pragma once
#include "common.cuh"

// The largest x(v), of `lanes` lanes that are a power of two.
template <class X>
__device__ __forceinline__ float largest(int V, int lanes, X x) {
  float top = -INFINITY;
  for (int v = threadIdx.x & (lanes - 1); v < V; v += lanes) {
    top = fmaxf(top, x(v));
  }
  for (int k = lanes >> 1; k > 0; k >>= 1) {
    top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, k));
  }
  return top;
}

// The sum of exp(x(v) - top).
template <class X>
__device__ __forceinline__ float sum_of_exp(int V, int lanes, float top, X x) {
  float sum = 0.0f;
  for (int v = threadIdx.x & (lanes - 1); v < V; v += lanes) {
    sum += expf(x(v) - top);
  }
  for (int k = lanes >> 1; k > 0; k >>= 1) {
    sum += __shfl_xor_sync(0xffffffffu, sum, k);
  }
  return sum;
}

// Each lane's value and those of the lanes before it.
__device__ __forceinline__ float sum_of_lanes(float v) {
  const int lane = threadIdx.x & 31;
  for (int k = 1; k < 32; k <<= 1) {
    const float before = __shfl_up_sync(0xffffffffu, v, k);
    v += lane >= k ? before : 0.0f;
  }
  return v;
}

// The smallest v with `uniform` < the sum of softmax(l / temperature) up to v, V-1 where rounding leaves none. A warp
// finds the largest logit and the sum of exponentials, then adds them up 32 levels at a time until it has passed the
// uniform.
__device__ __forceinline__ int draw_of_softmax(const float* l, int V, float temperature,
                                               float uniform) {
  const int lane = threadIdx.x & 31;
  const auto x = [&](int v) { return l[v] / temperature; };
  const float top = largest(V, 32, x);
  const float wanted = uniform * sum_of_exp(V, 32, top, x);
  int found = V - 1;
  float passed = 0.0f;
  for (int v = lane; v - lane < V; v += 32) {
    const float e = v < V ? expf(x(v) - top) : 0.0f;
    const float sum = passed + sum_of_lanes(e);
    const unsigned beyond = __ballot_sync(0xffffffffu, v < V && wanted < sum);
    if (beyond != 0) {
      found = v - lane + __ffs(beyond) - 1;
      break;
    }
    passed = __shfl_sync(0xffffffffu, sum, 31);
  }
  return found;
}
