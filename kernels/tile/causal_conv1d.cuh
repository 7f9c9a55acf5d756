// Operands of the product that is a causal convolution: x (B,T,I), w (K,O,I), y (B,T,O),
//   y[b,t,o] = sum over tap and i of x[b, t - shift(tap), i]·w[tap,o,i],   shift(tap) = (K-1-tap)·dilation.
// Nothing is copied or padded: the rows of a tap are those of x, `shift` rows earlier, and a row that
// lies before its sequence is 0 by a guard, so every dilation costs the same. The k of a product run over
// the taps and within a tap over its channels, each tap rounded up to whole steps: a step has one tap.
#pragma once
#include "tile/tile.cuh"

struct Past {
  int width, dilation, length;
  __device__ __forceinline__ int shift(int tap) const { return (width - 1 - tap) * dilation; }
};

#ifdef LARGE
#include "tile/causal_conv1d_large.cuh"
#else

__device__ __forceinline__ int whole_steps(int channels) {
  return (channels + STEP - 1) / STEP * STEP;
}

// The tap of a step. Steps come in order, so the first needs a division and the others none.
struct Walk {
  int padded;
  int tap = 0;

  __device__ __forceinline__ explicit Walk(int channels) : padded(whole_steps(channels)) {}

  __device__ __forceinline__ void seek(int k0) { tap = k0 / padded; }

  // Goes to the step at k0 and says at which channel of its tap it begins.
  __device__ __forceinline__ int channel(int k0) {
    const int channel = k0 - tap * padded;
    tap += channel == padded;
    return channel == padded ? 0 : channel;
  }
};

// A(row, (tap, channel)) = data[row - shift][channel], or + shift when AHEAD, as gradients go.
template <bool AHEAD>
struct ShiftedRows : Operand<true> {
  Past taps;
  Walk walk;
  int position = 0;  // of this thread's row in its sequence

  __device__ __forceinline__ ShiftedRows(const Stored* data, int channels, int rows, Past taps)
      : Operand<true>(data, channels, rows), taps(taps), walk(channels) {}

  __device__ __forceinline__ void seek(int row0, int k0) {
    walk.seek(k0);
    position = (row0 + (threadIdx.x >> 1)) % taps.length;
  }

  __device__ __forceinline__ void fetch(int row0, int k0, int, float4 (&out)[2]) {
    const int first = walk.channel(k0);
    const int shift = taps.shift(walk.tap);
    const int move = AHEAD ? shift : -shift;
    const int row = row0 + (threadIdx.x >> 1);
    const bool seen = row < rows && (AHEAD ? position + move < taps.length : position + move >= 0);
    const Stored* from = data + (int64)(row + move) * pitch;
    for (int half = 0; half < 2; half++) {
      const int channel = first + half * 8 + (threadIdx.x & 1) * 4;
      out[half] = load4(from + channel, seen ? pitch - channel : 0, wide);
    }
  }
};

// B(o, (tap, i)) = w[tap][o][i]
struct WeightRows : Operand<true> {
  Walk walk;

  __device__ __forceinline__ WeightRows(const Stored* w, int I, int O)
      : Operand<true>(w, I, O), walk(I) {}

  __device__ __forceinline__ void seek(int, int k0) { walk.seek(k0); }

  __device__ __forceinline__ void fetch_row(int o, int k0, int, float4 (&out)[2]) {
    const int first = walk.channel(k0);
    const Stored* from = data + ((int64)walk.tap * rows + o) * pitch;
    for (int half = 0; half < 2; half++) {
      const int i = first + half * 8 + (threadIdx.x & 1) * 4;
      out[half] = load4(from + i, o < rows ? pitch - i : 0, wide);
    }
  }

  __device__ __forceinline__ void fetch(int o0, int k0, int end, float4 (&out)[2]) {
    fetch_row(o0 + (threadIdx.x >> 1), k0, end, out);
  }
};

// B(i, (tap, o)) = w[tap][o][i]
struct WeightColumns : Operand<false> {
  int outputs;
  Walk walk;

  __device__ __forceinline__ WeightColumns(const Stored* w, int I, int O)
      : Operand<false>(w, I, I), outputs(O), walk(O) {}

  __device__ __forceinline__ void seek(int, int k0) { walk.seek(k0); }

  __device__ __forceinline__ void fetch(int i0, int k0, int, float4 (&out)[2]) {
    const int first = walk.channel(k0);
    const int i = i0 + (threadIdx.x & 15) * 4;
    for (int half = 0; half < 2; half++) {
      const int o = first + half * 8 + (threadIdx.x >> 4);
      out[half] = load4(data + ((int64)walk.tap * outputs + o) * pitch + i,
                        o < outputs ? pitch - i : 0, wide);
    }
  }
};

// A((tap, o), n) = dy[n][o], the outputs of a tap rounded up to whole tiles: a tile has one tap.
struct GradientColumns : Operand<false> {
  int padded;
  int first = 0;  // output of the tile

  __device__ __forceinline__ GradientColumns(const Stored* dy, int O)
      : Operand<false>(dy, O, O), padded((O + TILE - 1) / TILE * TILE) {}

  __device__ __forceinline__ void seek(int row0, int) { first = row0 % padded; }

  __device__ __forceinline__ void fetch(int, int k0, int end, float4 (&out)[2]) const {
    Operand<false>::fetch(first, k0, end, out);
  }
};

// B(i, n) = x[n - shift][i] for the one shift that its tile has.
struct ShiftedColumns : Operand<false> {
  Past taps;
  int shift = 0;
  int position = 0;  // of the next row in its sequence

  __device__ __forceinline__ ShiftedColumns(const Stored* x, int I, Past taps)
      : Operand<false>(x, I, I), taps(taps) {}

  __device__ __forceinline__ void seek(int, int k0) {
    position = (k0 + (threadIdx.x >> 4)) % taps.length;
  }

  __device__ __forceinline__ void fetch(int i0, int k0, int end, float4 (&out)[2]) {
    const int i = i0 + (threadIdx.x & 15) * 4;
    for (int half = 0; half < 2; half++) {
      const int n = k0 + half * 8 + (threadIdx.x >> 4);
      const bool seen = n < end && position >= shift;
      out[half] = load4(data + (int64)(n - shift) * pitch + i, seen ? pitch - i : 0, wide);
      position += 8;
      if (position >= taps.length) {
        position %= taps.length;  // a sequence may be shorter than 8
      }
    }
  }
};

#endif
