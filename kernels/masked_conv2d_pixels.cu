// A masked convolution (see masked_conv2d.cu) with a warp per output and pixel: of the few pixels that a
// sampler wants at a time, and of few outputs, where tiles would be empty.
//
// Pixel (r, c) of image b of x lies at b·image + (r mod R·W + c)·pixel, in pixels; likewise of y with S. So x
// may be (B,H,W,I), or (R,W,B,I) with only the last R rows kept.
#include "common.cuh"

struct Place {
  int rows, width, image, pixel;
  __device__ __forceinline__ int64 of(int b, int r, int c) const {
    return (int64)b * image + ((int64)(r % rows) * width + c) * pixel;
  }
};

extern "C" __global__ void __launch_bounds__(128) IN_STORAGE(masked_conv2d_pixels)(
    const Stored* __restrict__ x, const Stored* __restrict__ w, const float* __restrict__ b,
    Stored* __restrict__ y, unsigned long long taps, int k, int B, int H, int W, int I, int O,
    int row, int rows, int from, int to, int R, int S, int image_of_x, int image_of_y, int pixel) {
  const unsigned dot = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  const unsigned width = to - from;
  if (dot >= (unsigned)B * rows * width * O) {
    return;
  }
  const int lane = threadIdx.x & 31;
  const int o = dot % O;
  const int image = dot / O % B;
  const int c = from + dot / O / B % width;
  const int r = row + dot / O / B / width;
  const Place in = {R, W, image_of_x, pixel};
  const Place out = {S, W, image_of_y, pixel};
  const bool wide = rows_aligned16(x, I) && aligned16(w) && I >= 32;
  float sum = 0.0f;
  if (wide) {
    const Stored* ws = w + (int64)o * I;
    for (unsigned long long left = taps; left != 0; left &= left - 1) {
      const int tap = __ffsll(left) - 1;
      const int down = r + tap / k - k / 2;
      const int right = c + tap % k - k / 2;
      if ((unsigned)down < (unsigned)H && (unsigned)right < (unsigned)W) {
        const Stored* xs = x + in.of(image, down, right) * I;
        for (int i = lane * 4; i < I; i += 128) {
          const float4 p = load4(xs + i, 4, true);
          const float4 q = load4(ws + i, 4, true);
          sum = fmaf(p.x, q.x, sum);
          sum = fmaf(p.y, q.y, sum);
          sum = fmaf(p.z, q.z, sum);
          sum = fmaf(p.w, q.w, sum);
        }
      }
      ws += (int64)O * I;
    }
  } else {
    // Lanes go over taps, as many as the word has bits, and inputs alike, so that one input keeps them all busy.
    for (int n = lane; n < min(k * k, 8 * (int)sizeof taps) * I; n += 32) {
      const int tap = n / I;
      const int i = n - tap * I;
      const int down = r + tap / k - k / 2;
      const int right = c + tap % k - k / 2;
      if ((taps >> tap & 1) && (unsigned)down < (unsigned)H && (unsigned)right < (unsigned)W) {
        const int live = __popcll(taps & ((1ull << tap) - 1));
        sum = fmaf(load1(&x[in.of(image, down, right) * I + i]),
                   load1(&w[((int64)live * O + o) * I + i]), sum);
      }
    }
  }
  sum = warp_sum(sum);
  if (lane == 0) {
    store1(&y[out.of(image, r, c) * O + o], b == nullptr ? sum : b[o] + sum);
  }
}
