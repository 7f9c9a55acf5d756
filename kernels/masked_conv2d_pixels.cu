// A masked convolution (see masked_conv2d.cu) with a warp per output and pixel: of few outputs, where tiles would be
// empty.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(128) IN_STORAGE(masked_conv2d_pixels)(
    const Stored* __restrict__ x, const Stored* __restrict__ w, const float* __restrict__ b,
    Stored* __restrict__ y, unsigned long long taps, int k, int B, int H, int W, int I, int O) {
  const unsigned dot = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (dot >= (unsigned)B * H * W * O) {
    return;
  }
  const int lane = threadIdx.x & 31;
  const int o = dot % O;
  const int pixel = dot / O;
  const int c = pixel % W;
  const int r = pixel / W % H;
  const Stored* image = x + (int64)(pixel / W / H) * H * W * I;
  const bool wide = rows_aligned16(x, I) && aligned16(w) && I >= 32;
  float sum = 0.0f;
  if (wide) {
    const Stored* ws = w + (int64)o * I;
    for (unsigned long long left = taps; left != 0; left &= left - 1) {
      const int tap = __ffsll(left) - 1;
      const int down = r + tap / k - k / 2;
      const int right = c + tap % k - k / 2;
      if ((unsigned)down < (unsigned)H && (unsigned)right < (unsigned)W) {
        const Stored* xs = image + ((int64)down * W + right) * I;
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
        sum = fmaf(load1(&image[((int64)down * W + right) * I + i]),
                   load1(&w[((int64)live * O + o) * I + i]), sum);
      }
    }
  }
  sum = warp_sum(sum);
  if (lane == 0) {
    store1(&y[dot], b == nullptr ? sum : b[o] + sum);
  }
}
