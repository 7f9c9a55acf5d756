// y (B,T,O) = b (O) + causal convolution of x (B,T,I) with w (K,O,I), and its gradients, each one product
// with the tiles of tile.cuh (see causal_conv1d.cuh):
//   dx[n,i] += sum over tap and o of dy[n + shift, o]·w[tap,o,i]      dw[tap,o,i] += sum over n of dy[n,o]·x[n - shift, i]
// N = B·T. With a db (O), which may be null, `causal_conv1d_dw` adds up dy for it, as `linear_dw` does.
#include "tile/causal_conv1d.cuh"

struct ConvY : Unmasked {
  ShiftedRows<false> a;
  WeightRows b;
  Bias done;
  int rows, cols, depth;
  __device__ ConvY(const Stored* x, const Stored* w, const float* bias, Stored* y, int N, int I,
                   int O, Past taps)
      : a(x, I, N, taps), b(w, I, O), done(bias, y, O, O, IDENTITY), rows(N), cols(O),
        depth(taps.width * b.walk.padded) {}
  __device__ Span span(int, int) const { return {0, depth, true}; }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum); }
};

struct ConvDx : Unmasked {
  ShiftedRows<true> a;
  WeightColumns b;
  Add<Stored> done;
  int rows, cols, depth;
  __device__ ConvDx(const Stored* dy, const Stored* w, Stored* dx, bool fresh, int N, int I, int O,
                    Past taps)
      : a(dy, O, N, taps), b(w, I, O), done(dx, I, fresh), rows(N), cols(I),
        depth(taps.width * b.walk.padded) {}
  __device__ Span span(int, int) const { return {0, depth, true}; }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum, cols); }
};

struct ConvDw : Unmasked {
  static constexpr bool KEEPS_B = false;
  static constexpr bool ADDS_ROWS = true;
  GradientColumns a;
  ShiftedColumns b;
  Add<float> done;
  float* db;
  int rows, cols, outputs, batch;
  bool adds_rows = false;
  __device__ ConvDw(const Stored* dy, const Stored* x, float* dw, float* db, int N, int I, int O,
                    Past taps)
      : a(dy, O), b(x, I, taps), done(dw, I), db(db), rows(taps.width * a.padded), cols(I),
        outputs(O), batch(N) {}
  // Asked first of all, so it also tells the operand which tap the tile belongs to. One tap is enough for db.
  __device__ Span span(int row0, int col0) {
    b.shift = b.taps.shift(row0 / a.padded);
    adds_rows = db != nullptr && col0 == 0 && row0 < a.padded;
    return {0, batch, true};
  }
  __device__ void finish_row(int row, float sum) const {
    if (row < outputs) {
      db[row] += sum;
    }
  }
  __device__ void finish(int row, int col, float4 sum) const {
    const int tap = row / a.padded;
    const int o = row - tap * a.padded;
    if (o < outputs) {
      done(tap * outputs + o, col, sum, cols);
    }
  }
};

extern "C" __global__ void TILE_BOUNDS_IN_BF16(5)
    IN_PRECISION(causal_conv1d)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                                const float* __restrict__ b, Stored* __restrict__ y,
                                float* __restrict__ partial, int N, int I, int O, int width,
                                int dilation, int T, int chunk) {
  ConvY p(x, w, b, y, N, I, O, {width, dilation, T});
  tile_product(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(causal_conv1d_dx)(const Stored* __restrict__ dy, const Stored* __restrict__ w,
                               Stored* __restrict__ dx, int fresh, float* __restrict__ partial,
                               int N, int I, int O, int width, int dilation, int T, int chunk) {
  ConvDx p(dy, w, dx, fresh, N, I, O, {width, dilation, T});
  tile_product(p, partial, chunk);
}

// With four blocks in mind ptxas does not spill for a fifth on sm_100.
extern "C" __global__ void SMALL_TILE_BOUNDS(4)
    IN_PRECISION(causal_conv1d_dw)(const Stored* __restrict__ dy, const Stored* __restrict__ x,
                                   float* __restrict__ dw, float* __restrict__ db,
                                   float* __restrict__ partial, int N, int I, int O, int width,
                                   int dilation, int T, int chunk) {
  ConvDw p(dy, x, dw, db, N, I, O, {width, dilation, T});
  tile_product(p, partial, chunk);
}
