// The plan of pixel_sample.cu, as dev.hindsight.backend.cuda.PixelPlan writes it, and what its steps share.
//
// A ring keeps what a layer made of the last pixels of B images: (slots,B,C), pixel q in slot q mod slots.
#pragma once
#include "grid_load.cuh"
#include "philox.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / 32;
constexpr int IMAGES = 16;  // of a tile, at most
constexpr int ROWS = 4;     // of weights that a warp multiplies at a time
constexpr int PIECE = 640;  // inputs that lie in shared memory at a time
constexpr int QUADS = PIECE / 4;

// When a phase takes place: to draw the pixel before; at the start of each row but the first; for each pixel.
enum When { DRAW, ROW, PIXEL };

enum Kind { PRODUCT, LOGIT, IMAGE_TAPS, PLACES, EMBEDDING, SQUASH, ATTEND };

enum Finish { PLAIN, POSITIVE, SMOOTH, GATE };

// Steps of a phase need nothing of each other; a barrier over the grid comes after them.
struct Phase {
  int when, step, steps, tiles;
};

// One summand of a product: weights times what lies `back` pixels before, `right` columns to the right.
struct Term {
  const float* w;  // (O,inputs)
  const float* x;  // ring
  const float*
      gain;  // of a layer norm over the inputs; null for none. Of the first term of a step only, as `keep`
  const float* shift;  // its biases
  const float* plus;   // (B,inputs), added after it, or null
  float* keep;         // ring for the inputs as they were multiplied, or null
  int inputs, slots, back, right, kept;
  int positive;  // ReLU, after the norm
  int wraps;     // a sequence: there is no left or right end of a row
  int pad;

  __device__ __forceinline__ bool exists(int q, int side) const {
    return back <= q && (wraps != 0 || (unsigned)(q % side + right) < (unsigned)side);
  }
};

struct Step {
  const float* bias;  // null for none
  const float* add;   // ring (add_slots,B,outputs), or null
  float* y;           // ring (slots,B,outputs), or half of the outputs behind a gate
  float* keys;        // ATTEND: caches (B,slots,outputs)
  float* values;
  int kind, finish, outputs, term, terms, add_slots, slots;
  int positions, shift;  // computes pixels p + shift .. p + shift + positions - 1
  int images, warps;     // of a tile: images, and warps that share a sum
  int across, groups;    // tiles side by side: of outputs, and of images
  int tiles;
  int wide;   // all rows begin at 16 bytes
  int heads;  // ATTEND
};

struct Images {
  float* pixels;  // (B,D)
  float* logits;
  int B, D, side, from;
  float temperature;
};

struct Shared {
  float4 x[IMAGES][QUADS];
  const float* w[QUADS];
  int info[QUADS];  // numbers that exist of these four, and the distance of rows
  float4 parts[WARPS][IMAGES];
  float value;  // of the pixel that was just drawn
};

__device__ __forceinline__ float4 positive4(float4 v) {
  return make_float4(relu(v.x), relu(v.y), relu(v.z), relu(v.w));
}

// Layer norm over a row in shared memory, by one warp, with the formula of layer_norm.cu.
__device__ __forceinline__ void norm_row(float* row, int C, const float* gain, const float* shift) {
  const int lane = threadIdx.x & 31;
  float sum = 0.0f;
  for (int c = lane; c < C; c += 32) {
    sum += row[c];
  }
  const float mean = warp_sum(sum) / C;
  float squares = 0.0f;
  for (int c = lane; c < C; c += 32) {
    squares += (row[c] - mean) * (row[c] - mean);
  }
  const float rstd = 1.0f / sqrtf(warp_sum(squares) / C + 1e-5f);
  for (int c = lane; c < C; c += 32) {
    row[c] = (row[c] - mean) * rstd * gain[c] + shift[c];
  }
}

// Adds up v[lane] over the warp, each lane another one: after each exchange half as many are left.
template <int HALF = 16>
__device__ __forceinline__ float sum_of_lane(const float (&v)[2 * HALF]) {
  const bool upper = (threadIdx.x & HALF) != 0;
  float left[HALF];
#pragma unroll
  for (int k = 0; k < HALF; k++) {
    const float kept = upper ? v[k + HALF] : v[k];
    const float sent = upper ? v[k] : v[k + HALF];
    left[k] = kept + __shfl_xor_sync(0xffffffffu, sent, HALF);
  }
  if constexpr (HALF == 1) {
    return left[0];
  } else {
    return sum_of_lane<HALF / 2>(left);
  }
}
