// A product that ends in a gate, g = tanh(a)·σ(b): four columns of a tile are two channels of a, then the same two
// of b, so that one thread has both. C channels make (C + 1) / 2 · 4 columns.
#pragma once
#include "exp2.cuh"
#include "tile/tile.cuh"

// Weights in that order; those of channel c of a are row c, of b row C + c.
template <class Weights>
struct GatedRows : Weights {
  int channels;

  __device__ __forceinline__ GatedRows(const Stored* w, int C)
      : Weights(w, C, 2 * C), channels(C) {}

#ifdef LARGE
  __device__ __forceinline__ void seek(int col0, int begin) {
    const int col = col0 + Weights::my_row();
    const int c = (col >> 2) * 2 + (col & 1);
    this->start =
        this->data + (int64)((col >> 1 & 1) * channels + c) * this->pitch + Weights::my_k();
    this->see([&](int i) { return c + i * (Weights::APART / 2) < channels; });
    this->seen = in_register(this->seen);
    this->walk.seek(begin);
    this->turn();
  }

  template <bool WHOLE>
  __device__ __forceinline__ void copy(unsigned stage, int) const {
    const Operand<true>& plain = *this;
    plain.copy<WHOLE, Operand<true>::APART / 2>(stage, plain.pitch - this->walk.channel);
  }
#else
  __device__ __forceinline__ void fetch(int col0, int k0, int end, float4 (&out)[2]) {
    const int col = col0 + (threadIdx.x >> 1);
    const int c = (col >> 2) * 2 + (col & 1);
    const int row = c < channels ? (col >> 1 & 1) * channels + c : this->rows;
    this->fetch_row(row, k0, end, out);
  }
#endif
};

// Two numbers, of which `left` exist.
__device__ __forceinline__ float2 load2(const float* p, int left, bool wide) {
  if (wide && left >= 2) {
    return *reinterpret_cast<const float2*>(p);
  }
  return make_float2(left > 0 ? p[0] : 0.0f, left > 1 ? p[1] : 0.0f);
}

__device__ __forceinline__ float2 load2(const bf16* p, int left, bool wide) {
  if (wide && left >= 2) {
    const unsigned int word = *reinterpret_cast<const unsigned int*>(p);
    return make_float2(first_of(word), second_of(word));
  }
  return make_float2(left > 0 ? load1(p) : 0.0f, left > 1 ? load1(p + 1) : 0.0f);
}

__device__ __forceinline__ void store2(bf16* p, float first, float second, int left, bool wide) {
  if (wide && left >= 2) {
    *reinterpret_cast<unsigned int*>(p) = pack(first, second);
    return;
  }
  if (left > 0) store1(p, first);
  if (left > 1) store1(p + 1, second);
}

__device__ __forceinline__ void store2(float* p, float first, float second, int left, bool wide) {
  if (wide && left >= 2) {
    *reinterpret_cast<float2*>(p) = make_float2(first, second);
    return;
  }
  if (left > 0) p[0] = first;
  if (left > 1) p[1] = second;
}

// tanh and σ. In fp32 those of the CUDA library. What is stored in bf16 is rounded by up to 2^-9 of itself, so there
// both are 1/(1 + 2^x) by two instructions of the special unit, with neither branches nor a division:
// |error| < 2^-21 of σ, 2^-20 of tanh. (2^x is off by 2 ulp and by its argument's rounding, its reciprocal by 1 ulp:
// 4.4·2^-24 together, twice that and a last rounding for tanh. Infinities and NaN come out as they should.)
#ifdef BF16
__device__ __forceinline__ float logistic_exp2(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(1.0f + exp2_or_zero(x)));
  return y;
}
__device__ __forceinline__ float gate_sigmoid(float x) {
  return logistic_exp2(-1.4426950408889634f * x);
}
__device__ __forceinline__ float gate_tanh(float x) {
  return fmaf(-2.0f, logistic_exp2(2.8853900817779268f * x), 1.0f);
}
#else
__device__ __forceinline__ float gate_sigmoid(float x) { return sigmoid(x); }
__device__ __forceinline__ float gate_tanh(float x) { return tanhf(x); }
#endif

// What becomes of a and b: g (N,C), and for backward ts (N,2C), tanh(a), then σ(b), which may be null.
struct Gated {
  Stored *ts, *g;
  int channels;
  bool wide;

  __device__ __forceinline__ Gated(Stored* ts, Stored* g, int C)
      : ts(ts), g(g), channels(C),
        wide((C & 1) == 0 && operand_aligned16(ts) && operand_aligned16(g)) {}

  __device__ __forceinline__ bool wide_fours() const { return wide && (channels & 3) == 0; }

  // Channels c and c + 1, of which `left` exist.
  __device__ __forceinline__ void operator()(int row, int c, int left, float2 a, float2 b) const {
    const float t0 = gate_tanh(a.x), t1 = gate_tanh(a.y);
    const float s0 = gate_sigmoid(b.x), s1 = gate_sigmoid(b.y);
    if (ts != nullptr) {
      Stored* keep = ts + (int64)row * 2 * channels + c;
      store2(keep, t0, t1, left, wide);
      store2(keep + channels, s0, s1, left, wide);
    }
    store2(g + (int64)row * channels + c, t0 * s0, t1 * s1, left, wide);
  }

  // Channels c to c + 3, of which `left` exist.
  __device__ __forceinline__ void operator()(int row, int c, int left, float4 a, float4 b) const {
    const float4 t = make_float4(gate_tanh(a.x), gate_tanh(a.y), gate_tanh(a.z), gate_tanh(a.w));
    const float4 s =
        make_float4(gate_sigmoid(b.x), gate_sigmoid(b.y), gate_sigmoid(b.z), gate_sigmoid(b.w));
    if (ts != nullptr) {
      Stored* keep = ts + (int64)row * 2 * channels + c;
      store4(keep, t, left, wide_fours());
      store4(keep + channels, s, left, wide_fours());
    }
    const float4 gate = make_float4(t.x * s.x, t.y * s.y, t.z * s.z, t.w * s.w);
    store4(g + (int64)row * channels + c, gate, left, wide_fours());
  }
};
