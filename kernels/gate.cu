// The gate of WaveNet and Gated PixelCNN: y (N,C) = tanh(a)·σ(b), where a row of ab (N,2C) is a, then b,
// and its gradient. Four channels per thread and turn, grid-stride; `quads` is C / 4 rounded up.
#include "common.cuh"

struct GatePlace {
  int64 row;
  int c, left;
  __device__ __forceinline__ GatePlace(int64 i, int C, int quads)
      : row(i / quads), c((int)(i % quads) * 4), left(C - c) {}
};

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(gate)(const Stored* __restrict__ ab, Stored* __restrict__ y, int N, int C, int quads) {
  const bool wide = rows_aligned16(ab, C) && aligned16(y);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < (int64)N * quads; i += stride) {
    const GatePlace p(i, C, quads);
    const float4 a = load4(ab + p.row * 2 * C + p.c, p.left, wide);
    const float4 b = load4(ab + p.row * 2 * C + C + p.c, p.left, wide);
    store4(y + p.row * C + p.c,
           make_float4(tanhf(a.x) * sigmoid(b.x), tanhf(a.y) * sigmoid(b.y),
                       tanhf(a.z) * sigmoid(b.z), tanhf(a.w) * sigmoid(b.w)),
           p.left, wide);
  }
}

__device__ __forceinline__ void gate_slopes(float a, float b, float dy, float& da, float& db) {
  const float t = tanhf(a);
  const float s = sigmoid(b);
  da += dy * s * (1.0f - t * t);
  db += dy * t * s * (1.0f - s);
}

extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(gate_backward)(const Stored* __restrict__ ab, const Stored* __restrict__ dy,
                          Stored* __restrict__ dab, int fresh, int N, int C, int quads) {
  const bool wide = rows_aligned16(ab, C) && aligned16(dy) && aligned16(dab);
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < (int64)N * quads; i += stride) {
    const GatePlace p(i, C, quads);
    const int64 at = p.row * 2 * C + p.c;
    const float4 a = load4(ab + at, p.left, wide);
    const float4 b = load4(ab + at + C, p.left, wide);
    const float4 g = load4(dy + p.row * C + p.c, p.left, wide);
    float4 da = load4(dab + at, fresh ? 0 : p.left, wide);
    float4 db = load4(dab + at + C, fresh ? 0 : p.left, wide);
    gate_slopes(a.x, b.x, g.x, da.x, db.x);
    gate_slopes(a.y, b.y, g.y, da.y, db.y);
    gate_slopes(a.z, b.z, g.z, da.z, db.z);
    gate_slopes(a.w, b.w, g.w, da.w, db.w);
    store4(dab + at, da, p.left, wide);
    store4(dab + at + C, db, p.left, wide);
  }
}
