// The product of a step of pixel_sample.cu: a tile of images by rows of weights.
//
// The inputs of a tile lie in shared memory, those of all terms side by side, as far as they exist. A warp
// multiplies all images of the tile with four rows of weights, which it reads from memory once, its lanes along
// the inputs; `warps` warps may share the inputs of the same rows. So a sum has one order: lane by lane, warp by warp.
#pragma once
#include "pixel_sample.cuh"

struct Tile {
  int q;             // the pixel
  int image0, live;  // its images
  bool first;        // among those of the same images: it writes down what all of them computed

  __device__ __forceinline__ Tile(const Step& step, int tile, int p, int B)
      : q(p + step.shift + tile / (step.across * step.groups)),
        image0(tile / step.across % step.groups * step.images), live(min(step.images, B - image0)),
        first(tile % step.across == 0) {}
};

// What a warp adds up: up to four rows of weights, -1 for none.
struct Rows {
  int row[ROWS];
  int part;  // of the warps that share them
  bool any;

  // Behind a gate, two of the upper half and their partners of the lower.
  __device__ __forceinline__ Rows(const Step& step, int tile) {
    const int warp = threadIdx.x / 32;
    const int quad = tile % step.across * (WARPS / step.warps) + warp / step.warps;
    part = warp % step.warps;
    const int half = step.outputs / 2;
    for (int r = 0; r < ROWS; r++) {
      if (step.finish == GATE) {
        const int c = 2 * quad + (r & 1);
        row[r] = c < half ? c + (r >> 1) * half : -1;
      } else {
        row[r] = ROWS * quad + r < step.outputs ? ROWS * quad + r : -1;
      }
    }
    any = row[0] >= 0;
  }
};

// Copies `quads` fours of a term's inputs, from the `from`-th on, behind the `at` that are there.
__device__ __forceinline__ void stage(Shared& s, const Term& t, const Tile& tile, int from,
                                      int quads, int at, int B, bool wide) {
  const int slot = (tile.q - t.back) % t.slots;
  const float* x = t.x + ((int64)slot * B + tile.image0) * t.inputs;
  const bool positive = t.positive != 0 && t.gain == nullptr;
  for (int i = threadIdx.x; i < quads * tile.live; i += THREADS) {
    const int image = i / quads;
    const int quad = i - image * quads;
    const int k = (from + quad) * 4;
    const float4 v = load4_of_grid(x + image * t.inputs + k, t.inputs - k, wide);
    s.x[image][at + quad] = positive ? positive4(v) : v;
  }
  for (int quad = threadIdx.x; quad < quads; quad += THREADS) {
    const int k = (from + quad) * 4;
    s.w[at + quad] = t.w + k;
    s.info[at + quad] = min(t.inputs - k, 4) | t.inputs << 3;
  }
}

// Norms the inputs of the first term, which lie at the start, and writes them down where others will want them.
__device__ __forceinline__ void finish_inputs(Shared& s, const Term& t, const Tile& tile, int B) {
  const int lane = threadIdx.x & 31;
  for (int image = threadIdx.x / 32; image < tile.live; image += WARPS) {
    float* row = reinterpret_cast<float*>(s.x[image]);
    if (t.gain != nullptr) {
      norm_row(row, t.inputs, t.gain, t.shift);
    }
    const int64 at = (int64)(tile.image0 + image) * t.inputs;
    float* keep = t.keep + (int64)(tile.q % max(t.kept, 1)) * B * t.inputs + at;
    for (int c = lane; c < t.inputs; c += 32) {
      float v = row[c];
      if (t.positive != 0) {
        v = relu(v);
      }
      if (t.plus != nullptr) {
        v += __ldcg(t.plus + at + c);
      }
      row[c] = v;
      if (t.keep != nullptr && tile.first) {
        keep[c] = v;
      }
    }
  }
}

__device__ __forceinline__ void multiply(const Shared& s, const Step& step, const Tile& tile,
                                         const Rows& rows, int quads, float (&sum)[IMAGES][ROWS]) {
  const bool wide = step.wide != 0;
  for (int g = rows.part * 32 + (threadIdx.x & 31); g < quads; g += 32 * step.warps) {
    const float* w = s.w[g];
    const int left = s.info[g] & 7;
    const int pitch = s.info[g] >> 3;
    float4 a[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      a[r] = load4(w + (int64)rows.row[r] * pitch, rows.row[r] < 0 ? 0 : left, wide);
    }
#pragma unroll
    for (int i = 0; i < IMAGES; i++) {
      if (i < tile.live) {
        const float4 x = s.x[i][g];
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          sum[i][r] = fmaf(a[r].x, x.x, sum[i][r]);
          sum[i][r] = fmaf(a[r].y, x.y, sum[i][r]);
          sum[i][r] = fmaf(a[r].z, x.z, sum[i][r]);
          sum[i][r] = fmaf(a[r].w, x.w, sum[i][r]);
        }
      }
    }
  }
}

// Leaves the sums of each warp in s.parts[warp][image]; all threads have passed a barrier when it returns.
__device__ __forceinline__ void tile_sums(Shared& s, const Step& step, const Term* terms,
                                          const Tile& tile, const Rows& rows, int B, int side) {
  float sum[IMAGES][ROWS] = {};
  int from = 0;
  for (int n = 0; n < step.terms;) {
    int quads = 0;
    bool finish = false;
    __syncthreads();  // what was there before has been read
    while (n < step.terms && quads < QUADS) {
      const Term& t = terms[step.term + n];
      const int all = (t.inputs + 3) / 4;
      const int taken = t.exists(tile.q, side) ? min(all - from, QUADS - quads) : 0;
      if (taken > 0) {
        stage(s, t, tile, from, taken, quads, B, step.wide != 0);
      }
      finish |= n == 0 && (t.gain != nullptr || t.plus != nullptr || t.keep != nullptr);
      quads += taken;
      from += taken;
      if (taken == 0 || from == all) {
        from = 0;
        n++;
      }
    }
    __syncthreads();
    if (finish) {
      finish_inputs(s, terms[step.term], tile, B);
      __syncthreads();
    }
    if (rows.any) {
      multiply(s, step, tile, rows, quads, sum);
    }
  }
  const int warp = threadIdx.x / 32, lane = threadIdx.x & 31;
  if (rows.any) {
    float* parts = reinterpret_cast<float*>(s.parts[warp]);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      if (half * 8 < tile.live) {
        float v[32];
#pragma unroll
        for (int k = 0; k < 32; k++) {
          v[k] = sum[half * 8 + k / ROWS][k % ROWS];
        }
        parts[half * 32 + lane] = sum_of_lane(v);
      }
    }
  }
  __syncthreads();
}

// The sums of an image and four rows, over the warps that share them.
__device__ __forceinline__ float4 whole_sum(const Shared& s, const Step& step, int quad,
                                            int image) {
  float4 sum = s.parts[quad * step.warps][image];
  for (int part = 1; part < step.warps; part++) {
    sum = sum + s.parts[quad * step.warps + part][image];
  }
  return sum;
}

// bias + sum + add
__device__ __forceinline__ float beside(const Step& step, const Tile& tile, int64 image, int row,
                                        float sum, int B) {
  const float b = step.bias == nullptr ? sum : step.bias[row] + sum;
  if (step.add == nullptr) {
    return b;
  }
  return b + __ldcg(step.add + ((tile.q % step.add_slots) * (int64)B + image) * step.outputs + row);
}

__device__ __forceinline__ float finished(int finish, float v) {
  return finish == POSITIVE ? relu(v) : finish == SMOOTH ? gelu(v) : v;
}

__device__ __forceinline__ void product(Shared& s, const Step& step, const Term* terms, int number,
                                        int p, int B, int side) {
  const Tile tile(step, number, p, B);
  const Rows rows(step, number);
  tile_sums(s, step, terms, tile, rows, B, side);
  const int width = step.finish == GATE ? step.outputs / 2 : step.outputs;
  const int each = step.finish == GATE ? 2 : ROWS;  // numbers of y that a warp computes
  const int all = (width + each - 1) / each;
  const int quad0 = number % step.across * (WARPS / step.warps);
  const int quads = min(WARPS / step.warps, all - quad0);
  for (int e = threadIdx.x; e < quads * tile.live; e += THREADS) {
    const int quad = e / tile.live;
    const int image = tile.image0 + e % tile.live;
    const float4 whole = whole_sum(s, step, quad, e % tile.live);
    const float sum[ROWS] = {whole.x, whole.y, whole.z, whole.w};
    const int first = quad0 + quad;
    float* y = step.y + ((tile.q % step.slots) * (int64)B + image) * width;
    if (step.finish == GATE) {
      for (int r = 0; r < 2; r++) {
        const int c = 2 * first + r;
        if (c < width) {
          const float a = beside(step, tile, image, c, sum[r], B);
          const float b = beside(step, tile, image, width + c, sum[r + 2], B);
          y[c] = tanhf(a) * sigmoid(b);
        }
      }
    } else {
      for (int r = 0; r < ROWS; r++) {
        const int c = ROWS * first + r;
        if (c < width) {
          y[c] = finished(step.finish, beside(step, tile, image, c, sum[r], B));
        }
      }
    }
  }
}
