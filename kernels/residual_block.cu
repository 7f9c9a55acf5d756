// WaveNet's residual block: x (B,T,C), w (K,2C,C), b (2C), v (C,C), c (C), y (B,T,C)
//   (a, b) = causal convolution of x;  g = tanh(a)·σ(b);  y = x + c + g·v^T
// in two products that leave out what the plain ops write and read again: the gate is taken where the sums
// of the convolution end, and x is added where those of the 1x1 convolution do (linear_add in linear.cu).
// For backward ts (B,T,2C) keeps tanh(a), then σ(b), and becomes the gradient of (a, b) in place where
// dg = dy·v ends.
#include "causal_conv1d.cuh"

// Four columns of a tile are two channels of a, then the same two of b, so that one thread has both.
struct GatedRows : WeightRows {
  int channels;

  __device__ __forceinline__ GatedRows(const Stored* w, int C)
      : WeightRows(w, C, 2 * C), channels(C) {}

#ifdef LARGE
  __device__ __forceinline__ void seek(int col0, int begin) {
    const int col = col0 + my_row();
    const int c = (col >> 2) * 2 + (col & 1);
    start = data + (int64)((col >> 1 & 1) * channels + c) * pitch + my_k();
    see([&](int i) { return c + i * (APART / 2) < channels; });
    seen = kept(seen);
    walk.seek(begin);
    turn();
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int) const {
    Operand<true>::copy<WHOLE, APART / 2>(stage, pitch - walk.channel);
  }
#else
  __device__ __forceinline__ void fetch(int col0, int k0, int, float4 (&out)[2]) {
    const int col = col0 + (threadIdx.x >> 1);
    const int c = (col >> 2) * 2 + (col & 1);
    fetch_row(c < channels ? (col >> 1 & 1) * channels + c : rows, k0, out);
  }
#endif
};

__device__ __forceinline__ void store2(bf16* p, float first, float second, int left, bool wide) {
  if (wide && left >= 2) {
    *reinterpret_cast<unsigned int*>(p) = pack(first, second);
    return;
  }
  if (left > 0) store1(p, first);
  if (left > 1) store1(p + 1, second);
}

__device__ __forceinline__ void store2(float* p, float first, float second, int left, bool wide) {
  if (wide && left >= 2) {
    *reinterpret_cast<float2*>(p) = make_float2(first, second);
    return;
  }
  if (left > 0) p[0] = first;
  if (left > 1) p[1] = second;
}

struct ResidualG : Unmasked {
  ShiftedRows<false> a;
  GatedRows b;
  const float* bias;
  Stored *ts, *g;
  int rows, cols, depth;
  bool wide;
  __device__ ResidualG(const Stored* x, const Stored* w, const float* bias, Stored* ts, Stored* g,
                       int N, int C, Taps taps)
      : a(x, C, N, taps), b(w, C), bias(bias), ts(ts), g(g), rows(N), cols((C + 1) / 2 * 4),
        depth(taps.width * b.walk.padded), wide((C & 1) == 0 && aligned16(ts) && aligned16(g)) {}
  __device__ Span span(int, int) const { return {0, depth, true}; }
  __device__ void finish(int row, int col, float4 sum) const {
    const int C = b.channels;
    const int c = col >> 1;
    const int left = C - c;
    if (left <= 0) {
      return;
    }
    const int next = left > 1 ? c + 1 : c;
    const float t0 = tanhf(sum.x + bias[c]), t1 = tanhf(sum.y + bias[next]);
    const float s0 = sigmoid(sum.z + bias[C + c]), s1 = sigmoid(sum.w + bias[C + next]);
    if (ts != nullptr) {
      Stored* keep = ts + (int64)row * 2 * C + c;
      store2(keep, t0, t1, left, wide);
      store2(keep + C, s0, s1, left, wide);
    }
    store2(g + (int64)row * C + c, t0 * s0, t1 * s1, left, wide);
  }
  __device__ void finish(int row, int col, float4 one, float4 two) const {
    const int C = b.channels;
    const int c = col >> 1;
    const int left = C - c;
    if (left <= 0) {
      return;
    }
    const bool four = wide && (C & 3) == 0 && aligned16(bias);
    float4 t = make_float4(one.x, one.y, two.x, two.y) + load4(bias + c, left, four);
    float4 s = make_float4(one.z, one.w, two.z, two.w) + load4(bias + C + c, left, four);
    t = make_float4(tanhf(t.x), tanhf(t.y), tanhf(t.z), tanhf(t.w));
    s = make_float4(sigmoid(s.x), sigmoid(s.y), sigmoid(s.z), sigmoid(s.w));
    if (ts != nullptr) {
      Stored* keep = ts + (int64)row * 2 * C + c;
      store4(keep, t, left, four);
      store4(keep + C, s, left, four);
    }
    const float4 gate = make_float4(t.x * s.x, t.y * s.y, t.z * s.z, t.w * s.w);
    store4(g + (int64)row * C + c, gate, left, four);
  }
};

struct ResidualDab : Unmasked {
  Operand<true> a;
  Operand<false> b;
  Stored* ts;
  int rows, cols;
  bool wide;
  __device__ ResidualDab(const Stored* dy, const Stored* v, Stored* ts, int N, int C)
      : a(dy, C, N), b(v, C, C), ts(ts), rows(N), cols(C), wide(rows_aligned16(ts, C)) {}
  __device__ Span span(int, int) const { return {0, cols, true}; }
  __device__ static void slopes(float dg, float& t, float& s) {
    const float ds = dg * s;
    s = ds * t * (1.0f - s);
    t = ds * (1.0f - t * t);
  }
  __device__ void finish(int row, int col, float4 dg) const {
    const int left = cols - col;
    Stored* at = ts + (int64)row * 2 * cols + col;
    float4 t = load4(at, left, wide);
    float4 s = load4(at + cols, left, wide);
    slopes(dg.x, t.x, s.x);
    slopes(dg.y, t.y, s.y);
    slopes(dg.z, t.z, s.z);
    slopes(dg.w, t.w, s.w);
    store4(at, t, left, wide);
    store4(at + cols, s, left, wide);
  }
#ifdef BF16
  __device__ static void slopes(float dg0, float dg1, unsigned int& t, unsigned int& s) {
    float t0 = first_of(t), t1 = second_of(t), s0 = first_of(s), s1 = second_of(s);
    slopes(dg0, t0, s0);
    slopes(dg1, t1, s1);
    t = pack(t0, t1);
    s = pack(s0, s1);
  }
  // A row of a warp's columns is half a sector, with eight of them to a lane a whole one.
  __device__ void finish(int row, int col, float4 dg, float4 next) const {
    if (!wide || (cols & 7) != 0) {
      finish(row, col, dg);
      finish(row, col + 4, next);
      return;
    }
    if (col >= cols) {
      return;
    }
    uint4* at = reinterpret_cast<uint4*>(ts + (int64)row * 2 * cols + col);
    uint4 t = at[0], s = at[cols / 8];
    slopes(dg.x, dg.y, t.x, s.x);
    slopes(dg.z, dg.w, t.y, s.y);
    slopes(next.x, next.y, t.z, s.z);
    slopes(next.z, next.w, t.w, s.w);
    at[0] = t;
    at[cols / 8] = s;
  }
#endif
};

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(residual_block_g)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                               const float* __restrict__ b, Stored* __restrict__ ts,
                               Stored* __restrict__ g, float* __restrict__ partial, int N, int C,
                               int width, int dilation, int T, int chunk) {
  ResidualG p(x, w, b, ts, g, N, C, {width, dilation, T});
  tile_product<true>(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(residual_block_dab)(const Stored* __restrict__ dy, const Stored* __restrict__ v,
                                 Stored* __restrict__ ts, float* __restrict__ partial, int N, int C,
                                 int chunk) {
  ResidualDab p(dy, v, ts, N, C);
  tile_product<sizeof(Stored) == sizeof(bf16)>(p, partial, chunk);
}
