// Products of matrices by one warp: wmma of every type and shape, mma of integers and doubles, and stmatrix.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>
#include <stdint.h>
using namespace nvcuda::wmma;
namespace small = nvcuda::wmma::experimental::precision;
#define KERNEL extern "C" __global__ void

template <class L>
constexpr bool by_rows = false;
template <>
constexpr bool by_rows<row_major> = true;

// d = a · b + 2 c. The elements of a fragment are reached by x[].
template <int M, int N, int K, class A, class LA, class LB, class S, class E>
__device__ void product(const S* a, const S* b, const E* c, E* d, layout_t order) {
  fragment<matrix_a, M, N, K, A, LA> fa;
  fragment<matrix_b, M, N, K, A, LB> fb;
  fragment<accumulator, M, N, K, E> fc;
  load_matrix_sync(fa, a, by_rows<LA> ? K : M);
  load_matrix_sync(fb, b, by_rows<LB> ? N : K);
  load_matrix_sync(fc, c, order == mem_row_major ? N : M, order);
  for (int i = 0; i < fc.num_elements; i++) fc.x[i] = fc.x[i] + fc.x[i];
  mma_sync(fc, fa, fb, fc);
  store_matrix_sync(d, fc, order == mem_row_major ? N : M, order);
}

#define PRODUCT(NAME, M, N, K, A, LA, LB, S, E, ORDER) \
  KERNEL NAME(const S* a, const S* b, const E* c, E* d) { product<M, N, K, A, LA, LB>(a, b, c, d, ORDER); }

PRODUCT(f16_16x16x16_rr, 16, 16, 16, __half, row_major, row_major, __half, float, mem_row_major)
PRODUCT(f16_16x16x16_rc, 16, 16, 16, __half, row_major, col_major, __half, __half, mem_col_major)
PRODUCT(f16_32x8x16_cr, 32, 8, 16, __half, col_major, row_major, __half, float, mem_col_major)
PRODUCT(f16_8x32x16_cc, 8, 32, 16, __half, col_major, col_major, __half, __half, mem_row_major)
PRODUCT(bf16_16x16x16_rc, 16, 16, 16, __nv_bfloat16, row_major, col_major, __nv_bfloat16, float, mem_row_major)
PRODUCT(bf16_32x8x16_cr, 32, 8, 16, __nv_bfloat16, col_major, row_major, __nv_bfloat16, float, mem_row_major)
PRODUCT(bf16_8x32x16_rr, 8, 32, 16, __nv_bfloat16, row_major, row_major, __nv_bfloat16, float, mem_col_major)
PRODUCT(tf32_16x16x8_rc, 16, 16, 8, precision::tf32, row_major, col_major, float, float, mem_row_major)
PRODUCT(tf32_16x16x8_cr, 16, 16, 8, precision::tf32, col_major, row_major, float, float, mem_col_major)
PRODUCT(s8_16x16x16_rc, 16, 16, 16, signed char, row_major, col_major, signed char, int, mem_row_major)
PRODUCT(u8_32x8x16_cr, 32, 8, 16, unsigned char, col_major, row_major, unsigned char, int, mem_col_major)
PRODUCT(s8_8x32x16_cc, 8, 32, 16, signed char, col_major, col_major, signed char, int, mem_row_major)
PRODUCT(f64_8x8x4_rc, 8, 8, 4, double, row_major, col_major, double, double, mem_row_major)
PRODUCT(f64_8x8x4_cr, 8, 8, 4, double, col_major, row_major, double, double, mem_col_major)
PRODUCT(s4_8x8x32_rc, 8, 8, 32, small::s4, row_major, col_major, void, int, mem_row_major)
PRODUCT(u4_8x8x32_rc, 8, 8, 32, small::u4, row_major, col_major, void, int, mem_col_major)

// A longer inner dimension, through shared memory, with a stride.
KERNEL tiles(const __half* a, const __half* b, float* d, int k) {
  __shared__ __align__(32) __half sa[16 * 24], sb[16 * 24];
  __shared__ __align__(32) float sd[16 * 20];
  fragment<accumulator, 16, 16, 16, float> sum;
  fill_fragment(sum, 0.0f);
  for (int from = 0; from < k; from += 16) {
    for (int i = threadIdx.x; i < 256; i += 32) {
      sa[i / 16 * 24 + i % 16] = a[i / 16 * k + from + i % 16];
      sb[i / 16 * 24 + i % 16] = b[(from + i / 16) * 16 + i % 16];
    }
    __syncwarp();
    fragment<matrix_a, 16, 16, 16, __half, row_major> fa;
    fragment<matrix_b, 16, 16, 16, __half, row_major> fb;
    load_matrix_sync(fa, sa, 24);
    load_matrix_sync(fb, sb, 24);
    mma_sync(sum, fa, fb, sum);
    __syncwarp();
  }
  store_matrix_sync(sd, sum, 20, mem_row_major);
  __syncwarp();
  for (int i = threadIdx.x; i < 256; i += 32) d[i] = sd[i / 16 * 20 + i % 16];
}

// Bits: how many differ, and how many are set in both.
KERNEL b1_8x8x128(const void* a, const void* b, int* d, int* e) {
  fragment<matrix_a, 8, 8, 128, small::b1, row_major> fa;
  fragment<matrix_b, 8, 8, 128, small::b1, col_major> fb;
  fragment<accumulator, 8, 8, 128, int> fc, fe;
  load_matrix_sync(fa, a, 128);
  load_matrix_sync(fb, b, 128);
  fill_fragment(fc, 0);
  bmma_sync(fe, fa, fb, fc, nvcuda::wmma::experimental::bmmaBitOpAND);
  bmma_sync(fc, fa, fb, fc);
  store_matrix_sync(d, fc, 8, mem_row_major);
  store_matrix_sync(e, fe, 8, mem_row_major);
}

// The fragments of mma as the PTX ISA has them: words of a row of A, and of a column of B, which lie in turns.
// w elements lie in a word; A is M x K by rows, B is K x 8 by columns, c and d are M x 8.
#define WORD(p, ld, row, word) (((const unsigned*)(p))[(row) * (ld) + (word)])

#define MMA_M16_A4(NAME, SHAPE, TYPES, SAT, KW)                                                                  \
  KERNEL NAME(const void* a, const void* b, const int* c, int* d) {                                              \
    int g = threadIdx.x / 4, t = threadIdx.x % 4, at = g * 8 + 2 * t, to = at + 64;                              \
    asm("mma.sync.aligned." SHAPE ".row.col" SAT ".s32." TYPES                                                   \
        ".s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"                                         \
        : "=r"(d[at]), "=r"(d[at + 1]), "=r"(d[to]), "=r"(d[to + 1])                                             \
        : "r"(WORD(a, KW, g, t)), "r"(WORD(a, KW, g + 8, t)), "r"(WORD(a, KW, g, t + 4)),                        \
          "r"(WORD(a, KW, g + 8, t + 4)), "r"(WORD(b, KW, g, t)), "r"(WORD(b, KW, g, t + 4)), "r"(c[at]),        \
          "r"(c[at + 1]), "r"(c[to]), "r"(c[to + 1]));                                                           \
  }
#define MMA_M16_A2(NAME, SHAPE, TYPES, SAT, KW)                                                                  \
  KERNEL NAME(const void* a, const void* b, const int* c, int* d) {                                              \
    int g = threadIdx.x / 4, t = threadIdx.x % 4, at = g * 8 + 2 * t, to = at + 64;                              \
    asm("mma.sync.aligned." SHAPE ".row.col" SAT ".s32." TYPES                                                   \
        ".s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%7,%8,%9,%10};"                                                     \
        : "=r"(d[at]), "=r"(d[at + 1]), "=r"(d[to]), "=r"(d[to + 1])                                             \
        : "r"(WORD(a, KW, g, t)), "r"(WORD(a, KW, g + 8, t)), "r"(WORD(b, KW, g, t)), "r"(c[at]),                \
          "r"(c[at + 1]), "r"(c[to]), "r"(c[to + 1]));                                                           \
  }
#define MMA_M8(NAME, SHAPE, TYPES, SAT, KW)                                                                      \
  KERNEL NAME(const void* a, const void* b, const int* c, int* d) {                                              \
    int g = threadIdx.x / 4, t = threadIdx.x % 4, at = g * 8 + 2 * t;                                            \
    asm("mma.sync.aligned." SHAPE ".row.col" SAT ".s32." TYPES ".s32 {%0,%1}, {%2}, {%3}, {%4,%5};"              \
        : "=r"(d[at]), "=r"(d[at + 1])                                                                           \
        : "r"(WORD(a, KW, g, t)), "r"(WORD(b, KW, g, t)), "r"(c[at]), "r"(c[at + 1]));                           \
  }

MMA_M16_A4(mma_s8_16x8x32, "m16n8k32", "s8.s8", "", 8)
MMA_M16_A4(mma_s8_u8_16x8x32_sat, "m16n8k32", "s8.u8", ".satfinite", 8)
MMA_M16_A2(mma_u8_s8_16x8x16, "m16n8k16", "u8.s8", "", 4)
MMA_M8(mma_u8_8x8x16_sat, "m8n8k16", "u8.u8", ".satfinite", 4)
MMA_M16_A4(mma_s4_16x8x64, "m16n8k64", "s4.s4", ".satfinite", 8)
MMA_M16_A2(mma_u4_s4_16x8x32, "m16n8k32", "u4.s4", "", 4)
MMA_M8(mma_u4_8x8x32, "m8n8k32", "u4.u4", "", 4)

KERNEL mma_f64_8x8x4(const double* a, const double* b, const double* c, double* d) {
  int g = threadIdx.x / 4, t = threadIdx.x % 4, at = g * 8 + 2 * t;
  asm("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1}, {%2}, {%3}, {%4,%5};"
      : "=d"(d[at]), "=d"(d[at + 1])
      : "d"(a[g * 4 + t]), "d"(b[g * 4 + t]), "d"(c[at]), "d"(c[at + 1]));
}
