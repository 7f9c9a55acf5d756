// The one tiled product behind linear, masked and convolutional layers:
//   C (rows, cols) = sum over k of A(row, k)·B(col, k).
//
// A block owns a tile of C in registers: tile_small.cuh, or where this is compiled with -DLARGE tile_large.cuh, says how its
// operands get there. How they are multiplied is said by the Tile: in fp32, or on tensor cores where this is compiled with
// -DTF32 or -DBF16. IN_PRECISION names a kernel after it.
//
// A small batch has too few tiles for a large GPU, so K may be cut into chunks of `chunk` steps, of which block
// (tile, z) multiplies number z. Of four neighbours the block that comes last adds up all four, in the order of z; of
// four such sums again the last one; and the block that ends with all of them finishes the tile. So who comes
// when changes no bit, nobody waits for another, and it is one launch.
//
// What is multiplied is said by a Problem (linear.cu has the plainest):
//   a, b                     the operands, fetched step after step from where `seek` has put them
//   rows, cols               of C
//   span(row0, col0)         the k that this tile needs at all, and whether the tile exists
//   MASKED, whole(k), keeps(k, limit), limit(col)      for steps that the staircase cuts
//   finish(row, col, sum)    what becomes of four finished sums, or of twice four where a kernel asks
//                            for EIGHT, so that a warp can fill sectors with half as many columns
//   KEEPS_B                  whether tall tiles may keep B: not where k are pixels, which are too many
//   ADDS_ROWS, adds_rows, finish_row(row, sum)         whether, in this tile, A's rows are added up as well: those of dy
//                            are the gradient of the biases, and whoever multiplies dy has it at hand
#pragma once
#include "common.cuh"

// What becomes of B in a tile: it is fetched, step by step, and is kept for the next one.
struct Weights {
  bool fetched, kept;
};

// Whether an operand may be read and written 16 bytes at a time. TileProduct takes larger tiles only where all may, so
// there nobody asks again.
#ifdef LARGE
constexpr bool ALL_ALIGNED = true;
#else
constexpr bool ALL_ALIGNED = false;
#endif
__device__ __forceinline__ bool operand_aligned16(const void* p) {
  return ALL_ALIGNED || aligned16(p);
}
template <class T>
__device__ __forceinline__ bool operand_rows_aligned16(const T* base, int pitch) {
  return ALL_ALIGNED || rows_aligned16(base, pitch);
}

#ifdef LARGE
#include "tile/tile_large.cuh"
#define TILE_BOUNDS_IN_BF16(blocks) __launch_bounds__(TILE_BOUNDS)
#define SMALL_TILE_BOUNDS(blocks) __launch_bounds__(TILE_BOUNDS)
#else
#define TILE_BOUNDS TILE_THREADS
#define TILE_BOUNDS_IN_BF16(blocks) BOUNDS_IN_BF16(TILE_THREADS, blocks)
#define SMALL_TILE_BOUNDS(blocks) __launch_bounds__(TILE_THREADS, blocks)
#include "tile/tile_small.cuh"
#endif

// Whether a Problem asks for them, and the Tile has them.
template <class Problem>
constexpr bool ADDS_ROWS = RowSums::FOURS > 0 && Problem::ADDS_ROWS;

struct Span {
  int begin, end;
  bool exists;
};

// Finishes the sums of a tile, eight columns at a time where the Tile can and the Problem wants it.
template <bool EIGHT, class Tile, class Problem>
__device__ __forceinline__ void finish(const Problem& p, const Tile& tile, TileBuffers& buffers,
                                       int row0, int col0) {
  if constexpr (EIGHT && Tile::HAS_EIGHT) {
    each_eight(p, tile, buffers, [&](int row, int col, float4 left, float4 right) {
      if (row0 + row < p.rows) {
        p.finish(row0 + row, col0 + col, left, right);
      }
    });
  } else {
    each_sum(p, tile, buffers, [&](int row, int col, float4 sum) {
      if (row0 + row < p.rows) {
        p.finish(row0 + row, col0 + col, sum);
      }
    });
  }
}

// ---- chunks of K, each of which has a slot in `partial` for what its threads hold

constexpr int FOURS = sizeof(Tile::sum) / sizeof(float4);  // sums of a thread
constexpr int SLOT = (FOURS + RowSums::FOURS) * TILE_THREADS;

// From number `from` on, as many as can be on their way without a spill.
constexpr int AT_ONCE = 16;

template <class Problem, class Use>
__device__ __forceinline__ void each_four(const Problem& p, Tile& tile, RowSums& rows, int from,
                                          Use use) {
  float(*sums)[4] = reinterpret_cast<float(*)[4]>(&tile.sum);
#pragma unroll
  for (int i = from; i < FOURS && i < from + AT_ONCE; i++) {
    use(i * TILE_THREADS, sums[i]);
  }
  if constexpr (ADDS_ROWS<Problem>) {
    if (from == 0 && p.adds_rows) {
#pragma unroll
      for (int i = 0; i < RowSums::FOURS; i++) {
        use((FOURS + i) * TILE_THREADS, rows.sum[i]);
      }
    }
  }
}

// Whether this block comes here as the last of so many. Then it sees what they have written, and the counter is 0 again.
__device__ __forceinline__ bool comes_last(unsigned* counter, unsigned of) {
  __syncthreads();
  bool last = false;
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicInc(counter, of - 1) == of - 1;
    __threadfence();
  }
  return __syncthreads_or(last);
}

// Adds up the chunks of a tile, four at a time. True in the block that has them all afterwards.
template <class Problem>
__device__ __forceinline__ bool add_chunks(const Problem& p, Tile& tile, RowSums& rows,
                                           float* partial, int chunks) {
  // Without the promise the compiler forgets the alignment and writes four times four bytes.
  float4* slots = static_cast<float4*>(__builtin_assume_aligned(partial, 16)) + threadIdx.x;
  const auto slot = [](int z) { return z * (int)gridDim.x + (int)blockIdx.x; };
  int z = blockIdx.y;
#pragma unroll 1
  for (int shift = 0; 1 << shift < chunks; shift += 2) {  // sums of 1, 4, 16, ... chunks
    const int first = z >> (shift + 2) << (shift + 2);
    const int members = min(4, (chunks - first + (1 << shift) - 1) >> shift);
    if (members == 1) {
      continue;
    }
    float4* mine = slots + slot(z) * SLOT;
#pragma unroll
    for (int from = 0; from < FOURS; from += AT_ONCE) {
      each_four(p, tile, rows, from, [&](int at, float(&sum)[4]) {
        mine[at] = make_float4(sum[0], sum[1], sum[2], sum[3]);
        sum[0] = sum[1] = sum[2] = sum[3] = 0.0f;
      });
    }
    // The counters lie before the slots; the second member's is that of the four, and of no others.
    unsigned* counter = reinterpret_cast<unsigned*>(partial) - 1 - slot(first + (1 << shift));
    if (!comes_last(counter, members)) {
      return false;
    }
    z = first;
#pragma unroll
    for (int from = 0; from < FOURS; from += AT_ONCE) {
#pragma unroll 1
      for (int m = 0; m < members; m++) {
        const float4* other = slots + slot(first + (m << shift)) * SLOT;
        each_four(p, tile, rows, from, [&](int at, float(&sum)[4]) {
          const float4 v = __ldcg(other + at);
          sum[0] += v.x;
          sum[1] += v.y;
          sum[2] += v.z;
          sum[3] += v.w;
        });
      }
    }
  }
  return true;
}

// One tile, or a chunk of it. True in the block that has finished it.
template <bool EIGHT, class Problem>
__device__ __forceinline__ bool finish_tile(Problem& p, TileBuffers& buffers, int row0, int col0,
                                            float* partial, int chunk, Weights weights) {
  const Span span = p.span(row0, col0);
  const int begin = span.begin + blockIdx.y * chunk * STEP;
  const int end = min(span.end, begin + chunk * STEP);
  if (!span.exists || (blockIdx.y > 0 && begin >= span.end)) {
    return false;
  }
  Tile tile;
  RowSums rows;
  if (begin < end) {
    multiply(p, tile, rows, buffers, row0, col0, begin, end, weights);
  }
  if (gridDim.y > 1) {
    const int chunks = (span.end - span.begin + chunk * STEP - 1) / (chunk * STEP);
    if (!add_chunks(p, tile, rows, partial, chunks)) {
      return false;
    }
  }
  finish<EIGHT>(p, tile, buffers, row0, col0);
  if constexpr (ADDS_ROWS<Problem>) {
    if (p.adds_rows) {
      rows.finish(p, buffers, row0);
    }
  }
  return true;
}

// The tile of this block, and those below it where there are fewer blocks than tiles: as far apart as blocks of a column.
template <bool EIGHT, class Problem>
__device__ __forceinline__ bool finish_tiles_down(Problem& p, TileBuffers& buffers, int row0,
                                                  int col0, float* partial, int chunk) {
  const int apart = gridDim.x / ((p.cols + TILE - 1) / TILE) * TILE_ROWS;
  Weights weights{true, apart < p.rows};
#pragma unroll 1
  while (true) {
    const bool finished = finish_tile<EIGHT>(p, buffers, row0, col0, partial, chunk, weights);
    row0 += apart;
    if (row0 >= p.rows) {
      return finished;
    }
    weights.fetched = false;
    __syncthreads();  // all have taken their sums from where the next tile's stages lie
  }
}

// Where this block's tall tile begins: row and column. Where there are more blocks than tiles, each of the last tiles has two,
// of half of its rows, so that the last wave leaves no multiprocessor without work: there `p` ends with the half.
template <class Problem>
__device__ __forceinline__ int2 own_tile(Problem& p, int across) {
  const int tiles = (p.rows + TILE_ROWS - 1) / TILE_ROWS * across;
  const int halved = (int)gridDim.x - tiles;
  const int beyond = (int)blockIdx.x - (tiles - halved);
  unsigned tile = blockIdx.x;
  int lower = 0;
  if (halved > 0 && beyond >= 0) {
    tile = tiles - halved + beyond / 2;
    lower = beyond % 2 * (TILE_ROWS / 2);
    p.rows = p.a.rows = min(p.rows, (int)(tile / across * TILE_ROWS) + lower + TILE_ROWS / 2);
  }
  return make_int2(tile / across * TILE_ROWS + lower, p.column(tile % across, across) * TILE);
}

// Grid (tiles, chunks), or with tall tiles fewer blocks or more. True in the block that has finished its tile.
template <bool EIGHT = false, class Problem>
__device__ __forceinline__ bool tile_product(Problem& p, float* partial, int chunk) {
#ifdef TALL  // more than a kernel may declare, so whoever launches it gives it
  extern __shared__ __align__(128) char given[];
  TileBuffers& buffers = *reinterpret_cast<TileBuffers*>(given);
#else
  __shared__ TileBuffers buffers;
#endif
  const int across = (p.cols + TILE - 1) / TILE;
  if constexpr (TILE_ROWS > TILE) {
    if constexpr (Problem::KEEPS_B) {
      const int2 own = own_tile(p, across);
      return finish_tiles_down<EIGHT>(p, buffers, own.x, own.y, partial, chunk);
    }
  }
  const int row0 = blockIdx.x / across * TILE_ROWS;
  const int col0 = p.column(blockIdx.x % across, across) * TILE;
  return finish_tile<EIGHT>(p, buffers, row0, col0, partial, chunk, {true, false});
}

// What a Problem says that adds up no rows of A ...
struct NoRows {
  static constexpr bool ADDS_ROWS = false;
  static constexpr bool adds_rows = false;
};

// ... and one without a mask.
struct Unmasked : NoRows {
  static constexpr bool KEEPS_B = true;
  static constexpr bool MASKED = false;
  __device__ bool whole(int) const { return true; }
  __device__ bool keeps(int, int) const { return true; }
  __device__ int limit(int) const { return 0; }
  __device__ int column(int tile, int) const { return tile; }
};

// ---- what becomes of the sums

struct Bias {  // y = f(b + sum)
  ColumnVector b;
  Stored* y;
  int pitch, cols, f;
  bool wide;

  __device__ __forceinline__ Bias(const float* b, Stored* y, int pitch, int cols, int f)
      : b(b), y(y), pitch(pitch), cols(cols), f(f), wide(operand_rows_aligned16(y, pitch)) {}

  __device__ __forceinline__ void operator()(int row, int col, float4 sum) const {
    const int left = cols - col;
    if (b.data != nullptr) {
      sum = sum + b.four(col, left, operand_aligned16(b.data));
    }
    sum = make_float4(activate_fused(f, sum.x), activate_fused(f, sum.y), activate_fused(f, sum.z),
                      activate_fused(f, sum.w));
    store4(y + (int64)row * pitch + col, sum, left, wide);
  }
};

template <class T>
struct Add {  // d += sum; a fresh d counts as zeros, whatever is there
  T* d;
  int cols;
  bool wide, fresh;

  __device__ __forceinline__ Add(T* d, int cols, bool fresh = false)
      : d(d), cols(cols), wide(operand_rows_aligned16(d, cols)), fresh(fresh) {}

  __device__ __forceinline__ void operator()(int row, int col, float4 sum, int live) const {
    T* at = d + (int64)row * cols + col;
    const int left = live - col;
    store4(at, load4(at, fresh ? 0 : left, wide) + sum, left, wide);
  }
};
