// What the operands of convolutions share where the tile is large: k run over the taps and within a tap over its
// channels, rounded up to whole steps, so that a step has one tap and only where a tap ends is anything computed anew.
#pragma once
#include "tile/tile.cuh"

__device__ __forceinline__ int whole_steps(int channels) {
  return (channels + STEP - 1) / STEP * STEP;
}

struct Walk {
  int channels, padded;
  int tap = 0;
  int channel = 0;

  __device__ __forceinline__ explicit Walk(int channels)
      : channels(channels), padded(whole_steps(channels)) {}

  __device__ __forceinline__ void seek(int k0) {
    tap = k0 / padded;
    channel = k0 - tap * padded;
  }

  // Goes to the next step and says whether that has another tap.
  __device__ __forceinline__ bool next() {
    channel += STEP;
    const bool ends = channel >= channels;
    channel = ends ? 0 : channel;
    tap += ends;
    return ends;
  }
};

// B(o, (tap, i)) = w[tap][o][i]
struct WeightRows : Operand<true> {
  Walk walk;
  const Stored* start = nullptr;  // this thread's first piece of tap 0

  __device__ __forceinline__ WeightRows(const Stored* w, int I, int O)
      : Operand<true>(w, I, O), walk(I) {}

  __device__ __forceinline__ void turn() {
    next = start + (int64)walk.tap * rows * pitch + walk.channel;
  }

  __device__ __forceinline__ void seek(int o0, int begin) {
    start = data + (int64)(o0 + my_row()) * pitch + my_k();
    see([&](int i) { return o0 + my_row() + i * APART < rows; });
    seen = in_register(seen);
    walk.seek(begin);
    turn();
  }

  __device__ __forceinline__ bool whole(int) const {
    return Operand<true>::whole(pitch - walk.channel);
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int) const {
    Operand<true>::copy<WHOLE>(stage, pitch - walk.channel);
  }

  __device__ __forceinline__ void advance() {
    Operand<true>::advance();
    if (walk.next()) {
      turn();
    }
  }
};

// B(i, (tap, o)) = w[tap][o][i]
struct WeightColumns : Operand<false> {
  int outputs;
  Walk walk;
  const Stored* start = nullptr;

  __device__ __forceinline__ WeightColumns(const Stored* w, int I, int O)
      : Operand<false>(w, I, I), outputs(O), walk(O) {}

  __device__ __forceinline__ void turn() {
    next = start + ((int64)walk.tap * outputs + walk.channel) * pitch;
  }

  __device__ __forceinline__ void seek(int i0, int begin) {
    see(i0);
    start = data + (int64)my_k() * pitch + i0 + my_row();
    walk.seek(begin);
    turn();
  }

  __device__ __forceinline__ bool whole(int) const {
    return Operand<false>::whole(outputs - walk.channel);
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int) const {
    Operand<false>::copy<WHOLE>(stage, outputs - walk.channel);
  }

  __device__ __forceinline__ void advance() {
    Operand<false>::advance();
    if (walk.next()) {
      turn();
    }
  }
};
