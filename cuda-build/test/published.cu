// Products C (N,N) = A (N,N)·B (N,N) in fp32, row-major, in the tilings of SGEMM_CUDA (its README has their
// rates on an A6000): restated here to hold a prediction against. N is a multiple of 128.

// 1: a thread an element, neighbours in different rows.
extern "C" __global__ void __launch_bounds__(1024) sgemm_1(int n, const float* a, const float* b, float* c) {
  const int row = blockIdx.x * 32 + (threadIdx.x & 31), col = blockIdx.y * 32 + (threadIdx.x >> 5);
  float sum = 0;
  for (int k = 0; k < n; k++) sum = fmaf(a[row * n + k], b[k * n + col], sum);
  c[row * n + col] = sum;
}

// 2: neighbours in one row.
extern "C" __global__ void __launch_bounds__(1024) sgemm_2(int n, const float* a, const float* b, float* c) {
  const int row = blockIdx.x * 32 + (threadIdx.x >> 5), col = blockIdx.y * 32 + (threadIdx.x & 31);
  float sum = 0;
  for (int k = 0; k < n; k++) sum = fmaf(a[row * n + k], b[k * n + col], sum);
  c[row * n + col] = sum;
}

// 3: tiles of 32 x 32 in shared memory.
extern "C" __global__ void __launch_bounds__(1024) sgemm_3(int n, const float* a, const float* b, float* c) {
  __shared__ float as[32][32], bs[32][32];
  const int y = threadIdx.x >> 5, x = threadIdx.x & 31;
  const int row = blockIdx.x * 32 + y, col = blockIdx.y * 32 + x;
  float sum = 0;
  for (int k0 = 0; k0 < n; k0 += 32) {
    as[y][x] = a[row * n + k0 + x];
    bs[y][x] = b[(k0 + y) * n + col];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 32; k++) sum = fmaf(as[y][k], bs[k][x], sum);
    __syncthreads();
  }
  c[row * n + col] = sum;
}

// 4: a block has 64 x 64, a thread a column of 8; 8 of K at a time.
extern "C" __global__ void __launch_bounds__(512) sgemm_4(int n, const float* a, const float* b, float* c) {
  __shared__ float as[64][8], bs[8][64];
  const int t = threadIdx.x, x = t & 63, y = t >> 6;
  const int row0 = blockIdx.y * 64, col0 = blockIdx.x * 64;
  float sum[8] = {};
  for (int k0 = 0; k0 < n; k0 += 8) {
    as[t >> 3][t & 7] = a[(row0 + (t >> 3)) * n + k0 + (t & 7)];
    bs[y][x] = b[(k0 + y) * n + col0 + x];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 8; k++) {
      const float right = bs[k][x];
#pragma unroll
      for (int i = 0; i < 8; i++) sum[i] = fmaf(as[y * 8 + i][k], right, sum[i]);
    }
    __syncthreads();
  }
  for (int i = 0; i < 8; i++) c[(row0 + y * 8 + i) * n + col0 + x] = sum[i];
}

// 5: a block has 128 x 128, a thread 8 x 8; 8 of K at a time.
extern "C" __global__ void __launch_bounds__(256) sgemm_5(int n, const float* a, const float* b, float* c) {
  __shared__ float as[128][8], bs[8][128];
  const int t = threadIdx.x, x = t & 15, y = t >> 4;
  const int row0 = blockIdx.y * 128, col0 = blockIdx.x * 128;
  float sum[8][8] = {};
  for (int k0 = 0; k0 < n; k0 += 8) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      as[i * 32 + (t >> 3)][t & 7] = a[(row0 + i * 32 + (t >> 3)) * n + k0 + (t & 7)];
      bs[i * 2 + (t >> 7)][t & 127] = b[(k0 + i * 2 + (t >> 7)) * n + col0 + (t & 127)];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 8; k++) {
      float left[8], right[8];
#pragma unroll
      for (int i = 0; i < 8; i++) left[i] = as[y * 8 + i][k], right[i] = bs[k][x * 8 + i];
#pragma unroll
      for (int i = 0; i < 8; i++)
#pragma unroll
        for (int j = 0; j < 8; j++) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
    }
    __syncthreads();
  }
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++) c[(row0 + y * 8 + i) * n + col0 + x * 8 + j] = sum[i][j];
}

// Reads of 16 bytes everywhere: A lies transposed in shared memory.
template <int K>
struct Wide {
  float a[K][128], b[K][128];

  template <int THREADS>
  __device__ void fetch(const float* from, const float* right, int n, int row0, int col0, int k0) {
#pragma unroll
    for (int i = 0; i < 32 * K / THREADS; i++) {
      const int at = i * THREADS + threadIdx.x;
      const int row = at / (K / 4), k = at % (K / 4) * 4;
      const float4 x = *reinterpret_cast<const float4*>(from + (row0 + row) * n + k0 + k);
      a[k][row] = x.x, a[k + 1][row] = x.y, a[k + 2][row] = x.z, a[k + 3][row] = x.w;
      const int line = at / 32, col = at % 32 * 4;
      *reinterpret_cast<float4*>(&b[line][col]) =
          *reinterpret_cast<const float4*>(right + (k0 + line) * n + col0 + col);
    }
  }
};

// 6: as 5, in 16 bytes.
extern "C" __global__ void __launch_bounds__(256) sgemm_6(int n, const float* a, const float* b, float* c) {
  __shared__ alignas(16) Wide<8> tile;
  const int t = threadIdx.x, x = t & 15, y = t >> 4;
  const int row0 = blockIdx.y * 128, col0 = blockIdx.x * 128;
  float sum[8][8] = {};
  for (int k0 = 0; k0 < n; k0 += 8) {
    tile.fetch<256>(a, b, n, row0, col0, k0);
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 8; k++) {
      float left[8], right[8];
#pragma unroll
      for (int i = 0; i < 8; i += 4) {
        *reinterpret_cast<float4*>(left + i) = *reinterpret_cast<float4*>(&tile.a[k][y * 8 + i]);
        *reinterpret_cast<float4*>(right + i) = *reinterpret_cast<float4*>(&tile.b[k][x * 8 + i]);
      }
#pragma unroll
      for (int i = 0; i < 8; i++)
#pragma unroll
        for (int j = 0; j < 8; j++) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
    }
    __syncthreads();
  }
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j += 4)
      *reinterpret_cast<float4*>(c + (row0 + y * 8 + i) * n + col0 + x * 8 + j) =
          make_float4(sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
}

// 10: four warps, each 64 x 64 as four strips of 16 columns, a thread 8 x 4 of each; 16 of K at a time.
extern "C" __global__ void __launch_bounds__(128) sgemm_10(int n, const float* a, const float* b, float* c) {
  __shared__ alignas(16) Wide<16> tile;
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const int y = (warp >> 1) * 64 + (lane >> 2) * 8, x = (warp & 1) * 64 + (lane & 3) * 4;
  const int row0 = blockIdx.y * 128, col0 = blockIdx.x * 128;
  float sum[4][8][4] = {};
  for (int k0 = 0; k0 < n; k0 += 16) {
    tile.fetch<128>(a, b, n, row0, col0, k0);
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 16; k++) {
      float left[8];
      *reinterpret_cast<float4*>(left) = *reinterpret_cast<float4*>(&tile.a[k][y]);
      *reinterpret_cast<float4*>(left + 4) = *reinterpret_cast<float4*>(&tile.a[k][y + 4]);
#pragma unroll
      for (int strip = 0; strip < 4; strip++) {
        const float4 r = *reinterpret_cast<float4*>(&tile.b[k][x + strip * 16]);
        const float right[4] = {r.x, r.y, r.z, r.w};
#pragma unroll
        for (int i = 0; i < 8; i++)
#pragma unroll
          for (int j = 0; j < 4; j++) sum[strip][i][j] = fmaf(left[i], right[j], sum[strip][i][j]);
      }
    }
    __syncthreads();
  }
  for (int strip = 0; strip < 4; strip++)
    for (int i = 0; i < 8; i++)
      *reinterpret_cast<float4*>(c + (row0 + y + i) * n + col0 + x + strip * 16) =
          make_float4(sum[strip][i][0], sum[strip][i][1], sum[strip][i][2], sum[strip][i][3]);
}

// ---- The lower triangle of Q·K^T for each head, fp32, in the four steps of llm.c's trimat_forward.cu (their times
// on an RTX A4000 are in that file and in its pull requests 214 and 227). qkv (B,T,3C), out (B·NH,T,T) with
// `stride` floats from head to head; a block has 128 x 128, a thread 8 x 8. T is a multiple of 128, heads have 64.

constexpr int HEAD = 64;

struct Corner {
  const float *q, *k;
  float* out;
  int row, col, pitch;

  __device__ Corner(const float* qkv, float* out, int T, int heads, long long stride) {
    const int b = blockIdx.z / heads, h = blockIdx.z % heads;
    pitch = 3 * heads * HEAD;
    row = blockIdx.x * 128 + (threadIdx.x & 15) * 8;
    col = blockIdx.y * 128 + (threadIdx.x >> 4) * 8;
    q = qkv + (long long)b * T * pitch + h * HEAD;
    k = q + heads * HEAD;
    this->out = out + blockIdx.z * stride;
  }
};

__device__ void write(const Corner& at, int T, float scale, const float (&sum)[8][8]) {
#pragma unroll
  for (int i = 0; i < 8; i++)
#pragma unroll
    for (int j = 0; j < 8; j += 4)
      *reinterpret_cast<float4*>(at.out + (long long)(at.row + i) * T + at.col + j) =
          make_float4(sum[i][j] * scale, sum[i][j + 1] * scale, sum[i][j + 2] * scale, sum[i][j + 3] * scale);
}

// 1: every product reads its two factors.
extern "C" __global__ void __launch_bounds__(256, 2)
trimat_1(int T, int heads, long long stride, const float* qkv, float* out) {
  const Corner at(qkv, out, T, heads, stride);
  if (blockIdx.y > blockIdx.x || at.col > at.row) return;
#pragma unroll 1
  for (int i = 0; i < 8; i++)
#pragma unroll 1
    for (int j = 0; j < 8; j++) {
      float sum = 0;
      for (int d = 0; d < HEAD; d++) sum += at.q[(at.row + i) * at.pitch + d] * at.k[(at.col + j) * at.pitch + d];
      at.out[(long long)(at.row + i) * T + at.col + j] = sum * 0.125f;
    }
}

// 2: 16 reads for 64 products, a float each.
extern "C" __global__ void __launch_bounds__(256, 2)
trimat_2(int T, int heads, long long stride, const float* qkv, float* out) {
  const Corner at(qkv, out, T, heads, stride);
  if (blockIdx.y > blockIdx.x || at.col > at.row) return;
  float sum[8][8] = {};
  for (int d = 0; d < HEAD; d++) {
    float left[8], right[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
      left[i] = at.q[(at.row + i) * at.pitch + d];
      right[i] = at.k[(at.col + i) * at.pitch + d];
    }
#pragma unroll
    for (int i = 0; i < 8; i++)
#pragma unroll
      for (int j = 0; j < 8; j++) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
  }
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++) at.out[(long long)(at.row + i) * T + at.col + j] = sum[i][j] * 0.125f;
}

// 3: the same in 16 bytes.
extern "C" __global__ void __launch_bounds__(256, 2)
trimat_3(int T, int heads, long long stride, const float* qkv, float* out) {
  const Corner at(qkv, out, T, heads, stride);
  if (blockIdx.y > blockIdx.x || at.col > at.row) return;
  float sum[8][8] = {};
  for (int d = 0; d < HEAD; d += 4) {
    float4 right[8];
#pragma unroll
    for (int j = 0; j < 8; j++) right[j] = *reinterpret_cast<const float4*>(at.k + (at.col + j) * at.pitch + d);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const float4 left = *reinterpret_cast<const float4*>(at.q + (at.row + i) * at.pitch + d);
#pragma unroll
      for (int j = 0; j < 8; j++) {
        sum[i][j] = fmaf(left.x, right[j].x, sum[i][j]);
        sum[i][j] = fmaf(left.y, right[j].y, sum[i][j]);
        sum[i][j] = fmaf(left.z, right[j].z, sum[i][j]);
        sum[i][j] = fmaf(left.w, right[j].w, sum[i][j]);
      }
    }
  }
  write(at, T, 0.125f, sum);
}

// 4: 32 channels at a time through shared memory, each lane at another place of its row so that few meet in a bank.
template <bool ALL>
__device__ void trimat_shared(int T, int heads, long long stride, const float* qkv, float* out) {
  __shared__ float left[128][32], right[128][32];
  const Corner at(qkv, out, T, heads, stride);
  if (!ALL && blockIdx.y > blockIdx.x) return;
  const int x = threadIdx.x & 15, y = threadIdx.x >> 4;
  float sum[8][8] = {};
  for (int d0 = 0; d0 < HEAD; d0 += 32) {
    __syncthreads();
    for (int line = threadIdx.x >> 5; line < 128; line += 8) {
      const int d = threadIdx.x & 31;
      left[line][d] = at.q[(blockIdx.x * 128 + line) * at.pitch + d0 + d];
      right[line][d] = at.k[(blockIdx.y * 128 + line) * at.pitch + d0 + d];
    }
    __syncthreads();
    for (int d = 0; d < 32; d++) {
      float r[8];
#pragma unroll
      for (int j = 0; j < 8; j++) r[j] = right[y * 8 + j][(d + x) & 31];
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const float l = left[x * 8 + i][(d + x) & 31];
#pragma unroll
        for (int j = 0; j < 8; j++) sum[i][j] = fmaf(l, r[j], sum[i][j]);
      }
    }
  }
  if (ALL || at.col <= at.row) write(at, T, 0.125f, sum);
}

extern "C" __global__ void __launch_bounds__(256, 2)
trimat_4(int T, int heads, long long stride, const float* qkv, float* out) {
  trimat_shared<false>(T, heads, stride, qkv, out);
}

// The same for the whole square.
extern "C" __global__ void __launch_bounds__(256, 2)
trimat_dense(int T, int heads, long long stride, const float* qkv, float* out) {
  trimat_shared<true>(T, heads, stride, qkv, out);
}
