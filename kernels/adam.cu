// Adam (Kingma & Ba 2015, algorithm 1) with PyTorch's conventions, all parameters in one pass:
//   g = clip·dw     m = b1·m + (1-b1)·g     v = b2·v + (1-b2)·g²
//   w = w - decay·w - rate·m / (sqrt(v)·scale + eps)     dw = 0
// with rate = lr/(1-b1^t) and scale = 1/sqrt(1-b2^t) from the host, decay = lr·weight decay, and
// clip = min(1, clip_norm/(norm + 1e-6)) when clip_norm > 0. What differs from step to step is read from
// numbers = {t, lr, rate, scale}, since a recorded launch keeps its arguments. Reads 16 and writes 16 bytes
// per parameter, and with -DBF16 the new weights once more, rounded, for products to read: 2 more.
// Where a mask removes weights, only the chunks in which some exist are touched.
#include "common.cuh"

constexpr int CHUNK = 64;  // LiveChunks.SIZE, a multiple of 4

struct AdamRates {
  float rate, beta1, beta2, rest1, rest2, scale, eps, decay, clip;
};

__device__ __forceinline__ void adam_one(const AdamRates& r, float& w, float dw, float& m,
                                         float& v) {
  const float g = r.clip * dw;
  m = r.beta1 * m + r.rest1 * g;
  v = r.beta2 * v + r.rest2 * g * g;
  w -= r.decay * w;
  w -= r.rate * m / (sqrtf(v) * r.scale + r.eps);
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(adam)(float* __restrict__ w, float* __restrict__ dw, float* __restrict__ m,
                 float* __restrict__ v,
#ifdef BF16
                 Stored* __restrict__ rounded,
#endif
                 const float* __restrict__ norm, const float* __restrict__ numbers, float clip_norm,
                 float beta1, float beta2, float rest1, float rest2, float eps, float weight_decay,
                 const int* __restrict__ chunks, int64 count, int64 n) {
  // Not fminf, which would hide a norm that is not a number.
  const float scale = clip_norm > 0.0f ? clip_norm / (norm[0] + 1e-6f) : 1.0f;
  const float clip = scale > 1.0f ? 1.0f : scale;
  const AdamRates r = {
      numbers[2], beta1, beta2, rest1, rest2, numbers[3], eps, numbers[1] * weight_decay, clip};
  const bool wide = aligned16(w) && aligned16(dw) && aligned16(m) && aligned16(v);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 k = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; k < count; k += stride) {
    const int64 i = chunks == nullptr ? k : (int64)chunks[k / CHUNK] * CHUNK + k % CHUNK;
    const int left = (int)min(n - i, (int64)4);
    float4 wi = load4(w + i, left, wide);
    float4 mi = load4(m + i, left, wide);
    float4 vi = load4(v + i, left, wide);
    const float4 g = load4(dw + i, left, wide);
    adam_one(r, wi.x, g.x, mi.x, vi.x);
    adam_one(r, wi.y, g.y, mi.y, vi.y);
    adam_one(r, wi.z, g.z, mi.z, vi.z);
    adam_one(r, wi.w, g.w, mi.w, vi.w);
    store4(w + i, wi, left, wide);
#ifdef BF16
    store4(rounded + i, wi, left, wide && aligned16(rounded));
#endif
    store4(m + i, mi, left, wide);
    store4(v + i, vi, left, wide);
    store4(dw + i, make_float4(0.0f, 0.0f, 0.0f, 0.0f), left, wide);
  }
}
