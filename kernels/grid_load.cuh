// Reads of what other blocks wrote in the same launch, before a barrier over the grid.
#pragma once

// p[0 .. min(left, 4) - 1]; the rest is 0 and is not read. It must not come from this multiprocessor's own L1.
__device__ __forceinline__ float4 load4_of_grid(const float* p, int left, bool wide) {
  if (wide && left >= 4) {
    return __ldcg(reinterpret_cast<const float4*>(p));
  }
  float4 v = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (left > 0) v.x = __ldcg(p);
  if (left > 1) v.y = __ldcg(p + 1);
  if (left > 2) v.z = __ldcg(p + 2);
  if (left > 3) v.w = __ldcg(p + 3);
  return v;
}
