// Kernels that the driver's tests launch; compile.sh makes kernels.ptx from them.

__device__ int counter = 7;
__constant__ float scale[4] = {1, 2, 3, 4};

// z = x + y, one thread per element.
extern "C" __global__ void add(const float* x, const float* y, float* z, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) z[i] = x[i] + y[i];
}

// Parameters of several sizes and alignments: out = {a, b, c, d, e}.
extern "C" __global__ void mixed(signed char a, double b, short c, long long d, float e, double* out) {
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = (double)d;
  out[4] = e;
}

// x *= factor, in place; two of them do not commute with an add between.
extern "C" __global__ void multiply(float* x, float factor, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= factor * scale[0];
}

extern "C" __global__ void increase() { counter += 1; }

// c = a b for n x n, n a multiple of 16: tiles in static shared memory.
extern "C" __global__ void __launch_bounds__(256) tiled(const float* a, const float* b, float* c, int n) {
  __shared__ float ta[16][16], tb[16][16];
  int x = threadIdx.x, y = threadIdx.y;
  int row = blockIdx.y * 16 + y, col = blockIdx.x * 16 + x;
  float sum = 0;
  for (int k = 0; k < n; k += 16) {
    ta[y][x] = a[row * n + k + x];
    tb[y][x] = b[(k + y) * n + col];
    __syncthreads();
    for (int j = 0; j < 16; j++) sum += ta[y][j] * tb[j][x];
    __syncthreads();
  }
  c[row * n + col] = sum;
}

// Reverses the block's elements through dynamic shared memory.
extern "C" __global__ void reverse(int* x) {
  extern __shared__ int s[];
  s[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
}

// Every block adds 1 to count; who waits sees all of them.
extern "C" __global__ void meet(int* count, int* seen) {
  if (threadIdx.x == 0) {
    atomicAdd(count, 1);
    while (atomicAdd(count, 0) < gridDim.x) {
    }
    seen[blockIdx.x] = atomicAdd(count, 0);
  }
}

// Takes memory and keeps it.
extern "C" __global__ void take(void** taken, long bytes) { *taken = malloc(bytes); }

// Faults.
extern "C" __global__ void beyond(float* x, int n) { x[n + threadIdx.x] = 1; }
extern "C" __global__ void crooked(char* x) { *(int*)(x + 1) = 1; }
extern "C" __global__ void trapped() { asm volatile("trap;"); }
