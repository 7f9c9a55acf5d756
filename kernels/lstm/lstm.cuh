// One unit of an LSTM at one step: i, f, g, o = σ, σ, tanh, σ; c' = f·c + i·g; h' = o·tanh(c').
#pragma once
#include "common.cuh"

struct LstmCell {
  float4 gates;  // i, f, g, o
  float c, h;
};

// `a`: the gates before their activations.
__device__ __forceinline__ LstmCell lstm_cell(float4 a, float c) {
  const float4 gates = make_float4(sigmoid(a.x), sigmoid(a.y), tanhf(a.z), sigmoid(a.w));
  const float next = gates.y * c + gates.x * gates.z;
  return {gates, next, gates.w * tanhf(next)};
}

struct LstmSlopes {
  float4 gates;  // before their activations
  float dc;      // of the state before
};

// `before` and `next` are the states around the step, `dh` and `dc` the gradients of what it made.
__device__ __forceinline__ LstmSlopes lstm_slopes(float4 gates, float before, float next, float dh,
                                                  float dc) {
  const float squashed = tanhf(next);
  const float through = dh * gates.w;
  dc += through * (1.0f - squashed * squashed);
  const float kept = dc * gates.y;
  return {make_float4(dc * gates.z * gates.x * (1.0f - gates.x), kept * before * (1.0f - gates.y),
                      dc * gates.x * (1.0f - gates.z * gates.z),
                      through * squashed * (1.0f - gates.w)),
          kept};
}

// The four gates of a unit lie H apart.
template <class T>
__device__ __forceinline__ float4 load_gates(const T* at, int H) {
  return make_float4(load1(at), load1(at + H), load1(at + 2 * H), load1(at + 3 * H));
}

template <class T>
__device__ __forceinline__ void store_gates(T* at, int H, float4 v) {
  store1(at, v.x);
  store1(at + H, v.y);
  store1(at + 2 * H, v.z);
  store1(at + 3 * H, v.w);
}
