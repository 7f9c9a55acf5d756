// y = x + the row of the table (K,C) that the label of a row's image names, and the table's gradient. Row n is of image
// n / places % B. Label -1 adds nothing; one that is no whole number from -1 to K-1 gives NaN, so that it is seen and
// reads nothing outside the table.
#include "common.cuh"

constexpr int NO_CLASS = -1, WRONG = -2;
constexpr int WARPS = 8;

__device__ __forceinline__ int class_of(float label, int K) {
  return label >= NO_CLASS && label < (float)K && label == floorf(label) ? (int)label : WRONG;
}

// Four channels per thread and turn, grid-stride. x may be y.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(class_bias)(const Stored* x, const float* __restrict__ table,
                       const float* __restrict__ labels, int places, Stored* y, int rows, int C,
                       int B, int K) {
  const bool wide = rows_aligned16(x, C) && aligned16(table) && aligned16(y);
  const unsigned int parts = ((unsigned int)C + 3) / 4;
  const unsigned int threads = gridDim.x * blockDim.x;
  const unsigned int first = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned int row = first / parts, part = first % parts;
  while (row < (unsigned int)rows) {
    const int c = (int)part * 4;
    const int64 at = (int64)row * C + c;
    float4 v = load4(x + at, C - c, wide);
    const int k = class_of(labels[row / (unsigned int)places % (unsigned int)B], K);
    if (k != NO_CLASS) {
      v = v + (k == WRONG ? make_float4(NAN, NAN, NAN, NAN)
                          : load4(table + (int64)k * C + c, C - c, wide));
    }
    store4(y + at, v, C - c, wide);
    row += threads / parts;
    part += threads % parts;
    if (part >= parts) {
      part -= parts;
      row++;
    }
  }
}

// Where number r of the rows of an image begins.
__device__ __forceinline__ int64 place(int image, unsigned int r, unsigned int places, int B,
                                       int C) {
  return ((int64)(r / places * B + image) * places + r % places) * C;
}

// The sum of what the eight warps of a block have, in order, for the first one.
template <class T>
__device__ __forceinline__ T sum_of_warps(T sum) {
  __shared__ T part[WARPS][32];
  const int warp = threadIdx.x / 32;
  part[warp][threadIdx.x & 31] = sum;
  __syncthreads();
  for (int w = 1; w < WARPS && warp == 0; w++) {
    sum = sum + part[w][threadIdx.x];
  }
  return sum;
}

// sums (B,pieces,C) of the rows of each image. A block owns 32 columns of a piece, `per_piece` rows; its warps take
// every eighth.
extern "C" __global__ void __launch_bounds__(32 * WARPS)
IN_STORAGE(class_bias_sums)(const Stored* __restrict__ dy, int places, float* __restrict__ sums,
                            int B, int each, int C, int per_piece) {
  const int across = (C + 31) / 32;
  const int image = blockIdx.x / across;
  const int c = blockIdx.x % across * 32 + (threadIdx.x & 31);
  const int begin = blockIdx.y * per_piece;
  const int end = min(each, begin + per_piece);
  float sum = 0.0f;
  for (int r = begin + threadIdx.x / 32; r < end && c < C; r += WARPS) {
    sum += load1(&dy[place(image, r, places, B, C) + c]);
  }
  sum = sum_of_warps(sum);
  if (threadIdx.x < 32 && c < C) {
    sums[((int64)image * gridDim.y + blockIdx.y) * C + c] = sum;
  }
}

// dtable (K,C) += `each` rows of every image. A block owns 128 columns of the class of an image, unless one before it is
// of that class; its warps look for the images of the class together, and each takes every eighth image.
extern "C" __global__ void __launch_bounds__(32 * WARPS)
IN_STORAGE(class_bias_dtable)(const Stored* __restrict__ dy, const float* __restrict__ labels,
                              int places, float* __restrict__ dtable, int B, int each, int C,
                              int K) {
  const int across = (C + 127) / 128;
  const int first = blockIdx.x / across;
  const int lane = threadIdx.x & 31;
  const int c = (blockIdx.x % across * 32 + lane) * 4;
  const float label = labels[first];
  const int k = class_of(label, K);
  if (k < 0) {
    return;
  }
  const bool wide = rows_aligned16(dy, C) && aligned16(dtable);
  float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  for (int images = 0; images < B; images += 32) {
    const bool same = images + lane < B && labels[images + lane] == label;
    unsigned int found = __ballot_sync(0xffffffffu, same);
    if (found != 0 && images + __ffs(found) - 1 < first) {
      return;
    }
    found &= 0x01010101u << (threadIdx.x / 32);
    for (; found != 0 && c < C; found &= found - 1) {
      const int image = images + __ffs(found) - 1;
      for (int r = 0; r < each; r++) {
        sum = sum + load4(dy + place(image, r, places, B, C) + c, C - c, wide);
      }
    }
  }
  sum = sum_of_warps(sum);
  if (threadIdx.x < 32 && c < C) {
    float* to = dtable + (int64)k * C + c;
    store4(to, load4(to, C - c, wide) + sum, C - c, wide);
  }
}
