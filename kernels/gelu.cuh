// GELU, the exact one, and its derivative.
#pragma once

__device__ __forceinline__ float gelu(float x) { return x * 0.5f * (1.0f + erff(x * 0.70710678f)); }

// Φ(x) + x·φ(x)
__device__ __forceinline__ float gelu_derivative(float x) {
  return 0.5f * (1.0f + erff(x * 0.70710678f)) + x * 0.39894228f * expf(-0.5f * x * x);
}
