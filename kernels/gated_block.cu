// The horizontal half of Gated PixelCNN's block: x (B,H,W,C), w (taps,2C,C), told (B,H,W,2C), v (C,C), y (B,H,W,C)
//   (a, b) = masked convolution of x + told;  g = tanh(a)·σ(b);  y = x + g·v^T
// The gate is taken where the sums of the convolution end. All else is what others have: y is linear_add (linear.cu), for
// backward ts (B,H,W,2C) keeps tanh(a), then σ(b), and becomes the gradient of (a, b), and so of told, where dg = dy·v
// ends (residual_block_dab in residual_block.cu), and the gradients of x and w are those of a masked convolution.
#include "tile/gated.cuh"
#include "tile/masked_conv2d.cuh"

struct GatedBlockG : Product {
  Seen a;
  GatedRows<TapWeights> b;
  const Stored* told;
  Gated done;
  bool wide;
  __device__ GatedBlockG(const Stored* x, const Stored* w, const Stored* told, Stored* ts,
                         Stored* g, Table table, int taps, int B, int H, int W, int C)
      : Product(B * H * W, (C + 1) / 2 * 4, depth_of(taps, C)),
        a(Images(x, table, H, W, C, 1), B * H * W), b(w, C), told(told), done(ts, g, C),
        wide(done.wide && operand_aligned16(told)) {}
  __device__ void finish(int row, int col, float4 sum) const {
    const int C = b.channels;
    const int c = col >> 1;
    const int left = C - c;
    if (left <= 0) {
      return;
    }
    const Stored* from = told + (int64)row * 2 * C + c;
    const float2 a = load2(from, left, wide);
    const float2 b = load2(from + C, left, wide);
    done(row, c, left, make_float2(sum.x + a.x, sum.y + a.y),
         make_float2(sum.z + b.x, sum.w + b.y));
  }
  __device__ void finish(int row, int col, float4 one, float4 two) const {
    const int C = b.channels;
    const int c = col >> 1;
    const int left = C - c;
    if (left <= 0) {
      return;
    }
    const Stored* from = told + (int64)row * 2 * C + c;
    const bool four = wide && done.wide_fours();
    done(row, c, left, make_float4(one.x, one.y, two.x, two.y) + load4(from, left, four),
         make_float4(one.z, one.w, two.z, two.w) + load4(from + C, left, four));
  }
};

extern "C" __global__ void SMALL_TILE_BOUNDS(4)
    IN_PRECISION(gated_block_g)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                                const Stored* __restrict__ told, Stored* __restrict__ ts,
                                Stored* __restrict__ g, float* __restrict__ partial,
                                unsigned long long taps, int k, int B, int H, int W, int C,
                                int chunk) {
  const Table table = read_taps(taps, k);
  GatedBlockG p(x, w, told, ts, g, table, __popcll(taps), B, H, W, C);
  tile_product<true>(p, partial, chunk);
}
