// nll[n] = log(sum over v of exp(l[n,v])) - l[n,target[n]], in nats, and dlogits += scale·(softmax(l) - 1 at
// the target) when dlogits is given. A warp owns a row of logits (N,V); a target that is no whole number
// from 0 to V-1 gives NaN.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
softmax_cross_entropy(const float* __restrict__ logits, const float* __restrict__ target,
                      float scale, float* __restrict__ nll, float* __restrict__ dlogits, int N,
                      int V) {
  const int row = blockIdx.x * 8 + threadIdx.x / 32;
  if (row >= N) {
    return;
  }
  const int lane = threadIdx.x & 31;
  const float* l = logits + (int64)row * V;
  float top = -INFINITY;
  for (int v = lane; v < V; v += 32) {
    top = fmaxf(top, l[v]);
  }
  for (int k = 16; k > 0; k >>= 1) {
    top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, k));
  }
  float sum = 0.0f;
  for (int v = lane; v < V; v += 32) {
    sum += expf(l[v] - top);
  }
  sum = warp_sum(sum);
  const float t = target[row];
  const bool known = t >= 0.0f && t < (float)V && t == floorf(t);
  const int chosen = known ? (int)t : 0;
  if (lane == 0) {
    nll[row] = known ? top - l[chosen] + logf(sum) : NAN;
  }
  if (dlogits != nullptr) {
    float* d = dlogits + (int64)row * V;
    for (int v = lane; v < V; v += 32) {
      const float error = expf(l[v] - top) / sum - (v == chosen ? 1.0f : 0.0f);
      d[v] += known ? scale * error : NAN;
    }
  }
}
