// nll[n] = sum over d of softplus(l) - l·t, in nats, one block per row; softplus(l) = max(l, 0) + log1p(exp(-|l|))
// cannot overflow. Backward, over all elements: dlogits += scale·(sigmoid(l) - t).
#include "common.cuh"

__device__ __forceinline__ float cross_entropy(float l, float t) {
  return fmaxf(l, 0.0f) - l * t + log1pf(expf(-fabsf(l)));
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(sigmoid_cross_entropy)(const Stored* __restrict__ logits,
                                  const Stored* __restrict__ target, float* __restrict__ nll,
                                  int D) {
  const int64 row = (int64)blockIdx.x * D;
  const Stored* l = logits + row;
  const Stored* t = target + row;
  const bool wide = rows_aligned16(logits, D) && aligned16(target);
  float sum = 0.0f;
  for (int d = threadIdx.x * 4; d < D; d += 1024) {
    const int left = D - d;
    const float4 lv = load4(l + d, left, wide);
    const float4 tv = load4(t + d, left, wide);
    sum += cross_entropy(lv.x, tv.x);
    if (left > 1) sum += cross_entropy(lv.y, tv.y);
    if (left > 2) sum += cross_entropy(lv.z, tv.z);
    if (left > 3) sum += cross_entropy(lv.w, tv.w);
  }
  sum = block_sum<256>(sum);
  if (threadIdx.x == 0) {
    nll[blockIdx.x] = sum;
  }
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(sigmoid_cross_entropy_backward)(const Stored* __restrict__ logits,
                                           const Stored* __restrict__ target, float scale,
                                           Stored* __restrict__ dlogits, int fresh, int64 n) {
  const bool wide = aligned16(logits) && aligned16(target) && aligned16(dlogits);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += stride) {
    const int left = (int)min(n - i, (int64)4);
    const float4 lv = load4(logits + i, left, wide);
    const float4 tv = load4(target + i, left, wide);
    float4 g = load4(dlogits + i, fresh ? 0 : left, wide);
    g.x += scale * (sigmoid(lv.x) - tv.x);
    g.y += scale * (sigmoid(lv.y) - tv.y);
    g.z += scale * (sigmoid(lv.z) - tv.z);
    g.w += scale * (sigmoid(lv.w) - tv.w);
    store4(dlogits + i, g, left, wide);
  }
}
