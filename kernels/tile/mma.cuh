// What tensor cores multiply (sm_80): numbers of tf32 or bf16 in words of 32 bits, products exact, sums in fp32.
//
// An mma m16n8 of 32-bit words takes, in lane 4g + t (g = 0..7, t = 0..3; e.g. PTX ISA, "Matrix Fragments for
// mma.m16n8k8" with .tf32, and of m16n8k16 with .bf16, whose word is the pair of numbers 2w and 2w + 1):
//
//           row of A    word of A            word of B   column of B            row of C   column of C
//     a0    g           t              b0    t           g               c0     g          2t
//     a1    g + 8       t              b1    t + 4       g               c1     g          2t + 1
//     a2    g           t + 4                                            c2     g + 8      2t
//     a3    g + 8       t + 4                                            c3     g + 8      2t + 1
#pragma once

using Word = unsigned int;

// A word has PARTS numbers.
#ifdef TF32

struct Format {
  static constexpr int PARTS = 1;
  static __device__ __forceinline__ Word bits(int) { return 0xffffffffu; }
  static __device__ __forceinline__ Word exponent(int) { return 0x7f800000u; }
  static __device__ __forceinline__ float value(Word w, int) { return __uint_as_float(w); }

  static __device__ __forceinline__ float round(float x) {
    Word w;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(w) : "f"(x));
    return __uint_as_float(w);
  }
  static __device__ __forceinline__ void mma(float (&c)[4], const Word (&a)[4],
                                             const Word (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

#else

// The first of a pair lies in the lower half.
struct Format {
  static constexpr int PARTS = 2;
  static __device__ __forceinline__ Word bits(int part) { return part ? 0xffff0000u : 0xffffu; }
  static __device__ __forceinline__ Word exponent(int part) { return part ? 0x7f800000u : 0x7f80u; }
  static __device__ __forceinline__ float value(Word w, int part) {
    return part ? second_of(w) : first_of(w);
  }

  static __device__ __forceinline__ float pair(float first, float second) {
    return __uint_as_float(pack(first, second));
  }
  static __device__ __forceinline__ void mma(float (&c)[4], const Word (&a)[4],
                                             const Word (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

#endif
