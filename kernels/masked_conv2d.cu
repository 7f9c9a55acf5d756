// y (B,H,W,O) = b (O) + x (B,H,W,I) through the taps that exist, w (taps,O,I), and its gradients, as products
// whose operand is fetched through a table of taps:
//   y  (pixels, O)    = seen x (pixels, taps·I) · w (O, taps·I)^T
//   dx (pixels, I)   += seen dy, looking the other way (pixels, taps·O) · w (taps·O, I)
//   dw (taps·O, I)   += the same seen dy^T · x (pixels, I)
#include "tile/masked_conv2d.cuh"

struct ConvY : Product {
  Seen a;
  TapWeights b;
  Bias done;
  __device__ ConvY(const Stored* x, const Stored* w, const float* bias, Stored* y, Table table,
                   int taps, int B, int H, int W, int I, int O)
      : Product(B * H * W, O, depth_of(taps, I)), a(Images(x, table, H, W, I, 1), B * H * W),
        b(w, I, O), done(bias, y, O, O, IDENTITY) {}
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum); }
};

struct ConvDx : Product {
  Seen a;
  TapWeightColumns b;
  Add<Stored> done;
  __device__ ConvDx(const Stored* dy, const Stored* w, Stored* dx, bool fresh, Table table,
                    int taps, int B, int H, int W, int I, int O)
      : Product(B * H * W, I, depth_of(taps, O)), a(Images(dy, table, H, W, O, -1), B * H * W),
        b(w, I, O), done(dx, I, fresh) {}
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum, cols); }
};

struct ConvDw : Product {
  static constexpr bool KEEPS_B = false;
  SeenRows a;
  Operand<false> b;
  Add<float> done;
  __device__ ConvDw(const Stored* dy, const Stored* x, float* dw, Table table, int taps, int B,
                    int H, int W, int I, int O)
      : Product(taps * O, I, B * H * W), a(Images(dy, table, H, W, O, -1), taps), b(x, I, I),
        done(dw, I) {}
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum, cols); }
};

#ifndef LARGE

// The same where there are few inputs, as in the first layer: (outputs, taps·I), so that tiles are full.
struct ConvDwNarrow : Product {
  Operand<false> a;
  SeenRows b;
  float* dw;
  int I, O;
  __device__ ConvDwNarrow(const Stored* dy, const Stored* x, float* dw, Table table, int taps,
                          int B, int H, int W, int I, int O)
      : Product(O, taps * I, B * H * W), a(dy, O, O), b(Images(x, table, H, W, I, 1), taps), dw(dw),
        I(I), O(O) {}
  __device__ void finish(int row, int col, float4 sum) const {
    const float v[4] = {sum.x, sum.y, sum.z, sum.w};
    for (int j = 0; j < 4; j++) {
      if (col + j < cols) {
        const int tap = (unsigned)(col + j) / I;
        dw[((int64)tap * O + row) * I + col + j - tap * I] += v[j];
      }
    }
  }
};

#endif

// With four blocks in mind ptxas does not spill for a fifth on sm_120.
extern "C" __global__ void SMALL_TILE_BOUNDS(4)
    IN_PRECISION(masked_conv2d)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                                const float* __restrict__ b, Stored* __restrict__ y,
                                float* __restrict__ partial, unsigned long long taps, int k, int B,
                                int H, int W, int I, int O, int chunk) {
  const Table table = read_taps(taps, k);
  ConvY p(x, w, b, y, table, __popcll(taps), B, H, W, I, O);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(masked_conv2d_dx)(const Stored* __restrict__ dy, const Stored* __restrict__ w,
                               Stored* __restrict__ dx, int fresh, float* __restrict__ partial,
                               unsigned long long taps, int k, int B, int H, int W, int I, int O,
                               int chunk) {
  const Table table = read_taps(taps, k);
  ConvDx p(dy, w, dx, fresh, table, __popcll(taps), B, H, W, I, O);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(masked_conv2d_dw)(const Stored* __restrict__ dy, const Stored* __restrict__ x,
                               float* __restrict__ dw, float* __restrict__ partial,
                               unsigned long long taps, int k, int B, int H, int W, int I, int O,
                               int chunk) {
  const Table table = read_taps(taps, k);
  ConvDw p(dy, x, dw, table, __popcll(taps), B, H, W, I, O);
  tile_product(p, partial, chunk);
}

#ifndef LARGE

extern "C" __global__ void SMALL_TILE_BOUNDS(4)
    IN_PRECISION(masked_conv2d_dw_narrow)(const Stored* __restrict__ dy,
                                          const Stored* __restrict__ x, float* __restrict__ dw,
                                          float* __restrict__ partial, unsigned long long taps,
                                          int k, int B, int H, int W, int I, int O, int chunk) {
  const Table table = read_taps(taps, k);
  ConvDwNarrow p(dy, x, dw, table, __popcll(taps), B, H, W, I, O);
  tile_product(p, partial, chunk);
}

#endif
