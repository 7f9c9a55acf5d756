// y[b,t] = position[t] + Σ_c table[c·V + value c of pixel t-1] over O channels, and position[0] alone at t = 0; its
// gradients; and the same at one position for the sampler. A value that is no whole number from 0 to V-1 gives NaN,
// so that it is seen and reads nothing outside the table.
#include "common.cuh"

// A value as a number of a row of its channel's, -1 where it is none.
__device__ __forceinline__ int level(float value, int V) {
  return value >= 0.0f && value < (float)V && value == floorf(value) ? (int)value : -1;
}

// Positions `from .. from + count - 1` of every image; y is (B,count,O).
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(embed_previous)(const Stored* __restrict__ pixels, const float* __restrict__ table,
                           const float* __restrict__ position, Stored* __restrict__ y, int B, int T,
                           int C, int V, int O, int from, int count) {
  const bool wide = (O & 3) == 0 && aligned16(table) && aligned16(position) && aligned16(y);
  const int parts = (O + 3) / 4;
  const int64 n = (int64)B * count * parts;
  const int64 stride = (int64)gridDim.x * blockDim.x;
  for (int64 k = (int64)blockIdx.x * blockDim.x + threadIdx.x; k < n; k += stride) {
    const int64 row = k / parts;
    const int o = (int)(k % parts) * 4;
    const int t = from + (int)(row % count);
    float4 sum = load4(position + (int64)t * O + o, O - o, wide);
    const Stored* before = pixels + (row / count * T + t - 1) * C;
    for (int c = 0; c < C && t > 0; c++) {
      const int v = level(load1(&before[c]), V);
      sum = sum + (v < 0 ? make_float4(NAN, NAN, NAN, NAN)
                         : load4(table + ((int64)c * V + v) * O + o, O - o, wide));
    }
    store4(y + row * O + o, sum, O - o, wide);
  }
}

// dposition (T,O) += sum over images of dy
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(embed_previous_dposition)(const Stored* __restrict__ dy, float* __restrict__ dposition,
                                     int B, int64 size) {
  const bool wide = (size & 3) == 0 && aligned16(dy) && aligned16(dposition);
  const int64 stride = (int64)gridDim.x * blockDim.x * 4;
  for (int64 i = ((int64)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < size; i += stride) {
    const int left = (int)min(size - i, (int64)4);
    float4 sum = load4(dposition + i, left, wide);
    for (int b = 0; b < B; b++) {
      sum = sum + load4(dy + b * size + i, left, wide);
    }
    store4(dposition + i, sum, left, wide);
  }
}

// Rows that a warp reads at once, whatever comes of them: so it waits for memory once, not for each.
constexpr int AHEAD = 8;

// sums (C·V,O) of the rows of dy, each added where a channel of its previous pixel says. A block owns 32 columns of
// the V sums of one channel, and `per_block` rows. Each of its first `warps` warps has all V sums to itself, in shared
// memory, and takes every `warps`th row, so that nobody waits and each sum is in the order of the rows; those of the
// warps are added in order. Where rows are cut over several blocks, each writes sums of its own (`accumulate` = 0),
// which column_sum then adds up.
extern "C" __global__ void __launch_bounds__(256)
IN_STORAGE(embed_previous_dtable)(const Stored* __restrict__ pixels, const Stored* __restrict__ dy,
                                  float* __restrict__ sums, int rows, int T, int C, int V, int O,
                                  int per_block, int warps, int accumulate) {
  extern __shared__ float own[];  // (warps,V,32)
  const int across = (O + 31) / 32;
  const int c = blockIdx.x / across;
  const int lane = threadIdx.x & 31;
  const int o = blockIdx.x % across * 32 + lane;
  const int warp = threadIdx.x / 32;
  if (warp < warps) {
    float* mine = own + warp * V * 32 + lane;
    for (int v = 0; v < V; v++) {
      mine[v * 32] = 0.0f;
    }
    const int end = min(rows, (int)(blockIdx.y + 1) * per_block);
    for (int first = blockIdx.y * per_block + warp; first < end; first += AHEAD * warps) {
      float value[AHEAD], g[AHEAD];
#pragma unroll
      for (int k = 0; k < AHEAD; k++) {
        const int64 row = min(first + k * warps, end - 1);
        value[k] = load1(&pixels[max(row - 1, (int64)0) * C + c]);
        g[k] = load1(&dy[row * O + min(o, O - 1)]);
      }
#pragma unroll
      for (int k = 0; k < AHEAD; k++) {
        const int row = first + k * warps;
        const int v = level(value[k], V);
        if (v >= 0 && row < end && row % T > 0) {
          mine[v * 32] += g[k];
        }
      }
    }
  }
  __syncthreads();
  for (int v = warp; v < V && o < O; v += 8) {
    float sum = own[v * 32 + lane];
    for (int w = 1; w < warps; w++) {
      sum += own[(w * V + v) * 32 + lane];
    }
    float* to = sums + (((int64)blockIdx.y * C + c) * V + v) * O + o;
    *to = accumulate ? *to + sum : sum;
  }
}
