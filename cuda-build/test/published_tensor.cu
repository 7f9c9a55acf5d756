// Two kernels on tensor cores in the tilings of published ones, restated here to hold a prediction against: the
// products of LeetCUDA's kernels/hgemm with `mma2x4+warp4x4` (rates on an L20), and FlashAttention-2's forward pass
// for causal heads of 64 (rates on an H100). Everything is fp16; sums are fp16 in the products, as there, and fp32
// in attention.
#include <cuda_fp16.h>

using Word = unsigned int;

__device__ __forceinline__ unsigned int shared_address(const void* p) {
  return static_cast<unsigned int>(__cvta_generic_to_shared(p));
}

__device__ __forceinline__ void copy16(void* to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from) : "memory");
}

__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int LEFT>
__device__ __forceinline__ void wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
}

__device__ __forceinline__ void load4(Word (&m)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
               : "r"(shared_address(row)));
}

__device__ __forceinline__ void load4_transposed(Word (&m)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
               : "r"(shared_address(row)));
}

__device__ __forceinline__ void load2_transposed(Word (&m)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(m[0]), "=r"(m[1])
               : "r"(shared_address(row)));
}

__device__ __forceinline__ void mma(Word (&sum)[2], const Word (&a)[4], const Word (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%0,%1};"
               : "+r"(sum[0]), "+r"(sum[1])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ void mma(float (&sum)[4], const Word (&a)[4], Word b0, Word b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// ---- C (N,N) = A·B, all row-major: a block of 8 warps has 128 x 128, a warp 64 x 32; 16 of K at a time.

struct HalfTiles {
  half a[128][16 + 8], b[16][128 + 8];
};

struct HalfProduct {
  Word sum[4][4][2] = {};

  __device__ __forceinline__ void step(const HalfTiles& tile) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    Word a[4][4], b[4][2];
#pragma unroll
    for (int i = 0; i < 4; i++) load4(a[i], &tile.a[(warp & 1) * 64 + i * 16 + (lane & 15)][(lane >> 4) * 8]);
#pragma unroll
    for (int j = 0; j < 4; j++) load2_transposed(b[j], &tile.b[lane & 15][(warp >> 1) * 32 + j * 8]);
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) mma(sum[i][j], a[i], b[j]);
  }

  __device__ __forceinline__ void write(half* c, int n) const {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const int row = blockIdx.y * 128 + (warp & 1) * 64 + i * 16 + (lane >> 2);
        const int col = blockIdx.x * 128 + (warp >> 1) * 32 + j * 8 + (lane & 3) * 2;
        *reinterpret_cast<Word*>(c + (long long)row * n + col) = sum[i][j][0];
        *reinterpret_cast<Word*>(c + (long long)(row + 8) * n + col) = sum[i][j][1];
      }
  }
};

// Loads, waits, multiplies.
extern "C" __global__ void __launch_bounds__(256)
hgemm_plain_f16(int n, const half* __restrict__ a, const half* __restrict__ b, half* __restrict__ c) {
  __shared__ alignas(16) HalfTiles tile;
  const int t = threadIdx.x;
  const half* left = a + (long long)(blockIdx.y * 128 + (t >> 1)) * n + (t & 1) * 8;
  const half* right = b + (long long)(t >> 4) * n + blockIdx.x * 128 + (t & 15) * 8;
  HalfProduct product;
  for (int k = 0; k < n; k += 16) {
    *reinterpret_cast<uint4*>(&tile.a[t >> 1][(t & 1) * 8]) = *reinterpret_cast<const uint4*>(left + k);
    *reinterpret_cast<uint4*>(&tile.b[t >> 4][(t & 15) * 8]) = *reinterpret_cast<const uint4*>(right + (long long)k * n);
    __syncthreads();
    product.step(tile);
    __syncthreads();
  }
  product.write(c, n);
}

// Two stages: the next one is copied while this one is multiplied.
extern "C" __global__ void __launch_bounds__(256)
hgemm_stages_f16(int n, const half* __restrict__ a, const half* __restrict__ b, half* __restrict__ c) {
  __shared__ alignas(16) HalfTiles tile[2];
  const int t = threadIdx.x;
  const half* left = a + (long long)(blockIdx.y * 128 + (t >> 1)) * n + (t & 1) * 8;
  const half* right = b + (long long)(t >> 4) * n + blockIdx.x * 128 + (t & 15) * 8;
  HalfProduct product;
  copy16(&tile[0].a[t >> 1][(t & 1) * 8], left);
  copy16(&tile[0].b[t >> 4][(t & 15) * 8], right);
  commit();
  wait<0>();
  __syncthreads();
  for (int k = 16; k < n; k += 16) {
    const int now = (k >> 4) & 1;
    copy16(&tile[now].a[t >> 1][(t & 1) * 8], left + k);
    copy16(&tile[now].b[t >> 4][(t & 15) * 8], right + (long long)k * n);
    commit();
    product.step(tile[now ^ 1]);
    wait<0>();
    __syncthreads();
  }
  product.step(tile[(n >> 4) - 1 & 1]);
  product.write(c, n);
}

// ---- Attention: 128 queries a block, 32 a warp; 128 keys at a time, from the diagonal down. q, k, v, y (B,T,H,64)
// with `pitch` halves from position to position and `stride` from image to image.

// 128 rows of 64 halves: piece p of row r lies at p ^ (r & 7), so that no eight rows meet in a bank.
struct Rows {
  half data[128][64];

  __device__ __forceinline__ half* at(int row, int piece) { return &data[row][(piece ^ (row & 7)) * 8]; }

  __device__ __forceinline__ void fetch(const half* from, int pitch) {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int row = i * 16 + (threadIdx.x >> 3), piece = threadIdx.x & 7;
      copy16(at(row, piece), from + (long long)row * pitch + piece * 8);
    }
    commit();
  }
};

__device__ __forceinline__ Word pack(float a, float b) {
  const half2 both = __floats2half2_rn(a, b);
  return *reinterpret_cast<const Word*>(&both);
}

struct Attention {
  float y[2][8][4] = {};
  float top[2][2], total[2][2] = {};

  __device__ __forceinline__ Attention() {
    for (int m = 0; m < 2; m++) top[m][0] = top[m][1] = -INFINITY;
  }

  __device__ __forceinline__ void scores(Rows& q, Rows& k, float (&s)[2][16][4]) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int d = 0; d < 4; d++) {
      Word a[2][4];
#pragma unroll
      for (int m = 0; m < 2; m++) load4(a[m], q.at(warp * 32 + m * 16 + (lane & 15), d * 2 + (lane >> 4)));
#pragma unroll
      for (int n = 0; n < 8; n++) {
        Word b[4];
        load4(b, k.at(n * 16 + (lane & 7) + (lane >> 4) * 8, d * 2 + ((lane >> 3) & 1)));
#pragma unroll
        for (int m = 0; m < 2; m++) {
          mma(s[m][2 * n], a[m], b[0], b[1]);
          mma(s[m][2 * n + 1], a[m], b[2], b[3]);
        }
      }
    }
  }

  template <bool DIAGONAL>
  __device__ __forceinline__ void weights(float (&s)[2][16][4], float scale) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int m = 0; m < 2; m++)
#pragma unroll
      for (int r = 0; r < 2; r++) {
        const int row = warp * 32 + m * 16 + r * 8 + (lane >> 2);
        float high = top[m][r];
#pragma unroll
        for (int n = 0; n < 16; n++)
#pragma unroll
          for (int e = 0; e < 2; e++) {
            float& x = s[m][n][r * 2 + e];
            if (DIAGONAL && n * 8 + (lane & 3) * 2 + e > row) x = -INFINITY;
            high = fmaxf(high, x);
          }
        high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, 2));
        high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, 1));
        const float base = high * scale;
        const float shrink = exp2f(top[m][r] * scale - base);
        top[m][r] = high;
        float sum = total[m][r] * shrink;
#pragma unroll
        for (int n = 0; n < 16; n++)
#pragma unroll
          for (int e = 0; e < 2; e++) {
            float& x = s[m][n][r * 2 + e];
            x = exp2f(fmaf(x, scale, -base));
            sum += x;
          }
        total[m][r] = sum;
#pragma unroll
        for (int d = 0; d < 8; d++) y[m][d][r * 2] *= shrink, y[m][d][r * 2 + 1] *= shrink;
      }
  }

  __device__ __forceinline__ void values(const float (&s)[2][16][4], Rows& v) {
    const int lane = threadIdx.x & 31;
#pragma unroll
    for (int n = 0; n < 8; n++) {
      Word a[2][4];
#pragma unroll
      for (int m = 0; m < 2; m++) {
        a[m][0] = pack(s[m][2 * n][0], s[m][2 * n][1]);
        a[m][1] = pack(s[m][2 * n][2], s[m][2 * n][3]);
        a[m][2] = pack(s[m][2 * n + 1][0], s[m][2 * n + 1][1]);
        a[m][3] = pack(s[m][2 * n + 1][2], s[m][2 * n + 1][3]);
      }
#pragma unroll
      for (int d = 0; d < 4; d++) {
        Word b[4];
        load4_transposed(b, v.at(n * 16 + (lane & 15), d * 2 + (lane >> 4)));
#pragma unroll
        for (int m = 0; m < 2; m++) {
          mma(y[m][2 * d], a[m], b[0], b[1]);
          mma(y[m][2 * d + 1], a[m], b[2], b[3]);
        }
      }
    }
  }

  __device__ __forceinline__ void write(half* to, int pitch) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int m = 0; m < 2; m++)
#pragma unroll
      for (int r = 0; r < 2; r++) {
        float sum = total[m][r];
        sum += __shfl_xor_sync(0xffffffffu, sum, 2);
        sum += __shfl_xor_sync(0xffffffffu, sum, 1);
        const float inverse = 1.0f / sum;
        half* row = to + (long long)(warp * 32 + m * 16 + r * 8 + (lane >> 2)) * pitch + (lane & 3) * 2;
#pragma unroll
        for (int d = 0; d < 8; d++)
          *reinterpret_cast<Word*>(row + d * 8) = pack(y[m][d][r * 2] * inverse, y[m][d][r * 2 + 1] * inverse);
      }
  }
};

struct Room {
  Rows q, k, v;
};

template <bool DIAGONAL>
__device__ __forceinline__ void attend(Attention& all, Room& room, const half* k, const half* v, int tile, int pitch,
                                       float scale) {
  float s[2][16][4] = {};
  wait<0>();
  __syncthreads();
  room.v.fetch(v + (long long)tile * 128 * pitch, pitch);
  all.scores(room.q, room.k, s);
  wait<0>();
  __syncthreads();
  if (tile > 0) room.k.fetch(k + (long long)(tile - 1) * 128 * pitch, pitch);
  all.weights<DIAGONAL>(s, scale);
  all.values(s, room.v);
}

extern "C" __global__ void __launch_bounds__(128)
flash2_f16(int heads, int pitch, long long stride, float scale, const half* q, const half* k, const half* v, half* y) {
  __shared__ alignas(128) Room room;
  const int tile = gridDim.x - 1 - blockIdx.x;  // those with most keys first
  const long long head = blockIdx.y / heads * stride + blockIdx.y % heads * 64;
  const long long row = head + (long long)tile * 128 * pitch;
  Attention all;
  room.q.fetch(q + row, pitch);
  room.k.fetch(k + row, pitch);
  attend<true>(all, room, k + head, v + head, tile, pitch, scale);
#pragma unroll 1
  for (int t = tile - 1; t >= 0; t--) attend<false>(all, room, k + head, v + head, t, pitch, scale);
  all.write(y + row, pitch);
}
