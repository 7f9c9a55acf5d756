// Draws whole images of a MADE in one launch: the loop over its D pixels runs in the kernel.
//
// A block owns T images, whose pixels and hidden units lie in shared memory. Units are sorted by degree, so
// pixel p makes final the units of degree p + 1 of every layer, and then logit p + 1 is known. All of those are
// sums over values that were final before pixel p, but for the few that pixel p itself makes final. So a step is
//   1. all warps: the old part of every such sum, one warp per sum and all T images, and the uniforms;
//   2. one warp per image: pixel p, then layer by layer the new part of the sums.
// Only step 2 is a chain, and it is short. Every weight is read once per block and multiplied once per image.
//
// plan (dev.hindsight.backend.cuda.MadePlan): hidden layers L, floats S of an image's state; for each of the L layers
// and the output {inputs, offset of w, offset of b, where its state begins}; then for each of the L layers the
// number of units of degree <= p, for p = 0 .. D. The state of an image is its pixels, then layer by layer.
//
// The kernels called classes also add of_classes: for each of the L layers and the output (N,units), before the
// activation.
#include "philox.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / 32;

struct Layer {
  const float* w;
  const float* b;
  int inputs, start, in;  // in: where the state of the layer below begins

  __device__ __forceinline__ Layer(const float* flat, const int* plan, int l)
      : w(flat + plan[3 + 4 * l]), b(flat + plan[4 + 4 * l]), inputs(plan[2 + 4 * l]),
        start(plan[5 + 4 * l]), in(l == 0 ? 0 : plan[1 + 4 * l]) {}
};

// How many units of layer `l` are final before pixel `p` is known; layer -1 is the pixels.
__device__ __forceinline__ int known(const int* counts, int l, int p, int D) {
  return l < 0 ? p : counts[l * (D + 1) + p];
}

// sum over i < end of w[i]·x[t·S + i], returned to all lanes.
template <int T>
__device__ __forceinline__ void dots(const float* w, const float* x, int S, int end, bool wide,
                                     float (&sum)[T]) {
  for (int t = 0; t < T; t++) {
    sum[t] = 0.0f;
  }
#pragma unroll 4
  for (int i = (threadIdx.x & 31) * 4; i < end; i += 128) {
    const float4 a = load4(w + i, end - i, wide);
    for (int t = 0; t < T; t++) {
      const float4 c = load4(x + t * S + i, end - i, true);
      sum[t] = fmaf(a.x, c.x, sum[t]);
      sum[t] = fmaf(a.y, c.y, sum[t]);
      sum[t] = fmaf(a.z, c.z, sum[t]);
      sum[t] = fmaf(a.w, c.w, sum[t]);
    }
  }
  for (int t = 0; t < T; t++) {
    sum[t] = warp_sum(sum[t]);
  }
}

template <int T, bool CLASSES>
__device__ __forceinline__ void sample(const float* flat, const int* plan, const Draw* draw,
                                       float temperature, int from, float* pixels, float* logits,
                                       int N, int D, const float* of_classes) {
  extern __shared__ float4 memory[];
  __shared__ float next[T];  // the old part of the next logit
  __shared__ float uniform[T];
  float* state = reinterpret_cast<float*>(memory);
  const int L = plan[0], S = plan[1];
  const int* counts = plan + 2 + 4 * (L + 1);
  const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
  const int64 row0 = (int64)blockIdx.x * T;
  for (int i = threadIdx.x; i < T * S; i += THREADS) {
    state[i] = 0.0f;
  }
  if (CLASSES) {  // where a unit's sum begins
    __syncthreads();
    for (int l = 0; l < L; l++) {
      const Layer layer(flat, plan, l);
      const int units = plan[6 + 4 * l];  // which are the inputs of the layer above
#pragma unroll 1
      for (int i = threadIdx.x; i < T * units; i += THREADS) {
        const int t = i / units, o = i % units;
        state[t * S + layer.start + o] = of_classes[min(row0 + t, (int64)N - 1) * units + o];
      }
      of_classes += (int64)N * units;
    }
  }
  __syncthreads();
  float logit = flat[plan[4 + 4 * L]];  // the first pixel's is its bias
  if (CLASSES) {
    of_classes += min(row0 + warp, (int64)N - 1) * D;  // to the outputs of a warp's image
    logit += *of_classes;
  }
  for (int p = 0; p < D; p++) {
    int before = 0;  // sums that other warps began with
    for (int l = 0; l <= L; l++) {
      const Layer layer(flat, plan, l);
      const int begin = l < L ? known(counts, l, p, D) : min(p + 1, D);
      const int end = l < L ? known(counts, l, p + 1, D) : min(p + 2, D);
      const int old = known(counts, l - 1, p, D);
      const bool wide = rows_aligned16(layer.w, layer.inputs);
      for (int o = begin + ((warp - before) & (WARPS - 1)); o < end; o += WARPS) {
        float sum[T];
        dots<T>(layer.w + (int64)o * layer.inputs, state + layer.in, S, old, wide, sum);
        if (lane == 0) {
          const float bias = layer.b[o];
          for (int t = 0; t < T; t++) {
            const float own = CLASSES && l < L ? state[t * S + layer.start + o] + bias : bias;
            (l < L ? state[t * S + layer.start + o] : next[t]) = own + sum[t];
          }
        }
      }
      before += end - begin;
    }
    if (warp == WARPS - 1 && lane < T) {
      uniform[lane] = draw->uniform((row0 + lane) * D + p, D);
    }
    __syncthreads();
    if (warp < T) {
      const bool exists = row0 + warp < N;
      const int64 at = (row0 + warp) * D + p;
      float* mine = state + warp * S;
      float x = 0.0f;
      if (exists) {
        x = p < from ? pixels[at] : bernoulli_pixel(uniform[warp], logit, temperature);
      }
      __syncwarp();
      if (lane == 0) {
        mine[p] = x;
        if (exists) {
          pixels[at] = x;
          logits[at] = logit;
        }
      }
      __syncwarp();
      for (int l = 0; l < L; l++) {
        const Layer layer(flat, plan, l);
        const int first = known(counts, l - 1, p, D), last = known(counts, l - 1, p + 1, D);
        const int end = known(counts, l, p + 1, D);
        for (int o = known(counts, l, p, D) + lane; o < end; o += 32) {
          const float* w = layer.w + (int64)o * layer.inputs;
          float sum = mine[layer.start + o];
          for (int i = first; i < last; i++) {
            sum = fmaf(mine[layer.in + i], w[i], sum);
          }
          mine[layer.start + o] = relu(sum);
        }
        __syncwarp();
      }
      if (p + 1 < D) {
        const Layer layer(flat, plan, L);
        const float* w = layer.w + (int64)(p + 1) * layer.inputs;
        const int last = known(counts, L - 1, p + 1, D);
        logit = CLASSES ? next[warp] + of_classes[p + 1] : next[warp];
        for (int i = known(counts, L - 1, p, D); i < last; i++) {
          logit = fmaf(mine[layer.in + i], w[i], logit);
        }
      }
    }
    __syncthreads();
  }
}

// flat: all parameters; draw: see philox.cuh; pixels (N,D) hold the first `from` of each image already.
#define MADE_SAMPLE(T)                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS) made_sample_##T(                           \
      const float* __restrict__ flat, const int* __restrict__ plan, const Draw* draw,              \
      float temperature, int from, float* pixels, float* __restrict__ logits, int N, int D) {      \
    sample<T, false>(flat, plan, draw, temperature, from, pixels, logits, N, D, nullptr);          \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, 2) made_sample_classes_##T(                \
      const float* __restrict__ flat, const int* __restrict__ plan, const Draw* draw,              \
      float temperature, int from, float* pixels, float* __restrict__ logits, int N, int D,        \
      const float* __restrict__ of_classes) {                                                      \
    sample<T, true>(flat, plan, draw, temperature, from, pixels, logits, N, D, of_classes);        \
  }

MADE_SAMPLE(1)
MADE_SAMPLE(2)
MADE_SAMPLE(4)
