// Attention over bf16 in memory on tensor cores, for heads of up to 64 channels (sm_80): what its three kernels
// share, attention_stream_forward.cuh and attention_stream_backward.cuh.
//
// A warp owns 16 rows. Their left operands lie in its registers throughout, and so do its results; what they
// are multiplied by streams through shared memory, 64 rows of two operands (k and v, or q and dy) at a time, past
// the registers (cp.async). The next tile is on its way while one is multiplied, so a tile has one barrier.
//
// A tile lies in shared memory as in memory, and ldmatrix gives fragments of it in either direction: with its
// channels as the k of a product (scores), or, transposed, with its rows as k (what is summed by weights). P
// never leaves the registers: the sums that scores leave in a lane are what a left fragment wants from it.
//
// Law 4 where the diagonal runs through a tile: a weight is 0 behind it, but 0·NaN is NaN. There words that are not finite
// are zeros to the mma, and then added to the rows that see them: the bits of a finite row do not
// depend on its neighbours. In scores an element meets only its own row, which a select takes out.
#pragma once
#include "attention/attention_pipeline.cuh"
#include "exp2.cuh"
#include "tile/mma.cuh"

namespace streamed {

constexpr Word ONES = 0x3f803f80u;

__device__ __forceinline__ int group_of() { return lane_of() / 4; }
__device__ __forceinline__ int slot_of() { return lane_of() % 4; }

// ---- fragments: lane 4g + t, as in mma.cuh

__device__ __forceinline__ void load_matrices(Word (&to)[4], unsigned from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from));
}

__device__ __forceinline__ void load_transposed(Word (&to)[4], unsigned from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from));
}

// Where this lane reads 16 rows and 16 channels, in a left fragment and a transposed right one down the rows
// first, in a right one along the channels first.
template <int N>
__device__ __forceinline__ unsigned down_first() {
  return Stage<N>::place(lane_of() & 15, lane_of() >> 4);
}
template <int N>
__device__ __forceinline__ unsigned along_first() {
  return Stage<N>::place((lane_of() & 7) + (lane_of() >> 4) * 8, lane_of() >> 3 & 1);
}

// A warp's 16 rows as left operand, all channels.
template <int N>
struct Rows {
  Word word[N / 16][4];

  // Rows 16·n to 16·n + 15 of a stage.
  __device__ __forceinline__ Rows(unsigned stage, int n) {
#pragma unroll
    for (int k = 0; k < N / 16; k++) {
      load_matrices(word[k], Stage<N>::later(stage + down_first<N>(), 2 * k, 16 * n));
    }
  }
};

// Products of the warp's rows with rows 16·n to 16·n + 15 of a stage; those of its second operand begin at n = GROUPS.
template <int N>
__device__ __forceinline__ void scores(float (&first)[4], float (&second)[4], const Rows<N>& left,
                                       unsigned along, int n) {
#pragma unroll
  for (int k = 0; k < N / 16; k++) {
    Word right[4];
    load_matrices(right, Stage<N>::later(along, 2 * k, 16 * n));
    Format::mma(first, left.word[k], {right[0], right[1]});
    Format::mma(second, left.word[k], {right[2], right[3]});
  }
}

// The left fragment of 16 weights of each row, as `scores` leaves them.
__device__ __forceinline__ void weights(Word (&to)[4], const float (&first)[4],
                                        const float (&second)[4]) {
  to[0] = __float_as_uint(Format::pair(first[0], first[1]));
  to[1] = __float_as_uint(Format::pair(first[2], first[3]));
  to[2] = __float_as_uint(Format::pair(second[0], second[1]));
  to[3] = __float_as_uint(Format::pair(second[2], second[3]));
}

// Bit 15 or 31 of a half that is not finite.
__device__ __forceinline__ Word not_finite(Word w) {
  return ((w & 0x7f807f80u) + 0x00800080u) & 0x80008000u;
}

// Halves that are not finite become zeros; `bad` gets their bits.
__device__ __forceinline__ void take_out_not_finite(Word (&words)[4], Word& bad) {
#pragma unroll
  for (int k = 0; k < 4; k++) {
    const Word halves = not_finite(words[k]);
    words[k] &= ~((halves >> 15) * 0xffffu);
    bad |= halves;
  }
}

// A warp's 16 x N results: rows g and g + 8, columns 8·m + 2t and the next.
template <int N>
struct Sums {
  float sum[N / 8][4] = {};

  // += weights times rows 16·n to 16·n + 15 of a stage, as above.
  // @param bad gets the bits of what is not finite, which EDGE leaves out
  template <bool EDGE>
  __device__ __forceinline__ void add(const Word (&left)[4], unsigned down, int n, Word& bad) {
#pragma unroll
    for (int m = 0; m < N / 16; m++) {
      Word right[4];
      load_transposed(right, Stage<N>::later(down, 2 * m, 16 * n));
      if constexpr (EDGE) {
        take_out_not_finite(right, bad);
      }
      Format::mma(sum[2 * m], left, {right[0], right[1]});
      Format::mma(sum[2 * m + 1], left, {right[2], right[3]});
    }
  }

  // What of these rows is not finite, to the rows that see it: sees(row, column). As it is, since no weight would make
  // it finite.
  template <class Sees>
  __device__ __forceinline__ void add_not_finite(unsigned stage, int n, Sees sees) {
#pragma unroll 1
    for (int j = 0; j < 16; j++) {
      const bool upper = sees(group_of(), j), lower = sees(group_of() + 8, j);
#pragma unroll
      for (int m = 0; m < N / 8; m++) {
        Word w;
        asm volatile("ld.shared.u32 %0, [%1];"
                     : "=r"(w)
                     : "r"(stage + Stage<N>::place(16 * n + j, m) + slot_of() * 4));
        const Word bad = not_finite(w);
        const float first = bad & 0x8000u ? first_of(w) : 0.0f;
        const float second = bad >> 31 ? second_of(w) : 0.0f;
        sum[m][0] += upper ? first : 0.0f;
        sum[m][1] += upper ? second : 0.0f;
        sum[m][2] += lower ? first : 0.0f;
        sum[m][3] += lower ? second : 0.0f;
      }
    }
  }

  __device__ __forceinline__ void scale(float upper, float lower) {
#pragma unroll
    for (int m = 0; m < N / 8; m++) {
      sum[m][0] *= upper;
      sum[m][1] *= upper;
      sum[m][2] *= lower;
      sum[m][3] *= lower;
    }
  }

  // To or onto rows `row0` and following, eight at a time through shared memory, which nobody else reads any more: so
  // whole sectors are written, by little code.
  __device__ __forceinline__ void write(void* shared, const HeadOf<Stored>& head, int row0,
                                        bool fresh) const {
    constexpr int PITCH = N + 8;  // floats; the stores of a warp's halves fill the banks
    float* eight = static_cast<float*>(shared) + warp_of() * 8 * PITCH;
#pragma unroll
    for (int r = 0; r < 2; r++) {
      __syncwarp();
#pragma unroll
      for (int m = 0; m < N / 8; m++) {
        float* to = eight + group_of() * PITCH + m * 8 + slot_of() * 2;
        *reinterpret_cast<float2*>(to) = make_float2(sum[m][2 * r], sum[m][2 * r + 1]);
      }
      __syncwarp();
#pragma unroll 1
      for (int at = lane_of(); at < 8 * N / 4; at += 32) {
        const int line = at / (N / 4), d = at % (N / 4) * 4;
        const int row = row0 + 8 * r + line;
        const float4 v = *reinterpret_cast<const float4*>(eight + line * PITCH + d);
        const float four[4] = {v.x, v.y, v.z, v.w};
        if (row >= 0 && fresh) {
          head.template write<false>(row, d, four);
        } else if (row >= 0) {
          head.template write<true>(row, d, four);
        }
      }
    }
  }
};

__device__ __forceinline__ float quad_max(float v) {
  v = fmaxf(v, __shfl_xor_sync(WARP, v, 1));
  return fmaxf(v, __shfl_xor_sync(WARP, v, 2));
}

__device__ __forceinline__ float quad_sum(float v) {
  v += __shfl_xor_sync(WARP, v, 1);
  return v + __shfl_xor_sync(WARP, v, 2);
}

// The sum of y·dy over a row, by four lanes; 0 for a row that does not exist.
__device__ __forceinline__ float row_delta(const Head& y, const Head& dy, int row) {
  float sum = 0.0f;
  for (int d = slot_of() * 4; row >= 0 && d < y.D; d += 16) {
    const float4 a = y.fetch(row, d), b = dy.fetch(row, d);
    sum += (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
  }
  return quad_sum(sum);
}

__device__ __forceinline__ float2 load_two(unsigned from) {
  float2 v;
  asm volatile("ld.shared.v2.f32 {%0, %1}, [%2];" : "=f"(v.x), "=f"(v.y) : "r"(from));
  return v;
}

// The block's head, and the number of the block among those of its head as first row.
__device__ __forceinline__ Place place_of(int block, const Sizes& n) {
  const int heads = n.B * n.H;
  return {block % heads / n.H, block % heads % n.H, block / heads};
}

// The first block has the last ROWS rows and so on: the rows that the last one has too many lie before the sequence, where
// there is next to nothing to see.
template <int ROWS>
__device__ __forceinline__ Place place_from_end(int block, const Sizes& n) {
  const Place at = place_of(block, n);
  return {at.b, at.h, n.T - ROWS * (at.row0 + 1)};
}

template <int ROWS>
__device__ __forceinline__ Place place_from_start(int block, const Sizes& n) {
  const Place at = place_of(block, n);
  return {at.b, at.h, ROWS * at.row0};
}

// How many tiles a block of queries from row0 on sees all of.
__device__ __forceinline__ int whole_tiles(int row0) { return max(0, row0 + 1) / TILE_ROWS; }

// So that a place is made anew behind a loop and no register holds it through the loop.
__device__ __forceinline__ int block_again() {
  int block;
  asm volatile("mov.u32 %0, %%ctaid.x;" : "=r"(block));
  return block;
}

}  // namespace streamed
