// The product of a step of pixel_sample.cu: a tile of images by rows of weights.
//
// The inputs of a tile lie in shared memory, those of all terms side by side, as far as they exist. A warp
// multiplies all images of the tile with four rows of weights, which it reads from memory once, its lanes along
// the inputs; `warps` warps may share the inputs of the same rows. So a sum has one order: lane by lane, warp by warp.
#pragma once
#include "draw/pixel_parts.cuh"

// What a warp adds up: up to four rows of weights, -1 for none.
struct Rows {
  int row[ROWS];
  int part;  // of the warps that share them
  bool any;

  // Behind a gate, two of the upper half and their partners of the lower.
  __device__ __forceinline__ Rows(const Job& job, int first) {
    const Step& step = job.step;
    const int warp = threadIdx.x / 32;
    const int shared = __ffs(step.warps) - 1;  // a power of two
    const int quad = first + (warp >> shared);
    part = warp & (step.warps - 1);
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

// A piece of the inputs of a tile: `quads` fours of each image from the `from`-th on, of all terms side by side.
struct Piece {
  int from, quads;

  // The term that holds four `quad` of the piece; `k` is where they begin in it.
  __device__ __forceinline__ int term(const Job& job, int quad, int* k) const {
    const int n = quotient(from + quad, job.part);
    *k = (from + quad - n * job.each) * 4;
    return n;
  }
};

__device__ __forceinline__ void stage(Shared& s, const Job& job, const Piece& piece) {
  const unsigned part = reciprocal(piece.quads);
  const int inputs = job.first.inputs;
  const bool wide = job.step.wide != 0;
  const int all = piece.quads * job.live;
  for (int i = threadIdx.x; i < all; i += THREADS) {
    const int image = quotient(i, part);
    const int quad = i - image * piece.quads;
    int k;
    const int n = piece.term(job, quad, &k);
    const float4 v = load4_of_grid(job.x[n] + image * inputs + k, inputs - k, wide);
    s.x[image * job.pitch + quad] = job.positive[n] != 0 ? positive4(v) : v;
  }
}

// Norms the inputs of the first term, which lie at the start, and writes them down where others will want them.
__device__ __forceinline__ void finish_inputs(Shared& s, const Job& job, int B) {
  const Term& t = job.first;
  const int lane = threadIdx.x & 31;
  for (int image = threadIdx.x / 32; image < job.live; image += WARPS) {
    float* row = reinterpret_cast<float*>(s.x + image * job.pitch);
    if (t.gain != nullptr) {
      norm_row(row, t.inputs, t.gain, t.shift);
    }
    const int64 at = (int64)(job.image0 + image) * t.inputs;
    float* keep = t.keep + (int64)(job.q % max(t.kept, 1)) * B * t.inputs + at;
    for (int c = lane; c < t.inputs; c += 32) {
      float v = row[c];
      if (t.positive != 0) {
        v = relu(v);
      }
      if (t.plus != nullptr) {
        v += __ldcg(t.plus + at + c);
      }
      row[c] = v;
      if (t.keep != nullptr && job.column == 0) {
        keep[c] = v;
      }
    }
  }
}

__device__ __forceinline__ void multiply(const Shared& s, const Job& job, const Piece& piece,
                                         const Rows& rows, float (&sum)[IMAGES][ROWS]) {
  const bool wide = job.step.wide != 0;
  const int live = job.live, pitch = job.pitch, inputs = job.first.inputs;
  const int stride = 32 * job.step.warps;
  for (int g = rows.part * 32 + (threadIdx.x & 31); g < piece.quads; g += stride) {
    int k;
    const float* w = job.w[piece.term(job, g, &k)] + k;
    float4 a[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      a[r] = load4(w + (int64)rows.row[r] * inputs, rows.row[r] < 0 ? 0 : inputs - k, wide);
    }
    const float4* x = s.x + g;
#pragma unroll
    for (int i = 0; i < IMAGES; i++) {
      if (i >= live) {
        break;
      }
      const float4 v = x[i * pitch];
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        sum[i][r] = fmaf(a[r].x, v.x, sum[i][r]);
        sum[i][r] = fmaf(a[r].y, v.y, sum[i][r]);
        sum[i][r] = fmaf(a[r].z, v.z, sum[i][r]);
        sum[i][r] = fmaf(a[r].w, v.w, sum[i][r]);
      }
    }
  }
}

// Leaves the sums of each warp in s.parts[image][warp]; all threads have passed a barrier when it returns.
// PARTS: whether inputs may have been left in parts. `there`: the inputs of an only piece are there since the last sums.
template <bool PARTS>
__device__ __forceinline__ void tile_sums(Shared& s, const Job& job, const Rows& rows, int B,
                                          bool there) {
  const Term& first = job.first;
  float sum[IMAGES][ROWS] = {};
  bool finish = !there && (first.gain != nullptr || first.plus != nullptr || first.keep != nullptr);
  const int all = job.found * job.each;
  for (Piece piece = {0, 0}; piece.from < all; piece.from += piece.quads) {
    if (piece.from > 0) {
      __syncthreads();  // what was there before has been read
    }
    piece.quads = min(all - piece.from, job.pitch);
    if (!there) {
      if (PARTS && first.parts != nullptr) {
        bring_sum(s, job, B);
      } else {
        stage(s, job, piece);
      }
      __syncthreads();
    }
    if (finish) {
      finish_inputs(s, job, B);
      finish = false;
      __syncthreads();
    }
    if (rows.any) {
      multiply(s, job, piece, rows, sum);
    }
  }
  if (rows.any) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x & 31;
#pragma unroll
    for (int image = 0; image < IMAGES; image += 4) {
      if (image >= job.live) {
        break;
      }
      float v[16];
#pragma unroll
      for (int k = 0; k < 16; k++) {
        v[k] = sum[image + k / ROWS][k % ROWS];
      }
      const float half = sum_of_lane<8>(v);
      const float whole = half + __shfl_xor_sync(0xffffffffu, half, 16);
      if (lane < 16) {
        s.parts[image + lane / ROWS][warp][lane % ROWS] = whole;
      }
    }
  }
  __syncthreads();
}

// The sum of an image and a row of those of a tile, over the warps that share it.
__device__ __forceinline__ float whole_sum(const Shared& s, int warps, int quad, int image, int r) {
  float sum = s.parts[image][quad * warps][r];
  for (int part = 1; part < warps; part++) {
    sum += s.parts[image][quad * warps + part][r];
  }
  return sum;
}

// Where the biases of an image begin.
template <bool OF_IMAGES>
__device__ __forceinline__ const float* biases(const Step& step, int image) {
  return OF_IMAGES ? step.bias + (int64)image * step.bias_pitch : step.bias;
}

// bias + sum + add
template <bool OF_IMAGES>
__device__ __forceinline__ float beside(const Step& step, int image, int64 entry, int row,
                                        float sum) {
  const float b = step.bias == nullptr ? sum : biases<OF_IMAGES>(step, image)[row] + sum;
  return step.add == nullptr ? b : b + __ldcg(step.add + entry * step.outputs + row);
}

__device__ __forceinline__ float finished(int finish, float v) {
  return finish == POSITIVE ? relu(v) : finish == SMOOTH ? gelu(v) : v;
}

// A thread for each number of y.
template <bool PARTS, bool OF_IMAGES>
__device__ __forceinline__ void product(Shared& s, const Job& job, int B) {
  tile_sums<PARTS>(s, job, Rows(job, job.quad), B, false);
  const Step& step = job.step;
  const bool gate = step.finish == GATE;
  const int width = gate ? step.outputs / 2 : step.outputs;
  const int each = gate ? 1 : 2;  // 2^each rows of y are a warp's
  const int across = each + 3 - (__ffs(step.warps) - 1);
  const int64 y = (int64)(job.q % step.slots) * B + job.image0;
  const int64 add = (int64)(job.q % step.add_slots) * B + job.image0;
  for (int e = threadIdx.x; e < job.live << across; e += THREADS) {
    const int image = e >> across;
    const int own = e & ((1 << across) - 1);
    const int c = (job.column << across) + own;
    const int quad = own >> each, r = own & ((1 << each) - 1);
    if (c < width) {
      const float sum = whole_sum(s, step.warps, quad, image, r);
      float v = beside<OF_IMAGES>(step, job.image0 + image, add + image, c, sum);
      if (gate) {
        const float lower = whole_sum(s, step.warps, quad, image, r + 2);
        v = tanhf(v) *
            sigmoid(beside<OF_IMAGES>(step, job.image0 + image, add + image, width + c, lower));
      } else {
        v = finished(step.finish, v);
      }
      step.y[(y + image) * width + c] = v;
    }
  }
}
