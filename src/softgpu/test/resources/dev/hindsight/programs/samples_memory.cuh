// Managed, mapped and pooled memory, streams and events, and what the device says of itself.
__global__ void add(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

__managed__ int launches = 4;
__device__ __managed__ float table[33];

__global__ void countLaunch(int n) {
  if (threadIdx.x == 0) launches++;
  if (threadIdx.x < n) table[threadIdx.x] = threadIdx.x * 0.5f;
}

struct Node {
  int value;
  Node* next;
};

__global__ void sumList(const Node* head, int* sum) {
  int total = 0;
  for (const Node* at = head; at; at = at->next) total += at->value;
  *sum = total;
}

static void managed() {
  const int n = 300;
  float *a, *b, *c;
  CHECK(cudaMallocManaged(&a, n * sizeof(float)));
  CHECK(cudaMallocManaged(&b, n * sizeof(float), cudaMemAttachHost));
  CHECK(cudaMallocManaged(&c, n * sizeof(float)));
  for (int i = 0; i < n; i++) a[i] = i, b[i] = 2 * i;
  int device = 0, can = 0;
  CHECK(cudaGetDevice(&device));
  CHECK(cudaDeviceGetAttribute(&can, cudaDevAttrConcurrentManagedAccess, device));
  WANT(can == 1);
  cudaMemLocation where = {cudaMemLocationTypeDevice, device};
  CHECK(cudaMemAdvise(a, n * sizeof(float), cudaMemAdviseSetReadMostly, where));
  CHECK(cudaMemPrefetchAsync(a, n * sizeof(float), where, 0));
  add<<<(n + 127) / 128, 128>>>(a, b, c, n);
  CHECK(cudaDeviceSynchronize());
  for (int i = 0; i < n; i++) WANT(c[i] == 3.0f * i);
  cudaPointerAttributes of;
  CHECK(cudaPointerGetAttributes(&of, c));
  WANT(of.type == cudaMemoryTypeManaged && of.devicePointer == c && of.hostPointer == c);
  std::vector<float> copy(n);
  CHECK(cudaMemcpy(copy.data(), c, n * sizeof(float), cudaMemcpyDefault));
  WANT(copy[7] == 21);
  CHECK(cudaMemcpy(b, c, n * sizeof(float), cudaMemcpyHostToDevice));
  CHECK(cudaMemset(a, 0, n * sizeof(float)));
  WANT(a[299] == 0 && b[299] == 897);
  CHECK(cudaFree(a));
  CHECK(cudaFree(b));
  CHECK(cudaFree(c));
  Node* head = nullptr;
  int* sum;
  for (int i = 0; i < 10; i++) {
    Node* node;
    CHECK(cudaMallocManaged(&node, sizeof(Node)));
    node->value = i * i;
    node->next = head;
    head = node;
  }
  CHECK(cudaMallocManaged(&sum, sizeof(int)));
  sumList<<<1, 1>>>(head, sum);
  CHECK(cudaDeviceSynchronize());
  WANT(*sum == 285);
  CHECK(cudaFree(sum));
  while (head) {
    Node* next = head->next;
    CHECK(cudaFree(head));
    head = next;
  }
  launches = 5;
  countLaunch<<<1, 64>>>(33);
  countLaunch<<<1, 64>>>(33);
  CHECK(cudaDeviceSynchronize());
  WANT(launches == 7 && table[32] == 16);
  int got;
  CHECK(cudaMemcpyFromSymbol(&got, launches, sizeof got));
  WANT(got == 7);
}

static void zeroCopy() {
  const int n = 1000;
  cudaDeviceProp p;
  CHECK(cudaGetDeviceProperties(&p, 0));
  WANT(p.canMapHostMemory && p.unifiedAddressing && p.managedMemory);
  CHECK(cudaSetDeviceFlags(cudaDeviceMapHost));
  float *a, *b, *c = (float*)aligned_alloc(4096, 4096), *da, *db, *dc;
  CHECK(cudaHostAlloc(&a, n * sizeof(float), cudaHostAllocMapped));
  CHECK(cudaHostAlloc(&b, n * sizeof(float), cudaHostAllocMapped | cudaHostAllocWriteCombined));
  CHECK(cudaHostRegister(c, n * sizeof(float), cudaHostRegisterMapped));
  for (int i = 0; i < n; i++) a[i] = i, b[i] = -2 * i, c[i] = 77;
  CHECK(cudaHostGetDevicePointer(&da, a, 0));
  CHECK(cudaHostGetDevicePointer(&db, b, 0));
  CHECK(cudaHostGetDevicePointer(&dc, c, 0));
  add<<<(n + 255) / 256, 256>>>(da, db, dc, n);
  CHECK(cudaDeviceSynchronize());
  for (int i = 0; i < n; i++) WANT(c[i] == -i);
  unsigned flags;
  CHECK(cudaHostGetFlags(&flags, a));
  WANT(flags & cudaHostAllocMapped);
  cudaPointerAttributes of;
  CHECK(cudaPointerGetAttributes(&of, a));
  WANT(of.type == cudaMemoryTypeHost && of.hostPointer == a);
  CHECK(cudaHostUnregister(c));
  CHECK(cudaFreeHost(a));
  CHECK(cudaFreeHost(b));
  free(c);
}

__global__ void increment(int* data, int by, int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    data[i] += by;
}

static int called;
static void CUDART_CB hostFunction(void* data) { called += *(int*)data; }
static void CUDART_CB callback(cudaStream_t, cudaError_t error, void* data) {
  called += error == 0 ? *(int*)data : 0;
}

static void streams() {
  const int parts = 4, each = 256, n = parts * each;
  int *host, *device, ten = 10;
  CHECK(cudaMallocHost(&host, n * sizeof(int)));
  CHECK(cudaMalloc(&device, n * sizeof(int)));
  cudaStream_t stream[parts];
  cudaEvent_t start, stop;
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreateWithFlags(&stop, cudaEventBlockingSync));
  int low, high;
  CHECK(cudaDeviceGetStreamPriorityRange(&low, &high));
  for (int i = 0; i < parts; i++) {
    CHECK(i % 2 ? cudaStreamCreateWithPriority(&stream[i], cudaStreamNonBlocking, high)
                : cudaStreamCreate(&stream[i]));
  }
  for (int i = 0; i < n; i++) host[i] = i;
  CHECK(cudaEventRecord(start, 0));
  for (int i = 0; i < parts; i++) {
    int at = i * each;
    CHECK(cudaMemcpyAsync(device + at, host + at, each * sizeof(int), cudaMemcpyHostToDevice,
                          stream[i]));
    increment<<<2, 64, 0, stream[i]>>>(device + at, i + 1, each);
    CHECK(cudaMemcpyAsync(host + at, device + at, each * sizeof(int), cudaMemcpyDeviceToHost,
                          stream[i]));
    CHECK(cudaLaunchHostFunc(stream[i], hostFunction, &ten));
    CHECK(cudaStreamAddCallback(stream[i], callback, &ten, 0));
  }
  CHECK(cudaEventRecord(stop, stream[parts - 1]));
  CHECK(cudaStreamWaitEvent(stream[0], stop, 0));
  CHECK(cudaEventSynchronize(stop));
  while (cudaEventQuery(stop) == cudaErrorNotReady) {
  }
  float ms = -1;
  CHECK(cudaEventElapsedTime(&ms, start, stop));
  WANT(ms >= 0);
  for (int i = 0; i < n; i++) WANT(host[i] == i + i / each + 1);
  WANT(called == 2 * parts * ten);
  cudaStreamAttrValue value = {}, back;
  value.accessPolicyWindow.base_ptr = device;
  value.accessPolicyWindow.num_bytes = 1024;
  CHECK(cudaStreamSetAttribute(stream[0], cudaStreamAttributeAccessPolicyWindow, &value));
  CHECK(cudaStreamGetAttribute(stream[0], cudaStreamAttributeAccessPolicyWindow, &back));
  WANT(back.accessPolicyWindow.num_bytes == 1024);
  for (int i = 0; i < parts; i++) {
    CHECK(cudaStreamSynchronize(stream[i]));
    CHECK(cudaStreamDestroy(stream[i]));
  }
  CHECK(cudaEventDestroy(start));
  CHECK(cudaEventDestroy(stop));
  CHECK(cudaFree(device));
  CHECK(cudaFreeHost(host));
}

static void pools() {
  const int n = 100;
  int supported, *a, *b, host[n];
  CHECK(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, 0));
  WANT(supported == 1);
  cudaMemPool_t pool, own;
  CHECK(cudaDeviceGetDefaultMemPool(&pool, 0));
  unsigned long long threshold = UINT64_MAX, got = 0;
  CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
  CHECK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &got));
  WANT(got == UINT64_MAX);
  cudaMemPoolProps props = {};
  props.allocType = cudaMemAllocationTypePinned;
  props.location.type = cudaMemLocationTypeDevice;
  CHECK(cudaMemPoolCreate(&own, &props));
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  CHECK(cudaMallocAsync(&a, n * sizeof(int), stream));
  CHECK(cudaMallocFromPoolAsync(&b, n * sizeof(int), own, stream));
  CHECK(cudaMemsetAsync(a, 0, n * sizeof(int), stream));
  increment<<<1, 64, 0, stream>>>(a, 3, n);
  CHECK(cudaMemcpyAsync(b, a, n * sizeof(int), cudaMemcpyDeviceToDevice, stream));
  CHECK(cudaMemcpyAsync(host, b, n * sizeof(int), cudaMemcpyDeviceToHost, stream));
  CHECK(cudaMemPoolGetAttribute(own, cudaMemPoolAttrUsedMemCurrent, &got));
  WANT(got >= n * sizeof(int));
  CHECK(cudaFreeAsync(a, stream));
  CHECK(cudaFreeAsync(b, stream));
  CHECK(cudaStreamSynchronize(stream));
  CHECK(cudaMemPoolTrimTo(pool, 0));
  for (int i = 0; i < n; i++) WANT(host[i] == 3);
  CHECK(cudaMemPoolDestroy(own));
  CHECK(cudaStreamDestroy(stream));
}

static void queries() {
  int count, can, value;
  CHECK(cudaGetDeviceCount(&count));
  for (int d = 0; d < count; d++) {
    CHECK(cudaSetDevice(d));
    for (int e = 0; e < count; e++)
      if (d != e) CHECK(cudaDeviceCanAccessPeer(&can, d, e));
  }
  WANT(cudaDeviceEnablePeerAccess(0, 0) == cudaErrorInvalidDevice);
  WANT(cudaGetLastError() == cudaErrorInvalidDevice);
  CHECK(cudaDeviceGetAttribute(&value, cudaDevAttrMaxTexture2DWidth, 0));
  cudaDeviceProp p;
  CHECK(cudaGetDeviceProperties(&p, 0));
  WANT(p.maxTexture2D[0] == value && p.maxTexture1D > 0 && p.maxSurfaceCubemapLayered[1] == 2046 &&
       p.maxTexture2DGather[1] == 32768);
  WANT(p.concurrentKernels == 1 && p.asyncEngineCount == 2 && p.memoryPoolsSupported == 1 &&
       p.surfaceAlignment == 512);
  size_t free, total, limit;
  CHECK(cudaMemGetInfo(&free, &total));
  CHECK(cudaDeviceSetLimit(cudaLimitMallocHeapSize, 1 << 20));
  CHECK(cudaDeviceGetLimit(&limit, cudaLimitMallocHeapSize));
  WANT(limit == 1 << 20 && free <= total);
  const char* name;
  CHECK(cudaFuncGetName(&name, (const void*)add));
  WANT(strstr(name, "add"));
  cudaFuncAttributes of;
  CHECK(cudaFuncGetAttributes(&of, increment));
  WANT(of.sharedSizeBytes == 0 && of.requiredClusterWidth == 0);
  WANT(cudaMemcpy(nullptr, &count, 4, (cudaMemcpyKind)9) == cudaErrorInvalidMemcpyDirection);
  WANT(cudaGetLastError() == cudaErrorInvalidMemcpyDirection && cudaGetLastError() == cudaSuccess);
  WANT(cudaMemcpyToSymbol(launches, &count, 64) == cudaErrorInvalidValue);
  cudaGetLastError();
  cudaArray_t array;
  cudaChannelFormatDesc wrong = cudaCreateChannelDesc(32, 32, 32, 0, cudaChannelFormatKindFloat);
  WANT(cudaMallocArray(&array, &wrong, 4, 4) == cudaErrorInvalidChannelDescriptor);
  cudaGetLastError();
  CHECK(cudaCtxResetPersistingL2Cache());
}
