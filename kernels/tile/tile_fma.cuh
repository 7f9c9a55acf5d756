// A tile in fp32: each thread holds 8 x 4 of it. Per k it reads 3 x 16 bytes of shared memory for 32
// multiply-adds, and its warp (4 x 8 threads) touches three different 128-byte lines, so the adders are
// the limit, not the memory.
#pragma once

#define IN_PRECISION(name) name

struct Tile {
  static constexpr int WORDS = STEP;
  static constexpr bool HAS_EIGHT = false;
  float sum[8][4] = {};

  template <class Operand>
  static __device__ __forceinline__ void place(const Operand& o, float (*to)[PITCH],
                                               const float4 (&in)[2]) {
    o.place(to, 0, in[0]);
    o.place(to, 1, in[1]);
  }

  // One step of 16 k. EDGE: the staircase runs through it, so every multiply-add is guarded by a
  // select, never by a product with 0: a NaN behind the mask must not get through.
  template <bool EDGE, class Problem>
  __device__ __forceinline__ void step(const Problem& p, const float (*a)[PITCH],
                                       const float (*b)[PITCH], int k0, int col0) {
    int limit[4];
    if (EDGE) {
      for (int j = 0; j < 4; j++) {
        limit[j] = p.limit(col0 + first_col() + j);
      }
    }
#pragma unroll(EDGE ? 2 : STEP)
    for (int k = 0; k < STEP; k++) {
      const float4 a0 = *reinterpret_cast<const float4*>(&a[k][first_row()]);
      const float4 a1 = *reinterpret_cast<const float4*>(&a[k][first_row() + 4]);
      const float4 b0 = *reinterpret_cast<const float4*>(&b[k][first_col()]);
      const float av[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
      const float bv[4] = {b0.x, b0.y, b0.z, b0.w};
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const bool keep = !EDGE || p.keeps(k0 + k, limit[j]);
#pragma unroll
        for (int i = 0; i < 8; i++) {
          const float next = fmaf(av[i], bv[j], sum[i][j]);
          sum[i][j] = keep ? next : sum[i][j];
        }
      }
    }
  }

  // Hands out what this thread holds: row and col in the tile, and four sums from there on.
  template <class Use>
  __device__ __forceinline__ void each(Use use) const {
    for (int i = 0; i < 8; i++) {
      use(first_row() + i, first_col(), make_float4(sum[i][0], sum[i][1], sum[i][2], sum[i][3]));
    }
  }

 private:
  static __device__ __forceinline__ int first_row() {
    return (threadIdx.x >> 6) * 32 + ((threadIdx.x >> 3) & 3) * 8;
  }
  static __device__ __forceinline__ int first_col() {
    return ((threadIdx.x >> 5) & 1) * 32 + (threadIdx.x & 7) * 4;
  }
};
