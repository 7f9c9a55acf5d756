// A perceptron in pixel_sample.cu: a tile computes a slice of the hidden units for some images, and leaves what they
// add to the second layer. The hidden units lie behind the inputs of each image in shared memory.
#pragma once
#include "gelu.cuh"
#include "draw/pixel_product.cuh"

constexpr int TURN = WARPS * ROWS;  // hidden units that a tile computes at a time

__device__ __forceinline__ void perceptron(Shared& s, const Job& job, int B) {
  const Step& step = job.step;
  const int from = job.column * step.units;
  for (int turn = 0; turn < step.units; turn += TURN) {
    tile_sums<true>(s, job, Rows(job, (from + turn) / ROWS), B, turn > 0);
    for (int e = threadIdx.x; e < job.live * TURN; e += THREADS) {
      const int image = e / TURN;
      const int own = e % TURN;
      float v = 0.0f;  // of a unit that does not exist
      if (from + turn + own < step.outputs) {
        const float sum = whole_sum(s, 1, own / ROWS, image, own % ROWS);
        v = gelu(step.bias[from + turn + own] + sum);
      }
      reinterpret_cast<float*>(s.x + image * job.pitch + job.each)[turn + own] = v;
    }
    __syncthreads();
  }
  leave_part<4>(job, s.x + job.each, step.next + from, step.outputs,
                min(step.units, step.outputs - from), B);
}
