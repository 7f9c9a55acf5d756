// Kernels that launch kernels.

// A node of a binary tree adds to its place and launches the two below it.
extern "C" __global__ void grow(int* tree, signed char depth, double weight, int at) {
  tree[at] += (int)(weight * at);
  if (depth > 0) {
    grow<<<1, 1>>>(tree, depth - 1, weight + 1, 2 * at + 1);
    grow<<<1, 1>>>(tree, depth - 1, weight + 1, 2 * at + 2);
  }
}

// log[0] counts the marks behind it.
extern "C" __global__ void note(int* log, int mark) { log[1 + atomicAdd(log, 1)] = mark; }

extern "C" __global__ void many(int* log) {
  note<<<1, 1>>>(log, blockIdx.x * blockDim.x + threadIdx.x);
}

// What follows this kernel comes last; of all else the order is that of the stream and its event.
extern "C" __global__ void order(int* log) {
  note<<<1, 1, 0, cudaStreamTailLaunch>>>(log, 9);
  cudaStream_t stream;
  cudaEvent_t event;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  note<<<1, 1>>>(log, 1);
  cudaEventRecord(event, 0);
  cudaStreamWaitEvent(stream, event, 0);
  note<<<1, 1, 0, stream>>>(log, 2);
  cudaStreamDestroy(stream);
  cudaEventDestroy(event);
  int device = -1;
  cudaGetDevice(&device);
  bool right = device == 0 && cudaGetLastError() == cudaSuccess;
  note<<<2, 1, 0, cudaStreamFireAndForget>>>(log, right ? 3 : -1);
}

extern "C" __global__ void fill(int* x, int n) { x[threadIdx.x] = n - threadIdx.x; }

// Shared memory of the launch's own, as much as its parent says.
extern "C" __global__ void turn(int* x) {
  extern __shared__ int s[];
  s[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
}

extern "C" __global__ void allocate(int** held, int n) {
  if (cudaMalloc(held, n * sizeof(int)) != cudaSuccess) return;
  fill<<<1, n>>>(*held, n);
  turn<<<1, n, n * sizeof(int)>>>(*held);
}

extern "C" __global__ void give(int** held, int* out, int n) {
  for (int i = 0; i < n; i++) out[i] = (*held)[i];
  cudaFree(*held);
}

// No block where n is small.
extern "C" __global__ void empty(int* x, int n) { fill<<<n / 32, 32>>>(x, n); }

// The last thread of its child is beyond x.
extern "C" __global__ void beyond(int* x, int n) { fill<<<1, n + 1>>>(x, n); }

// y gets x as it was and as it is turned, between bytes of a memset; the last copy follows the kernel.
extern "C" __global__ void copies(int* x, int* y, int n) {
  cudaMemsetAsync(y, 3, 3 * n * sizeof(int), 0);
  cudaMemcpyAsync(y, x, n * sizeof(int), cudaMemcpyDeviceToDevice, 0);
  cudaMemcpyAsync(y + 2 * n + 1, x, sizeof(int), cudaMemcpyDeviceToDevice, cudaStreamTailLaunch);
  turn<<<1, n, n * sizeof(int)>>>(x);
  cudaMemcpyAsync(y + n, x, n * sizeof(int), cudaMemcpyDeviceToDevice, 0);
  if (cudaGetErrorString(cudaGetLastError())[3] == 'e') fill<<<1, 1>>>(y + 2 * n, 77);
}

extern "C" __global__ void ask(int* x) { cudaDeviceGetAttribute(x, cudaDevAttrWarpSize, 0); }

// Counts itself and goes on n times, below itself or behind itself.
extern "C" __global__ void chain(int* x, int n, bool tail) {
  x[0]++;
  if (n == 0) return;
  if (tail) {
    chain<<<1, 1, 0, cudaStreamTailLaunch>>>(x, n - 1, tail);
  } else {
    chain<<<1, 1>>>(x, n - 1, tail);
  }
}
