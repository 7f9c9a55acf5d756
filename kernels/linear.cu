// y (N,O) = f(b (O) + x (N,I)·w (O,I)^T) and its gradients
//   dx += dy·w      dw += dy^T·x
// with the tiles of tile.cuh. Two more endings of the same product:
//   linear_gelu     before (N,O) = b + x·w^T, y = GELU(before); `before` may be null
//   linear_add      y = residual (N,O) + (b + x·w^T); `b` may be null
// `linear_dx` and `linear_dw` take dy before the activation. Where a vendor GEMM is present it may replace
// the products; bias, activation and += stay as they are here. With a db (O), which may be null, `linear_dw` adds
// up dy for it (but for the large tile in fp32 and tf32, which take no db).
#include "gelu.cuh"
#include "tile/tile.cuh"

struct LinearY : Unmasked {
  LeftOperand<true> a;
  Operand<true> b;
  Bias done;
  int rows, cols, inputs;
  __device__ LinearY(const Stored* x, const Stored* w, const float* bias, Stored* y, int N, int I,
                     int O, int f)
      : a(x, I, N), b(w, I, O), done(bias, y, O, O, f), rows(N), cols(O), inputs(I) {}
  __device__ Span span(int, int) const { return {0, inputs, true}; }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum); }
};

struct LinearGelu : Unmasked {
  LeftOperand<true> a;
  Operand<true> b;
  ColumnVector bias;
  Stored *before, *y;
  int rows, cols, inputs;
  bool wide;
  __device__ LinearGelu(const Stored* x, const Stored* w, const float* bias, Stored* before,
                        Stored* y, int N, int I, int O)
      : a(x, I, N), b(w, I, O), bias(bias), before(before), y(y), rows(N), cols(O), inputs(I),
        wide(operand_rows_aligned16(y, O) && operand_aligned16(bias) && operand_aligned16(before)) {
  }
  __device__ Span span(int, int) const { return {0, inputs, true}; }
  __device__ void finish(int row, int col, float4 sum) const {
    const int left = cols - col;
    const int64 at = (int64)row * cols + col;
    sum = sum + bias.four(col, left, wide);
    if (before != nullptr) {
      store4(before + at, sum, left, wide);
    }
    store4(y + at, make_float4(gelu(sum.x), gelu(sum.y), gelu(sum.z), gelu(sum.w)), left, wide);
  }
};

struct LinearAdd : Unmasked {
  LeftOperand<true> a;
  Operand<true> b;
  ColumnVector bias;
  const Stored* residual;
  Stored* y;
  int rows, cols, inputs;
  bool wide;
  __device__ LinearAdd(const Stored* x, const Stored* w, const float* bias, const Stored* residual,
                       Stored* y, int N, int I, int O)
      : a(x, I, N), b(w, I, O), bias(bias), residual(residual), y(y), rows(N), cols(O), inputs(I),
        wide(operand_rows_aligned16(y, O) && operand_aligned16(bias) &&
             operand_aligned16(residual)) {}
  __device__ Span span(int, int) const { return {0, inputs, true}; }
  __device__ void finish(int row, int col, float4 sum) const {
    const int left = cols - col;
    const int64 at = (int64)row * cols + col;
    if (bias.data != nullptr) {
      sum = bias.four(col, left, wide) + sum;
    }
    store4(y + at, load4(residual + at, left, wide) + sum, left, wide);
  }
};

struct LinearDx : Unmasked {
  LeftOperand<true> a;
  Operand<false> b;
  Add<Stored> done;
  int rows, cols, outputs;
  __device__ LinearDx(const Stored* dy, const Stored* w, Stored* dx, bool fresh, int N, int I,
                      int O)
      : a(dy, O, N), b(w, I, I), done(dx, I, fresh), rows(N), cols(I), outputs(O) {}
  __device__ Span span(int, int) const { return {0, outputs, true}; }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum, cols); }
};

struct LinearDw : Unmasked {
  static constexpr bool KEEPS_B = false;
  static constexpr bool ADDS_ROWS = true;
  LeftOperand<false> a;
  Operand<false> b;
  Add<float> done;
  float* db;
  int rows, cols, batch;
  bool adds_rows = false;
  __device__ LinearDw(const Stored* dy, const Stored* x, float* dw, float* db, int N, int I, int O)
      : a(dy, O, O), b(x, I, I), done(dw, I), db(db), rows(O), cols(I), batch(N) {}
  __device__ Span span(int, int col0) {
    adds_rows = db != nullptr && col0 == 0;
    return {0, batch, true};
  }
  __device__ void finish_row(int row, float sum) const {
    if (row < rows) {
      db[row] += sum;
    }
  }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum, cols); }
};

extern "C" __global__ void TILE_BOUNDS_IN_BF16(6)
    IN_PRECISION(linear)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                         const float* __restrict__ b, Stored* __restrict__ y,
                         float* __restrict__ partial, int N, int I, int O, int f, int chunk) {
  LinearY p(x, w, b, y, N, I, O, f);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void TILE_BOUNDS_IN_BF16(6)
    IN_PRECISION(linear_gelu)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                              const float* __restrict__ b, Stored* __restrict__ before,
                              Stored* __restrict__ y, float* __restrict__ partial, int N, int I,
                              int O, int chunk) {
  LinearGelu p(x, w, b, before, y, N, I, O);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void TILE_BOUNDS_IN_BF16(6)
    IN_PRECISION(linear_add)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                             const float* __restrict__ b, const Stored* __restrict__ residual,
                             Stored* __restrict__ y, float* __restrict__ partial, int N, int I,
                             int O, int chunk) {
  LinearAdd p(x, w, b, residual, y, N, I, O);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(linear_dx)(const Stored* __restrict__ dy, const Stored* __restrict__ w,
                        Stored* __restrict__ dx, int fresh, float* __restrict__ partial, int N,
                        int I, int O, int chunk) {
  LinearDx p(dy, w, dx, fresh, N, I, O);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(linear_dw)(const Stored* __restrict__ dy, const Stored* __restrict__ x,
                        float* __restrict__ dw, float* __restrict__ db, float* __restrict__ partial,
                        int N, int I, int O, int chunk) {
  LinearDw p(dy, x, dw, db, N, I, O);
  tile_product(p, partial, chunk);
}
