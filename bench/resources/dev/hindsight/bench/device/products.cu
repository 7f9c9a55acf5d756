// Products of square matrices, c = a * b, whose side n is a multiple of 64: what the rate of the
// software GPU is measured with.

extern "C" __global__ void naive(const float *a, const float *b, float *c, int n) {
  int row = blockIdx.y * blockDim.y + threadIdx.y;
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; k++) {
    sum += a[row * n + k] * b[k * n + column];
  }
  c[row * n + column] = sum;
}

extern "C" __global__ void tiled(const float *a, const float *b, float *c, int n) {
  __shared__ float as[16][16];
  __shared__ float bs[16][16];
  int x = threadIdx.x;
  int y = threadIdx.y;
  int row = blockIdx.y * 16 + y;
  int column = blockIdx.x * 16 + x;
  float sum = 0;
  for (int t = 0; t < n; t += 16) {
    as[y][x] = a[row * n + t + x];
    bs[y][x] = b[(t + y) * n + column];
    __syncthreads();
    for (int k = 0; k < 16; k++) {
      sum += as[y][k] * bs[k][x];
    }
    __syncthreads();
  }
  c[row * n + column] = sum;
}

// 64 x 64 a block of 256 threads, 4 x 4 a thread.
extern "C" __global__ void blocked(const float *a, const float *b, float *c, int n) {
  __shared__ float as[16][64];
  __shared__ float bs[16][64];
  int thread = threadIdx.x;
  int x = thread % 16 * 4;
  int y = thread / 16 * 4;
  const float *from = a + blockIdx.y * 64 * n;
  const float *with = b + blockIdx.x * 64;
  float sum[4][4] = {};
  for (int t = 0; t < n; t += 16) {
    for (int i = thread; i < 16 * 64; i += 256) {
      as[i % 16][i / 16] = from[i / 16 * n + t + i % 16];
      bs[i / 64][i % 64] = with[(t + i / 64) * n + i % 64];
    }
    __syncthreads();
    for (int k = 0; k < 16; k++) {
      float left[4];
      float right[4];
      for (int i = 0; i < 4; i++) {
        left[i] = as[k][y + i];
        right[i] = bs[k][x + i];
      }
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          sum[i][j] += left[i] * right[j];
        }
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) {
      c[(blockIdx.y * 64 + y + i) * n + blockIdx.x * 64 + x + j] = sum[i][j];
    }
  }
}
