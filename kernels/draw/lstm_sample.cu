// Draws whole images of an LSTM of one layer in one cooperative launch: the loop over its D pixels runs in the
// kernel, wh stays on the chip (see lstm_resident.cu), and a step ends with the one barrier that hands h on.
//
// A pixel needs two sums over the same h: its logit, and the next step's gates but for the pixel's own part.
// Every block reads all of h for its gates, so every block also adds up the logits, from what is staged anyway,
// and draws the pixels for itself: the same sums in the same order, so all blocks draw the same, and nobody
// waits for anybody's pixel. Block 0 writes them down.
//
// Parameters as PyTorch has them: wx (4H,3), bx and bh (4H), wh (4H,H), head (H), head_bias (1); what a step
// reads is that of previous_pixel.cu. h (2,B,H) and c (B,H) are zero at first, both are used up. The first
// `stages` stages of weights lie in shared memory: 8 units of H = 1024 take 151 KB with the head's weights,
// 10 units up to 163 KB, which leaves room for H = 1024 on an A100 and none for more.
//
// The kernels called classes also add of_classes: to the gates (B,4H), then to the logit (B).
#include "lstm/lstm_resident.cuh"
#include "philox.cuh"

constexpr int PARTS = STAGERS / ROWS;  // threads that share a row's logit
constexpr int PART = DEPTH / PARTS;

// What the four gates of the block's units make of value, row and column of the pixel before.
template <int UNITS>
struct Inputs {
  float4 bias[UNITS], value[UNITS], row[UNITS], column[UNITS];

  __device__ __forceinline__ void load(const float* wx, const float* bx, const float* bh, int u,
                                       int unit, int H) {
    const float4 none = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    const bool exists = unit < H;
    bias[u] = exists ? load_gates(bx + unit, H) + load_gates(bh + unit, H) : none;
    value[u] = exists ? load_gates(wx + 3 * unit, 3 * H) : none;
    row[u] = exists ? load_gates(wx + 3 * unit + 1, 3 * H) : none;
    column[u] = exists ? load_gates(wx + 3 * unit + 2, 3 * H) : none;
  }

  __device__ __forceinline__ float4 at(int u, float x, float y, float z) const {
    const float4 a = value[u], b = row[u], c = column[u], d = bias[u];
    return make_float4(fmaf(x, a.x, fmaf(y, b.x, fmaf(z, c.x, d.x))),
                       fmaf(x, a.y, fmaf(y, b.y, fmaf(z, c.y, d.y))),
                       fmaf(x, a.z, fmaf(y, b.z, fmaf(z, c.z, d.z))),
                       fmaf(x, a.w, fmaf(y, b.w, fmaf(z, c.w, d.w))));
  }
};

// draw: see philox.cuh; pixels (B,D) hold the first `from` of each image already; logits (B,D).
template <class S, bool CLASSES>
__device__ __forceinline__ void
sample(const float* __restrict__ wx, const float* __restrict__ bx, const float* __restrict__ wh,
       const float* __restrict__ bh, const float* __restrict__ head,
       const float* __restrict__ head_bias, const Draw* __restrict__ draw, float temperature,
       int from, float* h, float* c, float* pixels, float* __restrict__ logits, int B, int H, int D,
       int side, int stages, const float* __restrict__ of_classes) {
  extern __shared__ float4 room[];
  __shared__ float part[PARTS][ROWS];
  __shared__ float value[ROWS];
  __shared__ Inputs<S::UNITS> inputs;
  float* shared = reinterpret_cast<float*>(room);
  float* buffers = shared + stages * S::STAGE;
  float* out = buffers + DEPTH * PITCH + S::TURN;  // head, padded with zeros to whole stages
  const int unit0 = blockIdx.x * S::UNITS;
  const Weights<S> w(shared, stages, GateColumns<S>{wh, unit0, H});
  for (int i = threadIdx.x; i < (H + DEPTH - 1) / DEPTH * DEPTH; i += S::THREADS) {
    out[i] = i < H ? head[i] : 0.0f;
  }
  if (threadIdx.x < S::UNITS) {  // a barrier of the product comes before they are read
    inputs.load(wx, bx, bh, threadIdx.x, unit0 + threadIdx.x, H);
  }
  const Draw draws = *draw;
  const int my_row = threadIdx.x % ROWS;
  const int my_part = threadIdx.x / ROWS;
  float* before = h;
  float* next = h + (int64)B * H;
  for (int p = 0; p <= D; p++) {  // step p knows the pixels before p - 1 and draws that one
    const int last = max(p - 1, 0);
    const float row_place = p == 0 ? 0.0f : (float)(last / side) / (float)max(D / side - 1, 1);
    const float column_place = p == 0 ? 0.0f : (float)(last % side) / (float)max(side - 1, 1);
    for (int row0 = 0; row0 < B; row0 += ROWS) {
      float sum = 0.0f;
      resident_product<S>(Staged(before + (int64)row0 * H, H, B - row0, H), w, buffers,
                          [&](const float(*in)[PITCH], int k0) {
                            if (my_part < PARTS) {
#pragma unroll
                              for (int k = my_part * PART; k < (my_part + 1) * PART; k++) {
                                sum = fmaf(in[k][my_row], out[k0 + k], sum);
                              }
                            }
                          });
      if (my_part < PARTS) {
        part[my_part][my_row] = sum;
      }
      __syncthreads();
      if (threadIdx.x < ROWS && row0 + my_row < B) {
        float x = 0.0f;
        if (p > 0) {
          const int64 at = (int64)(row0 + my_row) * D + last;
          float logit = head_bias[0];
          if (CLASSES) {
            logit += of_classes[(int64)B * 4 * H + row0 + my_row];
          }
          for (int n = 0; n < PARTS; n++) {
            logit += part[n][my_row];
          }
          const bool given = last < from;
          x = given ? pixels[at] : bernoulli_pixel(draws.uniform(at, D), logit, temperature);
          if (blockIdx.x == 0) {
            logits[at] = logit;
            if (!given) {
              pixels[at] = x;
            }
          }
        }
        value[my_row] = x;
      }
      __syncthreads();
      if (p < D) {
        each_unit<S>(row0, B, unit0, H, [&](int row, int u, int local) {
          const int64 at = (int64)row * H + unit0 + u;
          float4 gates = inputs.at(u, value[local], row_place, column_place) +
                         gate_product<S>(buffers, local, u);
          if (CLASSES) {
            gates = gates + load_gates(of_classes + (int64)row * 4 * H + unit0 + u, H);
          }
          const LstmCell cell = lstm_cell(gates, c[at]);
          c[at] = cell.c;
          next[at] = cell.h;
        });
      }
    }
    if (p < D) {
      cooperative_groups::this_grid().sync();
      float* other = before;
      before = next;
      next = other;
    }
  }
}

#define SAMPLE(units, blocks)                                                                      \
  extern "C" __global__ void __launch_bounds__(Forward##units::THREADS, blocks)                    \
      lstm_sample_##units(const float* __restrict__ wx, const float* __restrict__ bx,              \
                          const float* __restrict__ wh, const float* __restrict__ bh,              \
                          const float* __restrict__ head, const float* __restrict__ head_bias,     \
                          const Draw* __restrict__ draw, float temperature, int from, float* h,    \
                          float* c, float* pixels, float* __restrict__ logits, int B, int H,       \
                          int D, int side, int stages) {                                           \
    sample<Forward##units, false>(wx, bx, wh, bh, head, head_bias, draw, temperature, from, h, c,  \
                                  pixels, logits, B, H, D, side, stages, nullptr);                 \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(Forward##units::THREADS, blocks)                    \
      lstm_sample_classes_##units(const float* __restrict__ wx, const float* __restrict__ bx,      \
                                  const float* __restrict__ wh, const float* __restrict__ bh,      \
                                  const float* __restrict__ head,                                  \
                                  const float* __restrict__ head_bias,                             \
                                  const Draw* __restrict__ draw, float temperature, int from,      \
                                  float* h, float* c, float* pixels, float* __restrict__ logits,   \
                                  int B, int H, int D, int side, int stages,                       \
                                  const float* __restrict__ of_classes) {                          \
    sample<Forward##units, true>(wx, bx, wh, bh, head, head_bias, draw, temperature, from, h, c,   \
                                 pixels, logits, B, H, D, side, stages, of_classes);               \
  }

SAMPLE(8, 2)
SAMPLE(10, 1)
