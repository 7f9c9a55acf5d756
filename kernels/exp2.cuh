// 2^x where a result below 2^-126 may as well be 0. Above that it has the bits of exp2f, which gives subnormal
// numbers there and for them scales around each ex2: four instructions for one. A softmax may: its largest
// weight is 1, so T weights and what is summed with them lose less than T·2^-126 of the largest factor.
#pragma once

__device__ __forceinline__ float exp2_or_zero(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
