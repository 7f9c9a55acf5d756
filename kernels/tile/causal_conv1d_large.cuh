// The operands of causal_conv1d.cuh for the large tile.
#pragma once
#include "tile/taps_large.cuh"

// A(row, (tap, channel)) = data[row - shift][channel], or + shift when AHEAD, as gradients go.
template <bool AHEAD>
struct ShiftedRows : LeftOperand<true> {
  Past taps;
  Walk walk;
  const Stored* start = nullptr;  // this thread's first piece where nothing is shifted
  int position[COPIES] =
      {};  // of its rows in their sequences; where there is no row, one that sees none

  __device__ __forceinline__ ShiftedRows(const Stored* data, int channels, int rows, Past taps)
      : LeftOperand<true>(data, channels, rows), taps(taps), walk(channels) {}

  __device__ __forceinline__ void turn() {
    const int shift = taps.shift(walk.tap);
    see([&](int i) { return AHEAD ? position[i] + shift < taps.length : position[i] >= shift; });
    next = start + (int64)(AHEAD ? shift : -shift) * pitch + walk.channel;
  }

  __device__ __forceinline__ void seek(int row0, int begin) {
    const int row = row0 + my_row();
    const int none = AHEAD ? 1 << 30 : -(1 << 30);
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      position[i] = row + i * APART < rows ? (row + i * APART) % taps.length : none;
    }
    start = data + (int64)row * pitch + my_k();
    walk.seek(begin);
    turn();
  }

  __device__ __forceinline__ bool whole(int) const {
    return LeftOperand<true>::whole(pitch - walk.channel);
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int) const {
    LeftOperand<true>::copy<WHOLE>(stage, pitch - walk.channel);
  }

  __device__ __forceinline__ void advance() {
    LeftOperand<true>::advance();
    if (walk.next()) {
      turn();
    }
  }
};

// A((tap, o), n) = dy[n][o], the outputs of a tap rounded up to whole tiles: a tile has one tap.
struct GradientColumns : LeftOperand<false> {
  int padded;

  __device__ __forceinline__ GradientColumns(const Stored* dy, int O)
      : LeftOperand<false>(dy, O, O), padded((O + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS) {}

  __device__ __forceinline__ void seek(int row0, int begin) {
    LeftOperand<false>::seek(row0 % padded, begin);
  }
};

// B(i, n) = x[n - shift][i] for the one shift that its tile has.
struct ShiftedColumns : Operand<false> {
  Past taps;
  int shift = 0;
  int further;                // what a step adds to a position
  int position[COPIES] = {};  // of the next rows in their sequences

  __device__ __forceinline__ ShiftedColumns(const Stored* x, int I, Past taps)
      : Operand<false>(x, I, I), taps(taps), further(STEP % taps.length) {}

  __device__ __forceinline__ void seek(int i0, int begin) {
    Operand<false>::seek(i0, begin);
    next -= (int64)shift * pitch;
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      position[i] = (begin + my_k() + i * APART) % taps.length;
    }
  }

  __device__ __forceinline__ bool whole(int left) const {
    bool all = Operand<false>::whole(left);
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      all = all && position[i] >= shift;
    }
    return all;
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int left) const {
    copy_seen<WHOLE>(stage, left, [&](int i) { return position[i] >= shift; });
  }

  __device__ __forceinline__ void advance() {
    Operand<false>::advance();
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      position[i] += further;
      position[i] -= position[i] >= taps.length ? taps.length : 0;
    }
  }
};
