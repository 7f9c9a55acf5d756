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
__device__ __forceinline__ float4 load_gates(const float* at, int H) {
  return make_float4(at[0], at[H], at[2 * H], at[3 * H]);
}

__device__ __forceinline__ void store_gates(float* at, int H, float4 v) {
  at[0] = v.x;
  at[H] = v.y;
  at[2 * H] = v.z;
  at[3 * H] = v.w;
}
