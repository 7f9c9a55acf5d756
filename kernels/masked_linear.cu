// MADE's layer: y[n,o] = f(b[o] + sum over i < live[o] of x[n,i]·w[o,i]), and its gradients
//   dx[n,i] += sum over o >= first[i] of dy[n,o]·w[o,i]      dw[o,i] += sum of dy[n,o]·x[n,i], i < live[o]
// live (O) ascends and first (I) is its inverse, so the weights that exist form a staircase. A tile above it
// is not computed (a fresh dx gets its zeros there); K ends (y) or begins (dx) where the staircase meets the
// tile; steps wholly below it read no degrees. Only the steps that it runs through compare, and they select, so
// that neither a weight that does not exist nor a NaN behind the mask reaches a result. The longest K start first.
// Both gradients take dy as it comes and multiply by f' on the way to shared memory, so that no pass before them does;
// and with a db (O), which may be null, `masked_linear_dw` adds up the product for it.
#include "tile/tile.cuh"

// dy·f'(y); y is not read where f is the identity
template <bool K_FAST>
struct Sloped : Operand<K_FAST> {
  Operand<K_FAST> y;
  int f;
  __device__ __forceinline__ Sloped(const Stored* dy, const Stored* y, int f, int pitch, int rows)
      : Operand<K_FAST>(dy, pitch, rows), y(y, pitch, rows), f(f) {}

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    Operand<K_FAST>::fetch(row0, k0, end, out);
    if (f != IDENTITY) {
      float4 known[2];
      y.fetch(row0, k0, end, known);
#pragma unroll
      for (int half = 0; half < 2; half++) {
        out[half].x *= derivative_from_output(f, known[half].x);
        out[half].y *= derivative_from_output(f, known[half].y);
        out[half].z *= derivative_from_output(f, known[half].z);
        out[half].w *= derivative_from_output(f, known[half].w);
      }
    }
  }
};

struct MaskedY : NoRows {
  static constexpr bool MASKED = true;
  Operand<true> a, b;
  Bias done;
  const int* live;
  int rows, cols;
  int full = 0;  // every output of the tile sees the inputs before this one
  __device__ MaskedY(const Stored* x, const Stored* w, const float* bias, const int* live,
                     Stored* y, int N, int I, int O, int from, int to, int f)
      : a(x, I, N), b(w + (int64)from * I, I, to - from),
        done(bias + from, y + from, O, to - from, f), live(live + from), rows(N), cols(to - from) {}
  __device__ int column(int tile, int tiles) const { return tiles - 1 - tile; }
  __device__ Span span(int, int col0) {
    full = live[col0];
    return {0, live[min(col0 + TILE, cols) - 1], true};
  }
  __device__ bool whole(int k) const { return k + STEP <= full; }
  __device__ bool keeps(int k, int limit) const { return k < limit; }
  __device__ int limit(int col) const { return col < cols ? live[col] : 0; }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum); }
};

struct MaskedDx : NoRows {
  static constexpr bool MASKED = true;
  Sloped<true> a;
  Operand<false> b;
  Add<Stored> done;
  const int* first;
  int rows, cols, outputs;
  int full = 0;  // every input of the tile is seen by the outputs from this one on
  __device__ MaskedDx(const Stored* dy, const Stored* y, int f, const Stored* w, const int* first,
                      Stored* dx, bool fresh, int N, int I, int O)
      : a(dy, y, f, O, N), b(w, I, I), done(dx, I, fresh), first(first), rows(N), cols(I),
        outputs(O) {}
  __device__ int column(int tile, int) const { return tile; }
  __device__ Span span(int, int col0) {
    full = first[min(col0 + TILE, cols) - 1];
    const int begin = first[col0] / STEP * STEP;
    return {begin, outputs, done.fresh || begin < outputs};
  }
  __device__ bool whole(int k) const { return k >= full; }
  __device__ bool keeps(int k, int limit) const { return k >= limit; }
  __device__ int limit(int col) const { return col < cols ? first[col] : outputs; }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum, cols); }
};

struct MaskedDw {
  static constexpr bool MASKED = false;  // the staircase cuts C here, not K
  static constexpr bool ADDS_ROWS = true;
  Sloped<false> a;
  Operand<false> b;
  Add<float> done;
  const int* live;
  float* db;
  int rows, cols, batch;
  bool adds_rows = false;
  __device__ MaskedDw(const Stored* dy, const Stored* y, int f, const Stored* x, const int* live,
                      float* dw, float* db, int N, int I, int O)
      : a(dy, y, f, O, O), b(x, I, I), done(dw, I), live(live), db(db), rows(O), cols(I), batch(N) {
  }
  __device__ int column(int tile, int) const { return tile; }
  // Outputs that see nothing have a bias all the same.
  __device__ Span span(int row0, int col0) {
    adds_rows = db != nullptr && col0 == 0;
    return {0, batch, adds_rows || col0 < live[min(row0 + TILE, rows) - 1]};
  }
  __device__ void finish_row(int row, float sum) const {
    if (row < rows) {
      db[row] += sum;
    }
  }
  __device__ bool whole(int) const { return true; }
  __device__ bool keeps(int, int) const { return true; }
  __device__ int limit(int) const { return 0; }
  __device__ void finish(int row, int col, float4 sum) const { done(row, col, sum, live[row]); }
};

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(masked_linear)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                            const float* __restrict__ b, const int* __restrict__ live,
                            Stored* __restrict__ y, float* __restrict__ partial, int N, int I,
                            int O, int from, int to, int f, int chunk) {
  MaskedY p(x, w, b, live, y, N, I, O, from, to, f);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(masked_linear_dx)(const Stored* __restrict__ dy, const Stored* __restrict__ y, int f,
                               const Stored* __restrict__ w, const int* __restrict__ first,
                               Stored* __restrict__ dx, int fresh, float* __restrict__ partial,
                               int N, int I, int O, int chunk) {
  MaskedDx p(dy, y, f, w, first, dx, fresh, N, I, O);
  tile_product(p, partial, chunk);
}

extern "C" __global__ void __launch_bounds__(TILE_BOUNDS)
IN_PRECISION(masked_linear_dw)(const Stored* __restrict__ dy, const Stored* __restrict__ y, int f,
                               const Stored* __restrict__ x, const int* __restrict__ live,
                               float* __restrict__ dw, float* __restrict__ db,
                               float* __restrict__ partial, int N, int I, int O, int chunk) {
  MaskedDw p(dy, y, f, x, live, dw, db, N, I, O);
  tile_product(p, partial, chunk);
}

#ifndef TF32

// The same y for the few columns that a sampler wants at a time: one warp per (row, output), each lane
// every 32nd group of four inputs. Tiles would leave 62 of 64 columns empty.
extern "C" __global__ void __launch_bounds__(128)
IN_STORAGE(masked_linear_narrow)(const Stored* __restrict__ x, const Stored* __restrict__ w,
                                 const float* __restrict__ b, const int* __restrict__ live,
                                 Stored* __restrict__ y, int N, int I, int O, int from, int to,
                                 int f) {
  const int64 dot = (int64)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  const int width = to - from;
  if (dot >= (int64)N * width) {
    return;
  }
  const int row = (int)(dot / width);
  const int o = from + (int)(dot % width);
  const int end = live[o];
  const Stored* xs = x + (int64)row * I;
  const Stored* ws = w + (int64)o * I;
  const bool wide = rows_aligned16(x, I) && aligned16(w);
  float sum = 0.0f;
  for (int i = (threadIdx.x & 31) * 4; i < end; i += 128) {
    const float4 a = load4(xs + i, end - i, wide);
    const float4 c = load4(ws + i, end - i, wide);
    sum = fmaf(a.x, c.x, sum);
    sum = fmaf(a.y, c.y, sum);
    sum = fmaf(a.z, c.z, sum);
    sum = fmaf(a.w, c.w, sum);
  }
  sum = warp_sum(sum);
  if ((threadIdx.x & 31) == 0) {
    store1(&y[(int64)row * O + o], activate_fused(f, b[o] + sum));
  }
}

#endif
