// y (B,H,W,O) = b (O) + x (B,H,W,I) through the taps that exist, w (taps,O,I), and its gradients, as products
// whose operand is fetched through a table of taps:
//   y  (pixels, O)    = seen x (pixels, taps·I) · w (O, taps·I)^T
//   dx (pixels, I)   += seen dy, looking the other way (pixels, taps·O) · w (taps·O, I)
//   dw (taps·O, I)   += the same seen dy^T · x (pixels, I)
// `taps` has bit row·k + column of a k x k kernel set where a tap exists; others are neither stored nor visited.
// A pixel outside the image is 0 and not read.
#include "tile.cuh"

#ifdef LARGE
#include "masked_conv2d_large.cuh"
#else

constexpr int MOST_TAPS = 64;
using Table = const int2*;

// The offsets of the taps that exist, down and to the right, in shared memory.
__device__ __forceinline__ Table read_taps(unsigned long long taps, int k) {
  __shared__ int2 table[MOST_TAPS];
  for (int t = threadIdx.x; t < k * k; t += blockDim.x) {
    if (taps >> t & 1) {
      table[__popcll(taps & ((1ull << t) - 1))] = make_int2(t / k - k / 2, t % k - k / 2);
    }
  }
  __syncthreads();
  return table;
}

__device__ __forceinline__ int depth_of(int taps, int channels) { return taps * channels; }

struct Images {
  const Stored* data;
  Table table;
  int H, W, C;
  int sign;  // 1: a pixel sees through a tap; -1: it is seen through it
  bool wide;

  __device__ __forceinline__ Images(const Stored* data, Table table, int H, int W, int C, int sign)
      : data(data), table(table), H(H), W(W), C(C), sign(sign), wide(rows_aligned16(data, C)) {}

  // Channels c .. c + 3 (of which `left` exist) of what `pixel` sees through `tap`.
  __device__ __forceinline__ float4 four(int pixel, int row, int column, int tap, int c,
                                         int left) const {
    const int2 at = table[tap];
    const int down = sign * at.x;
    const int right = sign * at.y;
    const bool inside =
        (unsigned)(row + down) < (unsigned)H && (unsigned)(column + right) < (unsigned)W;
    return load4(data + (int64)(pixel + down * W + right) * C + c, inside ? left : 0, wide);
  }

  // Elements n .. n + 3 (of which `left` exist) of all that `pixel` sees, n = tap·C + channel.
  __device__ __forceinline__ float4 seen(int pixel, int n, int left) const {
    if (left <= 0) {
      return make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    }
    const unsigned line = (unsigned)pixel / W;
    const int column = pixel - line * W;
    const int row = line % H;
    const int tap = (unsigned)n / C;
    if (wide) {
      return four(pixel, row, column, tap, n - tap * C, left);
    }
    float v[4];
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const int t = (unsigned)(n + j) / C;
      v[j] = j < left ? four(pixel, row, column, t, n + j - t * C, 1).x : 0.0f;
    }
    return make_float4(v[0], v[1], v[2], v[3]);
  }
};

// Rows are pixels, k what they see.
struct Seen : Operand<true> {
  Images images;
  __device__ __forceinline__ Seen(const Images& images, int pixels)
      : Operand<true>(images.data, images.C, pixels), images(images) {}

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    const int pixel = row0 + (threadIdx.x >> 1);
    for (int half = 0; half < 2; half++) {
      const int k = k0 + half * 8 + (threadIdx.x & 1) * 4;
      out[half] = images.seen(pixel, k, pixel < rows ? end - k : 0);
    }
  }
};

// k are pixels, rows what they see.
struct SeenRows : Operand<false> {
  Images images;
  __device__ __forceinline__ SeenRows(const Images& images, int taps)
      : Operand<false>(images.data, images.C, taps * images.C), images(images) {}

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    const int row = row0 + (threadIdx.x & 15) * 4;
    for (int half = 0; half < 2; half++) {
      const int pixel = k0 + half * 8 + (threadIdx.x >> 4);
      out[half] = images.seen(pixel, row, pixel < end ? rows - row : 0);
    }
  }
};

// Rows are outputs, k inputs of all taps: w[tap][row][input].
struct TapWeights : Operand<true> {
  int I;
  __device__ __forceinline__ TapWeights(const Stored* w, int I, int O)
      : Operand<true>(w, I, O), I(I) {}

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    const int row = row0 + (threadIdx.x >> 1);
    for (int half = 0; half < 2; half++) {
      const int k = k0 + half * 8 + (threadIdx.x & 1) * 4;
      const int left = row < rows ? end - k : 0;
      if (wide) {
        const int tap = (unsigned)k / I;
        out[half] = load4(data + ((int64)tap * rows + row) * I + k - tap * I, left, true);
      } else {
        float v[4];
#pragma unroll
        for (int j = 0; j < 4; j++) {
          const int tap = (unsigned)(k + j) / I;
          v[j] = j < left ? load1(&data[((int64)tap * rows + row) * I + k + j - tap * I]) : 0.0f;
        }
        out[half] = make_float4(v[0], v[1], v[2], v[3]);
      }
    }
  }
};

// The same with k and rows exchanged: w[tap][k][row].
struct TapWeightColumns : Operand<false> {
  __device__ __forceinline__ TapWeightColumns(const Stored* w, int I, int)
      : Operand<false>(w, I, I) {}
};

#endif

// A product of one depth everywhere.
struct Product : Unmasked {
  int rows, cols, depth;
  __device__ Product(int rows, int cols, int depth) : rows(rows), cols(cols), depth(depth) {}
  __device__ Span span(int, int) const { return {0, depth, true}; }
};

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
