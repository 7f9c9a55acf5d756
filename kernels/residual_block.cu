// WaveNet's residual block: x (B,T,C), w (K,2C,C), b (2C), v (C,C), c (C), y (B,T,C)
//   (a, b) = causal convolution of x;  g = tanh(a)·σ(b);  y = x + c + g·v^T
// in two products that leave out what the plain ops write and read again: the gate is taken where the sums
// of the convolution end, and x is added where those of the 1x1 convolution do (linear_add in linear.cu).
// For backward ts (B,T,2C) keeps tanh(a), then σ(b), and becomes the gradient of (a, b) in place where
// dg = dy·v ends.
#include "tile/causal_conv1d.cuh"
#include "tile/gated.cuh"

struct ResidualG : Unmasked {
  ShiftedRows<false> a;
  GatedRows<WeightRows> b;
  ColumnVector bias_a, bias_b;
  Gated done;
  int rows, cols, depth;
  __device__ ResidualG(const Stored* x, const Stored* w, const float* bias, Stored* ts, Stored* g,
                       int N, int C, Past taps)
      : a(x, C, N, taps), b(w, C), bias_a(bias), bias_b(bias + C), done(ts, g, C), rows(N),
        cols((C + 1) / 2 * 4), depth(taps.width * b.walk.padded) {}
  __device__ Span span(int, int) const { return {0, depth, true}; }
  __device__ void finish(int row, int col, float4 sum) const {
    const int C = b.channels;
    const int c = col >> 1;
    const int left = C - c;
    if (left <= 0) {
      return;
    }
    const int next = left > 1 ? c + 1 : c;
    const float *to_a = bias_a.data, *to_b = bias_b.data;
    done(row, c, left, make_float2(sum.x + to_a[c], sum.y + to_a[next]),
         make_float2(sum.z + to_b[c], sum.w + to_b[next]));
  }
  __device__ void finish(int row, int col, float4 one, float4 two) const {
    const int C = b.channels;
    const int c = col >> 1;
    const int left = C - c;
    if (left <= 0) {
      return;
    }
    const bool four = done.wide_fours() && operand_aligned16(bias_a.data);
    done(row, c, left, make_float4(one.x, one.y, two.x, two.y) + bias_a.four(c, left, four),
         make_float4(one.z, one.w, two.z, two.w) + bias_b.four(c, left, four));
  }
};

struct ResidualDab : Unmasked {
  LeftOperand<true> a;
  Operand<false> b;
  Stored* ts;
  int rows, cols;
  bool wide;
  __device__ ResidualDab(const Stored* dy, const Stored* v, Stored* ts, int N, int C)
      : a(dy, C, N), b(v, C, C), ts(ts), rows(N), cols(C), wide(operand_rows_aligned16(ts, C)) {}
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
