// The operands of masked_conv2d.cuh for the large tile.
#pragma once
#include "tile/taps_large.cuh"

// The taps that exist, in order, as bits.
struct Table {
  unsigned long long taps;
  int k;
};

__device__ __forceinline__ Table read_taps(unsigned long long taps, int k) { return {taps, k}; }
__device__ __forceinline__ int depth_of(int taps, int channels) {
  return taps * whole_steps(channels);
}

using TapWeights = WeightRows;
using TapWeightColumns = WeightColumns;

struct Images {
  const Stored* data;
  Table table;
  int H, W, C;
  int sign;  // 1: a pixel sees through a tap; -1: it is seen through it

  __device__ __forceinline__ Images(const Stored* data, Table table, int H, int W, int C, int sign)
      : data(data), table(table), H(H), W(W), C(C), sign(sign) {}

  // How far down and to the right the tap of the lowest bit lies.
  __device__ __forceinline__ int2 offset(unsigned long long left) const {
    const int tap = __ffsll(left) - 1;
    const int row = tap / table.k;
    return make_int2(sign * (row - table.k / 2), sign * (tap - row * table.k - table.k / 2));
  }

  // The taps from the n-th on.
  __device__ __forceinline__ unsigned long long from(int n) const {
    unsigned long long left = table.taps;
    for (; n > 0; n--) {
      left &= left - 1;
    }
    return left;
  }

  // Where a pixel lies in its image: down and to the right.
  __device__ __forceinline__ int2 place(int pixel) const {
    const unsigned line = (unsigned)pixel / W;
    return make_int2(line % H, pixel - line * W);
  }

  __device__ __forceinline__ bool inside(int2 place, int2 offset) const {
    return (unsigned)(place.x + offset.x) < (unsigned)H &&
           (unsigned)(place.y + offset.y) < (unsigned)W;
  }
};

// Rows are pixels, k what they see.
struct Seen : LeftOperand<true> {
  Images images;
  Walk walk;
  unsigned long long taps = 0;    // from the present one on
  const Stored* start = nullptr;  // this thread's first piece of the pixel itself
  int2 place[COPIES] = {};        // of its pixels; one that does not exist lies in no image

  __device__ __forceinline__ Seen(const Images& images, int pixels)
      : LeftOperand<true>(images.data, images.C, pixels), images(images), walk(images.C) {}

  __device__ __forceinline__ void turn() {
    const int2 offset = images.offset(taps);
    see([&](int i) { return images.inside(place[i], offset); });
    next = start + (int64)(offset.x * images.W + offset.y) * pitch + walk.channel;
  }

  __device__ __forceinline__ void seek(int row0, int begin) {
    const int pixel = row0 + my_row();
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      const bool exists = pixel + i * APART < rows;
      place[i] = exists ? images.place(pixel + i * APART) : make_int2(-(1 << 16), 0);
    }
    start = data + (int64)pixel * pitch + my_k();
    walk.seek(begin);
    taps = images.from(walk.tap);
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
      taps &= taps - 1;
      turn();
    }
  }
};

// k are pixels, rows what they see: a thread's pieces have one tap.
struct SeenRows : LeftOperand<false> {
  Images images;
  int2 offset = {};
  int2 further;             // what a step adds to a place, down and to the right
  int2 place[COPIES] = {};  // of the next pixels

  __device__ __forceinline__ SeenRows(const Images& images, int taps)
      : LeftOperand<false>(images.data, images.C, taps * images.C), images(images),
        further(images.place(STEP)) {}

  __device__ __forceinline__ void seek(int row0, int begin) {
    LeftOperand<false>::seek(row0, begin);
    const int tap = (row0 + my_row()) / pitch;
    offset = images.offset(images.from(tap));
    next += (int64)(offset.x * images.W + offset.y - tap) * pitch;
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      place[i] = images.place(begin + my_k() + i * APART);
    }
  }

  __device__ __forceinline__ bool whole(int left) const {
    bool all = LeftOperand<false>::whole(left);
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      all = all && images.inside(place[i], offset);
    }
    return all;
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int left) const {
    copy_seen<WHOLE>(stage, left, [&](int i) { return images.inside(place[i], offset); });
  }

  __device__ __forceinline__ void advance() {
    LeftOperand<false>::advance();
#pragma unroll
    for (int i = 0; i < COPIES; i++) {
      const int right = place[i].y + further.y;
      const bool wraps = right >= images.W;
      const int down = place[i].x + further.x + wraps;
      place[i] =
          make_int2(down >= images.H ? down - images.H : down, wraps ? right - images.W : right);
    }
  }
};
