// What several kernels need: activations, guarded 16-byte access, deterministic sums.
#pragma once

using int64 = long long;

// The numbers that KernelLauncher passes.
enum Activation { IDENTITY, RELU, TANH, SIGMOID, GELU };

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// NaN stays NaN, so that a diverged run is seen and not hidden by ReLU.
__device__ __forceinline__ float relu(float x) { return x < 0.0f ? 0.0f : x; }

// f(x) for the activations that a linear layer's epilogue can fuse.
__device__ __forceinline__ float activate_fused(int f, float x) {
  switch (f) {
    case RELU: return relu(x);
    case TANH: return tanhf(x);
    case SIGMOID: return sigmoid(x);
    default: return x;
  }
}

// f'(x) expressed by y = f(x), for the same activations.
__device__ __forceinline__ float derivative_from_output(int f, float y) {
  switch (f) {
    case RELU: return y > 0.0f ? 1.0f : 0.0f;
    case TANH: return 1.0f - y * y;
    case SIGMOID: return y * (1.0f - y);
    default: return 1.0f;
  }
}

// ---- what activations lie in memory as: fp32, or bf16 where this is compiled with -DBF16. A kernel that reads or
// writes them is named by IN_STORAGE, computes in fp32 and converts on the way. Sums and statistics are float.

struct bf16 {
  unsigned short bits;
};

#ifdef BF16
using Stored = bf16;
#define IN_STORAGE(name) name##_bf16
#else
using Stored = float;
#define IN_STORAGE(name) name
#endif

// Two neighbours, the first in the lower half, each rounded to nearest even.
__device__ __forceinline__ unsigned int pack(float first, float second) {
  unsigned int word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(second), "f"(first));
  return word;
}

__device__ __forceinline__ float first_of(unsigned int word) { return __uint_as_float(word << 16); }
__device__ __forceinline__ float second_of(unsigned int word) {
  return __uint_as_float(word & 0xffff0000u);
}

__device__ __forceinline__ float load1(const float* p) { return *p; }
__device__ __forceinline__ float load1(const bf16* p) { return first_of(p->bits); }
__device__ __forceinline__ void store1(float* p, float v) { *p = v; }
__device__ __forceinline__ void store1(bf16* p, float v) {
  p->bits = (unsigned short)pack(v, 0.0f);
}

// ---- access to four elements at once. Rows may start anywhere when a width is no multiple of 4, so whoever loops
// over rows asks once whether all of them are aligned and falls back to single elements if not.

__device__ __forceinline__ bool aligned16(const void* p) {
  return (reinterpret_cast<unsigned long long>(p) & 15) == 0;
}

template <class T>
__device__ __forceinline__ bool rows_aligned16(const T* base, int pitch) {
  return aligned16(base) && (pitch & 3) == 0;
}

// Reads p[0 .. min(left, 4) - 1]; the rest is 0 and is not read.
__device__ __forceinline__ float4 load4(const float* p, int left, bool wide) {
  if (wide && left >= 4) {
    return *reinterpret_cast<const float4*>(p);
  }
  float4 v = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (left > 0) v.x = p[0];
  if (left > 1) v.y = p[1];
  if (left > 2) v.z = p[2];
  if (left > 3) v.w = p[3];
  return v;
}

__device__ __forceinline__ float4 load4(const bf16* p, int left, bool wide) {
  if (wide && left >= 4) {
    const uint2 words = *reinterpret_cast<const uint2*>(p);
    return make_float4(first_of(words.x), second_of(words.x), first_of(words.y),
                       second_of(words.y));
  }
  float4 v = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (left > 0) v.x = load1(p);
  if (left > 1) v.y = load1(p + 1);
  if (left > 2) v.z = load1(p + 2);
  if (left > 3) v.w = load1(p + 3);
  return v;
}

// Writes p[0 .. min(left, 4) - 1].
__device__ __forceinline__ void store4(float* p, float4 v, int left, bool wide) {
  if (wide && left >= 4) {
    *reinterpret_cast<float4*>(p) = v;
    return;
  }
  if (left > 0) p[0] = v.x;
  if (left > 1) p[1] = v.y;
  if (left > 2) p[2] = v.z;
  if (left > 3) p[3] = v.w;
}

__device__ __forceinline__ void store4(bf16* p, float4 v, int left, bool wide) {
  if (wide && left >= 4) {
    *reinterpret_cast<uint2*>(p) = make_uint2(pack(v.x, v.y), pack(v.z, v.w));
    return;
  }
  if (left > 0) store1(p, v.x);
  if (left > 1) store1(p + 1, v.y);
  if (left > 2) store1(p + 2, v.z);
  if (left > 3) store1(p + 3, v.w);
}

__device__ __forceinline__ float4 operator+(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

// ---- sums whose order is fixed by the launch geometry alone

__device__ __forceinline__ float warp_sum(float v) {
  for (int lane = 16; lane > 0; lane >>= 1) {
    v += __shfl_xor_sync(0xffffffffu, v, lane);
  }
  return v;
}

// The sum over a block of THREADS threads (a multiple of 32), returned to thread 0 only.
template <int THREADS>
__device__ __forceinline__ float block_sum(float v) {
  __shared__ float warps[THREADS / 32];
  v = warp_sum(v);
  if ((threadIdx.x & 31) == 0) {
    warps[threadIdx.x >> 5] = v;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    v = 0.0f;
    for (int w = 0; w < THREADS / 32; w++) {
      v += warps[w];
    }
  }
  return v;
}

// For kernels in which ptxas would spill a few bytes in bf16 to fit one block more.
#ifdef BF16
#define BOUNDS_IN_BF16(threads, blocks) __launch_bounds__(threads, blocks)
#else
#define BOUNDS_IN_BF16(threads, blocks) __launch_bounds__(threads)
#endif
