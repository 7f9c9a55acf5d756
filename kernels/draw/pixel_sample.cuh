// The plan of pixel_sample.cu, as dev.hindsight.backend.cuda.PixelPlan writes it, and what its steps share.
//
// A ring keeps what a layer made of the last pixels of B images: (slots,B,C), pixel q in slot q mod slots.
#pragma once
#include "grid_load.cuh"
#include "philox.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / 32;
constexpr int IMAGES = 28;  // of a tile, at most
constexpr int ROWS = 4;     // of weights that a warp multiplies at a time
constexpr int ROOM =
    2560;  // fours of inputs that lie in shared memory at a time, of all images of a tile
constexpr int NORMED = 160;  // fours of an image that a norm goes over, at most
constexpr int TERMS = 48;    // of a step, at most: the taps of a 9 x 9 kernel

// When a phase takes place: to draw the pixel before; at the start of each row but the first; for each pixel.
enum When { DRAW, ROW, PIXEL };

enum Kind { PRODUCT, LOGIT, IMAGE_TAPS, PLACES, SQUASH, ATTEND, PERCEPTRON };

enum Finish { PLAIN, POSITIVE, SMOOTH, GATE };

// Steps of a phase need nothing of each other; a barrier over the grid comes after them.
struct Phase {
  int when, step, steps, tiles;
};

// What follows is memory that PixelPlan fills word by word. It has a method for each paragraph of a struct, of the name
// that is above it here, which puts the words in this order. What a step of a kind does not have is null, 0 or 1.

// One summand of a product: weights times what lies `back` pixels before, `right` columns to the right. All terms of
// a step have as many inputs. A layer norm and `keep` are of its first term only, and a rest of an only term.
struct Term {
  // factors
  const float* w;      // (O,inputs)
  const float* x;      // ring
  const float* gain;   // of a layer norm over the inputs; null for none
  const float* shift;  // its biases
  const float* plus;   // (B,inputs), added after it, or null
  float* keep;         // ring for the inputs as they were multiplied, or null

  // reads
  int inputs, slots, back, right, kept;
  int positive;  // ReLU, after the norm
  int wraps;     // a sequence: there is no left or right end of a row
  int count;     // of parts

  // rest: the input is x + lead + the sum of parts; without parts it is x alone
  const float* parts;  // (count,B,inputs), or null
  const float* lead;   // (inputs)
  float* sum;          // (B,inputs) for it, before the norm, or null

  __device__ __forceinline__ bool exists(int q, int width) const {
    return back <= q && (wraps != 0 || (unsigned)(q % width + right) < (unsigned)width);
  }
};
static_assert(sizeof(Term) == 26 * sizeof(int), "PixelPlan.TERM");

// Where a first layer embeds, `add` has what each value of the pixel before adds, (add_slots,outputs), `next` what each
// image's first pixel gets beside, (B,outputs), and `position` what each pixel gets, (D,outputs).
struct Step {
  // pointers
  const float* bias;      // (outputs), null for none; or of each image (B,outputs)
  const float* add;       // ring (add_slots,B,outputs), or null
  float* y;               // ring (slots,B,outputs), or half of the outputs behind a gate; or parts
  float* keys;            // ATTEND: caches (B,slots,inputs)
  float* values;          // the same
  const float* next;      // ATTEND, PERCEPTRON: weights of the layer behind it, of which a tile
                          // does its part: y is (across,B,inputs)
  const float* position;  // or null

  // kinds
  int kind, finish, outputs;
  int wide;  // all rows begin at 16 bytes
  int term, terms;

  // rings
  int add_slots, slots;
  int positions, shift;  // computes pixels p + shift .. p + shift + positions - 1

  // tiles
  int images, warps;   // of a tile: images, and warps that share a sum
  int across, groups;  // tiles side by side: of outputs, and of images
  int tiles;
  int units;       // of a tile, that `next` is multiplied by: of a head, or hidden ones
  int next_wide;   // as `wide`, of `next`
  int bias_pitch;  // from one image's bias to the next one's, 0 where all have the same
};
static_assert(sizeof(Step) == 32 * sizeof(int), "PixelPlan.STEP");

struct Images {
  float* pixels;  // (B,D), or of each pixel all channels
  float* logits;
  int B, D, width, height;
  int from;  // values of an image that are given
  float temperature;
};

// A tile of a step as one warp looks it up, for all to read: a plan read by each warp, and worked out by each, took
// most of a pixel's instructions.
struct Job {
  Step step;
  Term first;  // of its terms
  const float* w
      [TERMS];  // of those that exist, one beside the other: weights, and inputs of the tile's first image
  const float* x[TERMS];
  int positive[TERMS];
  int pixel[TERMS];    // that it reads,
  float value[TERMS];  // and what is drawn there; of a first layer over binary pixels
  int found;           // terms that exist
  int q;               // the pixel
  int image0, live;    // its images
  int column;     // among the tiles of the same images; 0 writes down what all of them computed
  int quad;       // the first four of its rows of weights
  int each;       // fours of inputs of a term,
  unsigned part;  // and their reciprocal
  int pitch;      // fours of an image that lie in shared memory at a time
  int number;
};

struct Shared {
  static constexpr bool BINARY = true;      // pixels of one channel, each drawn from a logit
  static constexpr bool OF_IMAGES = false;  // whether a bias may be of each image
  float4 x[ROOM];
  float parts[IMAGES][WARPS][ROWS];
  Job jobs[2];  // a draw has two
  float value;  // of the pixel that was just drawn
};

struct SharedOfImages : Shared {
  static constexpr bool OF_IMAGES = true;
};

// Copies a T by a warp.
template <typename T>
__device__ __forceinline__ void copy_words(T& to, const T& from) {
  for (int n = threadIdx.x & 31; n < (int)(sizeof(T) / 4); n += 32) {
    reinterpret_cast<int*>(&to)[n] = reinterpret_cast<const int*>(&from)[n];
  }
}

// n / by where n·by is below 2^32; `part` is reciprocal(by).
__device__ __forceinline__ unsigned reciprocal(int by) { return 0xffffffffu / by + 1; }

__device__ __forceinline__ int quotient(int n, unsigned part) {
  return part == 0 ? n : (int)__umulhi(n, part);
}

// Looks up the terms of a step, a lane for each: by a warp, whose `job` has the rest. `drawn` is a pixel that is not in memory yet, or -1.
template <class S>
__device__ __forceinline__ void look_up_terms(S& s, Job& job, const Term* terms, const Images& in,
                                              int drawn) {
  const int lane = threadIdx.x & 31;
  const int q = job.q;
  int found = 0;
  for (int first = 0; first < job.step.terms; first += 32) {
    const int n = first + lane;
    const Term* t = terms + job.step.term + n;
    const bool exists = n < job.step.terms && t->exists(q, in.width);
    const unsigned all = __ballot_sync(0xffffffffu, exists);
    if (exists) {
      const int at = found + __popc(all & ((1u << lane) - 1));
      const int u = q - t->back;
      job.w[at] = t->w;
      job.x[at] = t->x + ((int64)(u % t->slots) * in.B + job.image0) * t->inputs;
      job.positive[at] = t->positive != 0 && t->gain == nullptr;
      job.pixel[at] = u;
      if (job.step.kind == IMAGE_TAPS || job.step.kind == PLACES) {
        if constexpr (S::BINARY) {
          job.value[at] = u == drawn ? 0.0f : __ldcg(in.pixels + (int64)job.image0 * in.D + u);
        } else if (u != drawn) {
          s.bring(at, in.pixels, (int64)job.image0 * in.D + u);
        }
      }
    }
    found += __popc(all);
  }
  if (lane == 0) {
    job.found = found;
  }
}

// Looks up the tile `number` of steps: by a warp.
template <class S>
__device__ __forceinline__ void look_up(S& s, Job& job, const Step* steps, const Term* terms,
                                        const Images& in, int number, int p, int drawn) {
  while (number >= steps->tiles) {
    number -= steps->tiles;
    steps++;
  }
  copy_words(job.step, *steps);
  __syncwarp();
  const Step& step = job.step;
  if ((threadIdx.x & 31) == 0) {
    const int row = number / step.across;
    const int position = row / step.groups;
    job.q = p + step.shift + position;
    job.image0 = (row - position * step.groups) * step.images;
    job.live = min(step.images, in.B - job.image0);
    job.column = number - row * step.across;
    job.quad = job.column * WARPS / step.warps;
    job.number = number;
    job.pitch = ROOM / step.images & ~31;  // whole turns of a warp
  }
  if (step.terms > 0) {
    copy_words(job.first, terms[step.term]);
    __syncwarp();
    if ((threadIdx.x & 31) == 0) {
      job.each = (job.first.inputs + 3) / 4;
      job.part = reciprocal(job.each);
    }
  }
  __syncwarp();
  look_up_terms(s, job, terms, in, drawn);
}

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

// Adds up v[lane % (2·HALF)] over each 2·HALF lanes, each lane another one: after each exchange half as many are left.
template <int HALF>
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
