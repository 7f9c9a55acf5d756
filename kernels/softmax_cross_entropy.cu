// nll[b] = sum over d of log(sum over v of exp(l[b,d,v])) - l[b,d,target[b,d]], in nats. Backward: dlogits +=
// scale·(softmax(l) - 1 at the target). `lanes` lanes, a power of two up to 32, share a value's V logits, so that a
// warp has several values where V is small. A target that is no whole number from 0 to V-1 gives NaN.
#include "softmax.cuh"

// What the lanes of a value find out; all 32 of the warp have to come.
struct Value {
  float top;
  float sum;  // of exp(l - top)
  int chosen;
  bool known;

  __device__ __forceinline__ Value(const Stored* l, float t, int V, int lanes) {
    const auto x = [&](int v) { return load1(l + v); };
    top = largest(V, lanes, x);
    sum = sum_of_exp(V, lanes, top, x);
    known = t >= 0.0f && t < (float)V && t == floorf(t);
    chosen = known ? (int)t : 0;
  }
};

// A warp sums up piece w / B of the D values of image w % B: sums (pieces, B), which is nll where there is one piece.
extern "C" __global__ void BOUNDS_IN_BF16(256, 6)
    IN_STORAGE(softmax_cross_entropy)(const Stored* __restrict__ logits,
                                      const Stored* __restrict__ target, float* __restrict__ sums,
                                      int B, int D, int V, int pieces, int lanes) {
  const int warp = blockIdx.x * 8 + threadIdx.x / 32;
  if (warp >= B * pieces) {
    return;
  }
  const int each = (D + pieces - 1) / pieces;
  const int begin = warp / B * each;
  const int end = min(D, begin + each);
  const int64 image = (int64)(warp % B) * D;
  const bool first = (threadIdx.x & (lanes - 1)) == 0;
  float nll = 0.0f;
  for (int d = begin; d < end; d += 32 / lanes) {
    const int own = d + (threadIdx.x & 31) / lanes;
    const int64 at = image + min(own, end - 1);
    const Stored* l = logits + at * V;
    const Value value(l, load1(target + at), V, lanes);
    if (first && own < end) {
      nll += value.known ? value.top - load1(l + value.chosen) + logf(value.sum) : NAN;
    }
  }
  nll = warp_sum(nll);
  if ((threadIdx.x & 31) == 0) {
    sums[warp] = nll;
  }
}

extern "C" __global__ void __launch_bounds__(256) IN_STORAGE(softmax_cross_entropy_backward)(
    const Stored* __restrict__ logits, const Stored* __restrict__ target, float scale,
    Stored* __restrict__ dlogits, int fresh, int N, int V, int lanes) {
  const int values = 256 / lanes;
  const int lane = threadIdx.x & (lanes - 1);
  for (int64 first = (int64)blockIdx.x * values; first < N; first += (int64)gridDim.x * values) {
    const int64 own = first + threadIdx.x / lanes;
    const int64 at = min(own, (int64)N - 1);
    const Stored* l = logits + at * V;
    Stored* d = dlogits + at * V;
    const Value value(l, load1(target + at), V, lanes);
    if (own < N) {
      const float share = 1.0f / value.sum;
      for (int v = lane; v < V; v += lanes) {
        const float p = expf(load1(l + v) - value.top) * share;
        const float error = scale * (p - (v == value.chosen ? 1.0f : 0.0f));
        store1(d + v, (fresh ? 0.0f : load1(d + v)) + (value.known ? error : NAN));
      }
    }
  }
}
