// A program of CUDA's runtime API as people write them; the first argument names what it does. It compares with its
// own references and ends with 0 where all is right.
#include <cooperative_groups.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "check.h"

template <class T>
struct Buffer {
  T* data = nullptr;
  size_t count;
  explicit Buffer(size_t n) : count(n) { CHECK(cudaMalloc(&data, n * sizeof(T))); }
  explicit Buffer(const std::vector<T>& from) : Buffer(from.size()) {
    CHECK(cudaMemcpy(data, from.data(), count * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~Buffer() { CHECK(cudaFree(data)); }
  std::vector<T> read() const {
    std::vector<T> to(count);
    CHECK(cudaMemcpy(to.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost));
    return to;
  }
};

__constant__ float weights[4];
__device__ int hits;
static __device__ double hidden[3] = {1, 2, 3};

__global__ void saxpy(int n, float a, const float* x, float* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}

__global__ void unguarded(int n, const float* x, float* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = x[i] + n;
}

__global__ void weigh(const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  y[i] = x[i] * weights[i % 4] + hidden[i % 3];
  if (y[i] > 10) atomicAdd(&hits, 1);
}

template <class T>
__global__ void sum(const T* x, T* y, int n) {
  extern __shared__ char room[];
  T* part = reinterpret_cast<T*>(room);
  int t = threadIdx.x;
  T mine = 0;
  for (int i = t; i < n; i += blockDim.x) mine += x[i];
  part[t] = mine;
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if (t < half) part[t] += part[t + half];
    __syncthreads();
  }
  if (t == 0) *y = part[0];
}

__global__ void relax(float* a, float* b, int n, int steps) {
  auto grid = cooperative_groups::this_grid();
  for (int step = 0; step < steps; step++) {
    for (int i = (int)grid.thread_rank(); i < n; i += (int)grid.size()) {
      float left = i > 0 ? a[i - 1] : 0, right = i < n - 1 ? a[i + 1] : 0;
      b[i] = 0.5f * a[i] + 0.25f * (left + right);
    }
    grid.sync();
    float* c = a;
    a = b;
    b = c;
  }
}

__global__ void greet(int n) { printf("thread %d of %d\n", threadIdx.x, n); }
__global__ void scale(float* x, float by, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= by;
}

static std::vector<float> numbers(int n) {
  std::vector<float> x(n);
  for (int i = 0; i < n; i++) x[i] = (float)((i * 37) % 101) / 8;
  return x;
}

static void launches() {
  const int n = 257;
  std::vector<float> x = numbers(n), y = numbers(n);
  Buffer<float> dx(x), dy(y);
  saxpy<<<(n + 63) / 64, 64>>>(n, 2, dx.data, dy.data);
  CHECK(cudaGetLastError());
  CHECK(cudaDeviceSynchronize());
  std::vector<float> got = dy.read();
  for (int i = 0; i < n; i++) WANT(got[i] == 2 * x[i] + y[i]);
  Buffer<double> in(std::vector<double>(1000, 0.5)), out(1);
  sum<<<1, 128, 128 * sizeof(double)>>>(in.data, out.data, 1000);
  WANT(out.read()[0] == 500);
  Buffer<int> in2(std::vector<int>(77, 3)), out2(1);
  CHECK(cudaFuncSetAttribute(sum<int>, cudaFuncAttributeMaxDynamicSharedMemorySize, 65536));
  sum<<<1, 64, 65536>>>(in2.data, out2.data, 77);
  WANT(out2.read()[0] == 231);
}

static void symbols() {
  const int n = 99;
  std::vector<float> x = numbers(n), y(n), w = {1, 2, 3, 4};
  Buffer<float> dx(x), dy(n);
  int none = 0, count = 0, wanted = 0;
  CHECK(cudaMemcpyToSymbol(weights, w.data(), 2 * sizeof(float)));
  CHECK(cudaMemcpyToSymbolAsync(weights, &w[2], 8, 8, cudaMemcpyHostToDevice, 0));
  CHECK(cudaMemcpyToSymbol(hits, &none, sizeof none));
  weigh<<<2, 64>>>(dx.data, dy.data, n);
  y = dy.read();
  for (int i = 0; i < n; i++) {
    WANT(y[i] == (float)(x[i] * w[i % 4] + (double)(i % 3 + 1)));
    wanted += y[i] > 10;
  }
  CHECK(cudaMemcpyFromSymbol(&count, hits, sizeof count));
  WANT(count == wanted && count > 0);
  void* address;
  size_t bytes;
  CHECK(cudaGetSymbolAddress(&address, hidden));
  CHECK(cudaGetSymbolSize(&bytes, hidden));
  WANT(bytes == 24);
  cudaPointerAttributes kind;
  CHECK(cudaPointerGetAttributes(&kind, dx.data));
  WANT(kind.type == cudaMemoryTypeDevice && kind.devicePointer == dx.data);
}

static void copies() {
  const int w = 13, h = 7;
  size_t pitch;
  float* image;
  CHECK(cudaMallocPitch(&image, &pitch, w * sizeof(float), h));
  std::vector<float> x = numbers(w * h), y(w * h);
  CHECK(cudaMemset2D(image, pitch, 0, w * sizeof(float), h));
  CHECK(cudaMemcpy2D(image, pitch, x.data(), w * 4, w * 4, h, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy2D(y.data(), w * 4, image, pitch, w * 4, h, cudaMemcpyDefault));
  WANT(x == y);
  CHECK(cudaFree(image));
  int* pinned;
  CHECK(cudaMallocHost(&pinned, 64));
  Buffer<int> d(16);
  CHECK(cudaMemset(d.data, 0x11, 64));
  CHECK(cudaMemcpy(pinned, d.data, 64, cudaMemcpyDefault));
  WANT(pinned[15] == 0x11111111);
  CHECK(cudaFreeHost(pinned));
  size_t left, total;
  CHECK(cudaMemGetInfo(&left, &total));
  WANT(left < total);
}

static int called;
static void streams() {
  const int n = 1000;
  cudaStream_t one, two;
  cudaEvent_t begin, end;
  CHECK(cudaStreamCreate(&one));
  CHECK(cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking));
  CHECK(cudaEventCreate(&begin));
  CHECK(cudaEventCreateWithFlags(&end, cudaEventDefault));
  std::vector<float> x = numbers(n), y(n);
  float* d;
  CHECK(cudaMallocAsync(&d, n * 4, one));
  CHECK(cudaEventRecord(begin, one));
  CHECK(cudaMemcpyAsync(d, x.data(), n * 4, cudaMemcpyHostToDevice, one));
  scale<<<8, 128, 0, one>>>(d, 3, n);
  CHECK(cudaEventRecord(end, one));
  CHECK(cudaStreamWaitEvent(two, end, 0));
  CHECK(cudaMemcpyAsync(y.data(), d, n * 4, cudaMemcpyDeviceToHost, two));
  CHECK(cudaLaunchHostFunc(two, [](void* to) { ++*(int*)to; }, &called));
  CHECK(cudaStreamSynchronize(two));
  float ms = -1;
  CHECK(cudaEventElapsedTime(&ms, begin, end));
  WANT(ms > 0 && called == 1);
  for (int i = 0; i < n; i++) WANT(y[i] == 3 * x[i]);
  CHECK(cudaFreeAsync(d, two));
  CHECK(cudaEventDestroy(begin));
  CHECK(cudaEventDestroy(end));
  CHECK(cudaStreamDestroy(one));
  CHECK(cudaStreamDestroy(two));
}

static void graphs() {
  const int n = 64;
  cudaStream_t stream;
  cudaGraph_t graph, made;
  cudaGraphExec_t exec;
  CHECK(cudaStreamCreate(&stream));
  std::vector<float> x = numbers(n), y(n);
  Buffer<float> d(x);
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  scale<<<1, 64, 0, stream>>>(d.data, 2, n);
  scale<<<1, 64, 0, stream>>>(d.data, 0.25f, n);
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  CHECK(cudaGraphLaunch(exec, stream));
  CHECK(cudaGraphLaunch(exec, stream));
  CHECK(cudaStreamSynchronize(stream));
  y = d.read();
  for (int i = 0; i < n; i++) WANT(y[i] == x[i] / 4);
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));
  float by = 8;
  int count = n;
  void* arguments[] = {&d.data, &by, &count};
  cudaKernelNodeParams node = {(void*)scale, dim3(1), dim3(64), 0, arguments, nullptr};
  cudaGraphNode_t handle;
  CHECK(cudaGraphCreate(&made, 0));
  CHECK(cudaGraphAddKernelNode(&handle, made, nullptr, 0, &node));
  CHECK(cudaGraphInstantiate(&exec, made, 0));
  CHECK(cudaGraphLaunch(exec, 0));
  y = d.read();
  for (int i = 0; i < n; i++) WANT(y[i] == 2 * x[i]);
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(made));
  CHECK(cudaStreamDestroy(stream));
}

static void cooperative() {
  int n = 101, steps = 5, blocks = 0, processors = 0, together = 0;
  CHECK(cudaDeviceGetAttribute(&together, cudaDevAttrCooperativeLaunch, 0));
  CHECK(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, 0));
  CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, relax, 32, 0));
  WANT(together && blocks > 0);
  std::vector<float> a = numbers(n), b(n);
  Buffer<float> da(a), db(n);
  void* arguments[] = {&da.data, &db.data, &n, &steps};
  CHECK(cudaLaunchCooperativeKernel((void*)relax, dim3(3), dim3(32), arguments, 0, 0));
  CHECK(cudaDeviceSynchronize());
  for (int step = 0; step < steps; step++, a = b) {
    for (int i = 0; i < n; i++) {
      b[i] = 0.5f * a[i] + 0.25f * ((i > 0 ? a[i - 1] : 0) + (i < n - 1 ? a[i + 1] : 0));
    }
  }
  WANT(db.read() == a);
  cudaLaunchConfig_t config = {};
  config.gridDim = 1;
  config.blockDim = 32;
  cudaLaunchAttribute attribute;
  attribute.id = cudaLaunchAttributeCooperative;
  attribute.val.cooperative = 1;
  config.attrs = &attribute;
  config.numAttrs = 1;
  CHECK(cudaLaunchKernelEx(&config, relax, da.data, db.data, n, 1));
}

static void properties() {
  int count = 0, grid, block;
  CHECK(cudaGetDeviceCount(&count));
  WANT(count == 1);
  CHECK(cudaSetDevice(0));
  struct {
    cudaDeviceProp p;
    int behind;
  } of;
  memset(&of, 0x5a, sizeof of);
  CHECK(cudaGetDeviceProperties(&of.p, 0));
  WANT(of.behind == 0x5a5a5a5a);
  const cudaDeviceProp& p = of.p;
  WANT(strcmp(p.name, "Hindsight software GPU") == 0 && p.warpSize == 32 && p.maxThreadsPerBlock == 1024);
  WANT(p.maxThreadsDim[2] == 64 && p.maxGridSize[1] == 65535 && p.totalConstMem == 65536 && p.major >= 8);
  WANT(p.sharedMemPerMultiprocessor == 233472 && p.sharedMemPerBlockOptin == 232448 && p.cooperativeLaunch == 1);
  WANT(p.regsPerMultiprocessor == 65536 && p.maxBlocksPerMultiProcessor == 32 && p.reservedSharedMemPerBlock == 1024);
  WANT(p.textureAlignment == 512 && p.surfaceAlignment == 512 && p.memoryBusWidth == 64 && p.multiProcessorCount == 8);
  WANT(p.maxThreadsPerMultiProcessor == 2048 && p.hostRegisterSupported == 1 && p.reserved[55] == 0);
  CHECK(cudaOccupancyMaxPotentialBlockSize(&grid, &block, scale));
  WANT(grid > 0 && block == 1024);
  cudaFuncAttributes attributes;
  CHECK(cudaFuncGetAttributes(&attributes, saxpy));
  WANT(attributes.maxThreadsPerBlock == 1024 && attributes.numRegs > 0 && attributes.sharedSizeBytes == 0);
}

static void errors() {
  void* p;
  WANT(cudaMalloc(&p, (size_t)1 << 50) == cudaErrorMemoryAllocation);
  WANT(cudaPeekAtLastError() == cudaErrorMemoryAllocation && cudaGetLastError() == cudaErrorMemoryAllocation);
  WANT(cudaGetLastError() == cudaSuccess);
  scale<<<1, 2048>>>(nullptr, 1, 0);
  WANT(cudaGetLastError() == cudaErrorInvalidConfiguration);
  WANT(cudaSetDevice(1) == cudaErrorInvalidDevice);
  WANT(strcmp(cudaGetErrorName(cudaErrorInvalidDevice), "cudaErrorInvalidDevice") == 0);
  WANT(cudaMemcpyToSymbol(called, &p, 4) == cudaErrorInvalidSymbol);
  cudaIpcMemHandle_t shared;
  WANT(cudaIpcGetMemHandle(&shared, nullptr) == cudaErrorNotSupported);
}

static void beyond() {
  Buffer<float> x(numbers(40)), y(40);
  unguarded<<<1, 64>>>(40, x.data, y.data);
  WANT(cudaDeviceSynchronize() == cudaErrorIllegalAddress);
  printf("still alive\n");
  fflush(stdout);
  exit(0); // the buffers cannot be freed any more
}

int main(int count, char** names) {
  for (int i = 1; i < count; i++) {
    const char* name = names[i];
    if (strcmp(name, "launches") == 0) launches();
    if (strcmp(name, "symbols") == 0) symbols();
    if (strcmp(name, "copies") == 0) copies();
    if (strcmp(name, "streams") == 0) streams();
    if (strcmp(name, "graphs") == 0) graphs();
    if (strcmp(name, "cooperative") == 0) cooperative();
    if (strcmp(name, "properties") == 0) properties();
    if (strcmp(name, "errors") == 0) errors();
    if (strcmp(name, "print") == 0) greet<<<1, 2>>>(2), cudaDeviceSynchronize();
    if (strcmp(name, "beyond") == 0) beyond();
    if (strcmp(name, "leak") == 0) new Buffer<float>(8);
    printf("%s\n", name);
  }
  return 0;
}
