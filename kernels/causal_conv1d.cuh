// Operands of the product that is a causal convolution: x (B,T,I), w (K,O,I), y (B,T,O),
//   y[b,t,o] = sum over tap and i of x[b, t - shift(tap), i]·w[tap,o,i],   shift(tap) = (K-1-tap)·dilation.
// Nothing is copied or padded: the rows of a tap are those of x, `shift` rows earlier, and a row that
// lies before its sequence is 0 by a guard, so every dilation costs the same. The k of a product run over
// the taps and within a tap over its channels, each tap rounded up to whole steps: a step has one tap.
#pragma once
#include "tile.cuh"

__device__ __forceinline__ int whole_steps(int channels) { return (channels + STEP - 1) / STEP * STEP; }

struct Taps {
  int width, dilation, length;
  __device__ __forceinline__ int shift(int tap) const { return (width - 1 - tap) * dilation; }
};

// A(row, (tap, channel)) = data[row - shift][channel], or + shift when AHEAD, as gradients go.
template <bool AHEAD>
struct ShiftedRows : Operand<true> {
  Taps taps;
  int padded;

  __device__ __forceinline__ ShiftedRows(const float* data, int channels, int rows, Taps taps)
      : Operand<true>(data, channels, rows), taps(taps), padded(whole_steps(channels)) {}

  __device__ __forceinline__ void fetch(int row0, int k0, int, float4 (&out)[2]) const {
    const int tap = k0 / padded;
    const int move = AHEAD ? taps.shift(tap) : -taps.shift(tap);
    const int row = row0 + (threadIdx.x >> 1);
    const int place = row % taps.length + move;
    const bool seen = row < rows && 0 <= place && place < taps.length;
    const float* from = data + (int64)(row + move) * pitch;
    for (int half = 0; half < 2; half++) {
      const int channel = k0 - tap * padded + half * 8 + (threadIdx.x & 1) * 4;
      out[half] = load4(from + channel, seen ? pitch - channel : 0, wide);
    }
  }
};

// B(o, (tap, i)) = w[tap][o][i]
struct WeightRows : Operand<true> {
  int padded;

  __device__ __forceinline__ WeightRows(const float* w, int I, int O)
      : Operand<true>(w, I, O), padded(whole_steps(I)) {}

  __device__ __forceinline__ void fetch_row(int o, int k0, float4 (&out)[2]) const {
    const int tap = k0 / padded;
    const float* from = data + ((int64)tap * rows + o) * pitch;
    for (int half = 0; half < 2; half++) {
      const int i = k0 - tap * padded + half * 8 + (threadIdx.x & 1) * 4;
      out[half] = load4(from + i, o < rows ? pitch - i : 0, wide);
    }
  }

  __device__ __forceinline__ void fetch(int o0, int k0, int, float4 (&out)[2]) const {
    fetch_row(o0 + (threadIdx.x >> 1), k0, out);
  }
};

// B(i, (tap, o)) = w[tap][o][i]
struct WeightColumns : Operand<false> {
  int outputs, padded;

  __device__ __forceinline__ WeightColumns(const float* w, int I, int O)
      : Operand<false>(w, I, I), outputs(O), padded(whole_steps(O)) {}

  __device__ __forceinline__ void fetch(int i0, int k0, int, float4 (&out)[2]) const {
    const int tap = k0 / padded;
    const int i = i0 + (threadIdx.x & 15) * 4;
    for (int half = 0; half < 2; half++) {
      const int o = k0 - tap * padded + half * 8 + (threadIdx.x >> 4);
      out[half] = load4(data + ((int64)tap * outputs + o) * pitch + i,
                        o < outputs ? pitch - i : 0, wide);
    }
  }
};

// A((tap, o), n) = dy[n][o], the outputs of a tap rounded up to whole tiles: a tile has one tap.
struct GradientColumns : Operand<false> {
  int padded;

  __device__ __forceinline__ GradientColumns(const float* dy, int O)
      : Operand<false>(dy, O, O), padded((O + TILE - 1) / TILE * TILE) {}

  __device__ __forceinline__ void fetch(int row0, int k0, int end, float4 (&out)[2]) const {
    Operand<false>::fetch(row0 % padded, k0, end, out);
  }
};

// B(i, n) = x[n - shift][i] for the one shift that its tile has.
struct ShiftedColumns : Operand<false> {
  Taps taps;
  int shift;

  __device__ __forceinline__ ShiftedColumns(const float* x, int I, Taps taps)
      : Operand<false>(x, I, I), taps(taps), shift(0) {}

  __device__ __forceinline__ void fetch(int i0, int k0, int end, float4 (&out)[2]) const {
    const int i = i0 + (threadIdx.x & 15) * 4;
    for (int half = 0; half < 2; half++) {
      const int n = k0 + half * 8 + (threadIdx.x >> 4);
      const bool seen = n < end && n % taps.length >= shift;
      out[half] = load4(data + (int64)(n - shift) * pitch + i, seen ? pitch - i : 0, wide);
    }
  }
};
