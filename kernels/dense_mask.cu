// What masks cost where they are data: the passes before a dense product or softmax of a vendor's library, for
// `bench --vendor`. No op launches these; here a mask is structure.
#include "common.cuh"

// y = w * mask
extern "C" __global__ void __launch_bounds__(256) multiply_mask(const float* __restrict__ w,
                                                                const float* __restrict__ mask,
                                                                float* __restrict__ y, int64 n) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride)
    y[i] = w[i] * mask[i];
}

// The same, rounded to bf16 (to nearest, ties to even) for a product that reads it so.
extern "C" __global__ void __launch_bounds__(256)
multiply_mask_rounded(const float* __restrict__ w, const float* __restrict__ mask,
                      unsigned short* __restrict__ y, int64 n) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) {
    const unsigned int bits = __float_as_uint(w[i] * mask[i]);
    y[i] = (unsigned short)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
  }
}

// y = scale * scores + mask, the same (T,T) mask for each of the matrices; a matrix has `size` elements.
extern "C" __global__ void __launch_bounds__(256)
add_mask(const float* __restrict__ scores, float scale, const float* __restrict__ mask,
         float* __restrict__ y, int size, int64 n) {
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) {
    y[i] = fmaf(scale, scores[i], mask[i % size]);
  }
}
