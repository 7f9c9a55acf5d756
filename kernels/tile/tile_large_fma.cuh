// A tile of 128 x 128 in fp32: 256 threads with 8 x 8 each, a warp owns 32 x 64.
// Lane bits 1 and 4 choose rows and the others columns: so each lane and its neighbour, or the next but one,
// want the same 16 bytes, and a request of a warp takes two passes over the banks and not four.
#pragma once

#define IN_PRECISION(name) name##_large
#define TILE_BOUNDS TILE_THREADS

constexpr int TILE_THREADS = 256;

__device__ __forceinline__ float4 load_shared(unsigned at) {
  float4 v;
  asm volatile("ld.shared.v4.f32 {%0, %1, %2, %3}, [%4];"
               : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w)
               : "r"(at));
  return v;
}

struct Tile {
  static constexpr bool HAS_EIGHT = true;
  float sum[8][8] = {};

  static __device__ __forceinline__ int warp_row() { return (threadIdx.x >> 6) * 32; }
  static __device__ __forceinline__ int warp_col() { return (threadIdx.x >> 5 & 1) * 64; }

  // Eight rows that follow each other fill the banks.
  template <bool K_FAST, int EDGE = TILE>
  static __device__ __forceinline__ unsigned place(int line, int piece) {
    return K_FAST ? (line * 4 + (piece ^ (line >> 1 & 3))) * 16
                  : (line * (EDGE / PIECE) + piece) * 16;
  }

  // Where this thread reads first of all in a stage: all else is that, but for bits that are known here.
  template <bool K_FAST>
  static __device__ __forceinline__ unsigned first_row() {
    return K_FAST ? place<true>(row<true>(0), 0) : place<false>(0, row<false>(0) / PIECE);
  }
  template <bool K_FAST>
  static __device__ __forceinline__ unsigned first_col() {
    return K_FAST ? place<true>(col<true>(0), 0) : place<false>(0, col<false>(0) / PIECE);
  }

  // Four k at a time, in the order of k: of an operand whose k are neighbours 16 bytes have the four of a row.
  // Rows are then 4 apart, so that every second has the other half of its pieces exchanged, and columns 8.
  template <bool A_K_FAST, bool B_K_FAST>
  __device__ __forceinline__ void step(unsigned a, unsigned b) {
    static_assert(A_K_FAST || !B_K_FAST, "no product has this pair of operands");
#pragma unroll
    for (int k = 0; k < STEP; k += 4) {
      float right[4][8];
#pragma unroll
      for (int i = 0; i < 4 && !B_K_FAST; i++) {
        line<32>(right[i], b, k + i);
      }
#pragma unroll
      for (int j = 0; j < 8 && B_K_FAST; j++) {
        const float4 v = load_shared((b ^ k * 4) + j * 8 * 64);
        right[0][j] = v.x;
        right[1][j] = v.y;
        right[2][j] = v.z;
        right[3][j] = v.w;
      }
      if constexpr (A_K_FAST) {
#pragma unroll
        for (int i = 0; i < 8; i++) {
          const float4 left = load_shared((a ^ (k * 4 ^ (i & 1) * 32)) + i * 4 * 64);
          add(sum[i], left.x, right[0]);
          add(sum[i], left.y, right[1]);
          add(sum[i], left.z, right[2]);
          add(sum[i], left.w, right[3]);
        }
      } else {
#pragma unroll
        for (int q = 0; q < 4; q++) {
          float left[8];
          line<16>(left, a, k + q);
#pragma unroll
          for (int i = 0; i < 8; i++) {
            add(sum[i], left[i], right[q]);
          }
        }
      }
    }
  }

  // Puts what this thread holds into rows of SLICE_PITCH.
  template <bool A_K_FAST, bool B_K_FAST>
  __device__ __forceinline__ void put(float* slice) const {
#pragma unroll
    for (int i = 0; i < 8; i++) {
#pragma unroll
      for (int j = 0; j < 8; j++) {
        slice[row<A_K_FAST>(i) % SLICE * SLICE_PITCH + col<B_K_FAST>(j)] = sum[i][j];
      }
    }
  }

 private:
  // Of a line a thread reads 16 bytes twice, half a warp's rows apart; of rows each by itself.
  template <bool K_FAST>
  static __device__ __forceinline__ int row(int i) {
    const int mine = (threadIdx.x >> 1 & 1) | (threadIdx.x >> 3 & 2);
    return warp_row() + (K_FAST ? mine + i * 4 : mine * 4 + (i & 3) + (i >> 2) * 16);
  }
  template <bool K_FAST>
  static __device__ __forceinline__ int col(int j) {
    const int mine = (threadIdx.x & 1) | (threadIdx.x >> 1 & 6);
    return warp_col() + (K_FAST ? mine + j * 8 : mine * 4 + (j & 3) + (j >> 2) * 32);
  }

  template <int APART>
  static __device__ __forceinline__ void line(float (&to)[8], unsigned from, int k) {
    const float4 v = load_shared(from + k * TILE * 4);
    const float4 w = load_shared(from + k * TILE * 4 + APART * 4);
    const float all[8] = {v.x, v.y, v.z, v.w, w.x, w.y, w.z, w.w};
#pragma unroll
    for (int i = 0; i < 8; i++) {
      to[i] = all[i];
    }
  }
  static __device__ __forceinline__ void add(float (&sum)[8], float left, const float (&right)[8]) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
      sum[j] = fmaf(left, right[j], sum[j]);
    }
  }
};
