// nll[n] = log(sum over v of exp(l[n,v])) - l[n,target[n]], in nats. Backward: dlogits += scale·(softmax(l) - 1
// at the target). A warp owns a row of logits (N,V); a target that is no whole number from 0 to V-1 gives NaN.
#include "common.cuh"

struct Row {
  float top;
  float sum;  // of exp(l - top)
  int chosen;
  bool known;

  __device__ __forceinline__ Row(const Stored* l, float t, int V) {
    const int lane = threadIdx.x & 31;
    top = -INFINITY;
    for (int v = lane; v < V; v += 32) {
      top = fmaxf(top, load1(l + v));
    }
    for (int k = 16; k > 0; k >>= 1) {
      top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, k));
    }
    sum = 0.0f;
    for (int v = lane; v < V; v += 32) {
      sum += expf(load1(l + v) - top);
    }
    sum = warp_sum(sum);
    known = t >= 0.0f && t < (float)V && t == floorf(t);
    chosen = known ? (int)t : 0;
  }
};

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(softmax_cross_entropy)(const Stored* __restrict__ logits,
                                  const Stored* __restrict__ target, float* __restrict__ nll, int N,
                                  int V) {
  const int row = blockIdx.x * 8 + threadIdx.x / 32;
  if (row >= N) {
    return;
  }
  const Stored* l = logits + (int64)row * V;
  const Row r(l, load1(target + row), V);
  if ((threadIdx.x & 31) == 0) {
    nll[row] = r.known ? r.top - load1(l + r.chosen) + logf(r.sum) : NAN;
  }
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(softmax_cross_entropy_backward)(const Stored* __restrict__ logits,
                                           const Stored* __restrict__ target, float scale,
                                           Stored* __restrict__ dlogits, int fresh, int N, int V) {
  const int row = blockIdx.x * 8 + threadIdx.x / 32;
  if (row >= N) {
    return;
  }
  const Stored* l = logits + (int64)row * V;
  Stored* d = dlogits + (int64)row * V;
  const Row r(l, load1(target + row), V);
  for (int v = threadIdx.x & 31; v < V; v += 32) {
    const float error = expf(load1(l + v) - r.top) / r.sum - (v == r.chosen ? 1.0f : 0.0f);
    store1(d + v, (fresh ? 0.0f : load1(d + v)) + (r.known ? scale * error : NAN));
  }
}
