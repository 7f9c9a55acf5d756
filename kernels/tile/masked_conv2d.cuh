// The operands of products over images, whose rows or k are what pixels see through the taps that exist, and their weights
// w (taps,O,I). `taps` has bit row·k + column of a k x k kernel set where a tap exists; others are neither stored nor
// visited. A pixel outside the image is 0 and not read.
#pragma once
#include "tile/tile.cuh"

#ifdef LARGE
#include "tile/masked_conv2d_large.cuh"
#else

constexpr int MOST_TAPS = 64;
using Table = const int2*;

// The offsets of the taps that exist, down and to the right, in shared memory.
__device__ __forceinline__ Table read_taps(unsigned long long taps, int k) {
  __shared__ int2 table[MOST_TAPS];
  for (int t = threadIdx.x; t < min(k * k, MOST_TAPS); t += blockDim.x) {
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
      : data(data), table(table), H(H), W(W), C(C), sign(sign),
        wide(operand_rows_aligned16(data, C)) {}

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

  __device__ __forceinline__ void fetch_row(int row, int k0, int end, float4 (&out)[2]) const {
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

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    fetch_row(row0 + (threadIdx.x >> 1), k0, end, out);
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
