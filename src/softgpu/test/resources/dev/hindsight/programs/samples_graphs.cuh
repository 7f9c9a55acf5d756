// A graph of every kind of node, its update and a capture.
__constant__ float constants[5];

__global__ void stencil(const float* in, float* out, int n) {
  extern __shared__ float tile[];
  int i = blockIdx.x * blockDim.x + threadIdx.x, t = threadIdx.x;
  for (int k = t; k < blockDim.x + 4; k += blockDim.x) {
    int at = (int)(blockIdx.x * blockDim.x) + k - 2;
    tile[k] = at >= 0 && at < n ? in[at] : 0;
  }
  __syncthreads();
  float sum = 0;
#pragma unroll
  for (int k = 0; k < 5; k++) sum += constants[k] * tile[t + k];
  if (i < n) out[i] = sum;
}

static void graphs() {
  const int n = 200;
  std::vector<float> in(n), got(n, -1), w = {0.1f, 0.2f, 0.4f, 0.2f, 0.1f};
  for (int i = 0; i < n; i++) in[i] = i % 17;
  float *a, *b;
  CHECK(cudaMalloc(&a, n * 4));
  CHECK(cudaMalloc(&b, n * 4));
  cudaGraph_t graph;
  cudaGraphNode_t up, weights, clear, kernel, down, host;
  CHECK(cudaGraphCreate(&graph, 0));
  CHECK(cudaGraphAddMemcpyNode1D(&up, graph, nullptr, 0, a, in.data(), n * 4,
                                 cudaMemcpyHostToDevice));
  CHECK(cudaGraphAddMemcpyNodeToSymbol(&weights, graph, nullptr, 0, constants, w.data(), 20, 0,
                                       cudaMemcpyHostToDevice));
  cudaMemsetParams zero = {};
  zero.dst = b;
  zero.elementSize = 4;
  zero.width = n;
  zero.height = 1;
  CHECK(cudaGraphAddMemsetNode(&clear, graph, nullptr, 0, &zero));
  int count = n;
  void* arguments[] = {&a, &b, &count};
  cudaKernelNodeParams launch = {};
  launch.func = (void*)stencil;
  launch.gridDim = dim3((n + 63) / 64);
  launch.blockDim = dim3(64);
  launch.sharedMemBytes = 68 * 4;
  launch.kernelParams = arguments;
  cudaGraphNode_t before[] = {up, weights, clear};
  CHECK(cudaGraphAddKernelNode(&kernel, graph, before, 3, &launch));
  cudaMemcpy3DParms copy = {};
  copy.srcPtr = make_cudaPitchedPtr(b, n * 4, n, 1);
  copy.dstPtr = make_cudaPitchedPtr(got.data(), n * 4, n, 1);
  copy.extent = make_cudaExtent(n * 4, 1, 1);
  copy.kind = cudaMemcpyDeviceToHost;
  CHECK(cudaGraphAddMemcpyNode(&down, graph, &kernel, 1, &copy));
  called = 0;
  int three = 3;
  cudaHostNodeParams function = {hostFunction, &three};
  CHECK(cudaGraphAddHostNode(&host, graph, nullptr, 0, &function));
  CHECK(cudaGraphAddDependencies(graph, &down, &host, nullptr, 1));
  size_t nodes = 0, edges = 0;
  CHECK(cudaGraphGetNodes(graph, nullptr, &nodes));
  CHECK(cudaGraphGetEdges(graph, nullptr, nullptr, nullptr, &edges));
  WANT(nodes == 6 && edges == 5);
  cudaKernelNodeParams back;
  CHECK(cudaGraphKernelNodeGetParams(kernel, &back));
  WANT(back.func == (void*)stencil && back.blockDim.x == 64 && back.sharedMemBytes == 272);
  cudaGraphExec_t exec;
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  CHECK(cudaGraphLaunch(exec, stream));
  CHECK(cudaGraphLaunch(exec, stream));
  CHECK(cudaStreamSynchronize(stream));
  WANT(called == 6);
  for (int i = 0; i < n; i++) {
    float sum = 0;
    for (int k = 0; k < 5; k++) sum += w[k] * (i + k >= 2 && i + k - 2 < n ? in[i + k - 2] : 0);
    WANT(near(got[i], sum));
  }
  w = {0, 0, 3, 0, 0};
  int half = n / 2;
  arguments[2] = &half;
  CHECK(cudaGraphExecKernelNodeSetParams(exec, kernel, &launch));
  CHECK(cudaGraphLaunch(exec, stream));
  CHECK(cudaStreamSynchronize(stream));
  WANT(got[10] == 30 && got[half] == 0);
  arguments[2] = &count;
  CHECK(cudaGraphKernelNodeSetParams(kernel, &launch));
  cudaGraphExecUpdateResultInfo info;
  CHECK(cudaGraphExecUpdate(exec, graph, &info));
  CHECK(cudaGraphLaunch(exec, stream));
  CHECK(cudaStreamSynchronize(stream));
  WANT(info.result == cudaGraphExecUpdateSuccess && got[half] == 3 * in[half]);
  CHECK(cudaGraphDestroyNode(host));
  WANT(cudaGraphExecUpdate(exec, graph, &info) == cudaErrorGraphExecUpdateFailure);
  cudaGetLastError();
  WANT(info.result == cudaGraphExecUpdateErrorTopologyChanged);
  cudaGraph_t captured;
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  cudaStreamCaptureStatus status;
  CHECK(cudaStreamIsCapturing(stream, &status));
  WANT(status == cudaStreamCaptureStatusActive);
  for (int i = 0; i < 3; i++) increment<<<1, 32, 0, stream>>>((int*)a, 1, n);
  CHECK(cudaStreamEndCapture(stream, &captured));
  CHECK(cudaGraphGetNodes(captured, nullptr, &nodes));
  WANT(nodes == 3);
  CHECK(cudaGraphDestroy(captured));
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));
  CHECK(cudaStreamDestroy(stream));
  CHECK(cudaFree(a));
  CHECK(cudaFree(b));
}

__global__ void square(const int* in, int* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = in[i] * in[i];
}

static size_t graphBytes(cudaGraphMemAttributeType what) {
  size_t bytes = 0;
  CHECK(cudaDeviceGetGraphMemAttribute(0, what, &bytes));
  return bytes;
}

// A graph whose second square is free for whoever launched it, captured or built; then one that frees it.
static int* squares(cudaGraphExec_t* exec, const int* in, int* out, int n, bool built) {
  int *a, *b;
  cudaGraph_t graph;
  dim3 grid((n + 63) / 64), block(64);
  if (built) {
    cudaGraphNode_t first, second, up, kernel, down, end;
    cudaGraphNodeParams give = {cudaGraphNodeTypeMemAlloc};
    give.alloc.poolProps.allocType = cudaMemAllocationTypePinned;
    give.alloc.poolProps.location = {cudaMemLocationTypeDevice, 0};
    give.alloc.bytesize = n * 4;
    CHECK(cudaGraphCreate(&graph, 0));
    CHECK(cudaGraphAddNode(&first, graph, nullptr, nullptr, 0, &give));
    a = (int*)give.alloc.dptr;
    cudaMemAllocNodeParams other = {};
    other.poolProps = give.alloc.poolProps;
    other.bytesize = n * 4;
    CHECK(cudaGraphAddMemAllocNode(&second, graph, &first, 1, &other));
    b = (int*)other.dptr;
    WANT(a != b);
    CHECK(cudaGraphAddMemcpyNode1D(&up, graph, &second, 1, a, in, n * 4, cudaMemcpyHostToDevice));
    void* arguments[] = {&a, &b, &n};
    cudaGraphNodeParams launch = {cudaGraphNodeTypeKernel};
    launch.kernel.func = (void*)square;
    launch.kernel.gridDim = grid;
    launch.kernel.blockDim = block;
    launch.kernel.kernelParams = arguments;
    CHECK(cudaGraphAddNode(&kernel, graph, &up, nullptr, 1, &launch));
    CHECK(
        cudaGraphAddMemcpyNode1D(&down, graph, &kernel, 1, out, b, n * 4, cudaMemcpyDeviceToHost));
    CHECK(cudaGraphAddMemFreeNode(&end, graph, &kernel, 1, a));
    void* freed = nullptr;
    CHECK(cudaGraphMemFreeNodeGetParams(end, &freed));
    CHECK(cudaGraphMemAllocNodeGetParams(second, &other));
    WANT(freed == a && other.dptr == b && other.bytesize == n * 4);
    cudaGraph_t clone;
    WANT(cudaGraphClone(&clone, graph) == cudaErrorNotSupported && cudaGetLastError());
  } else {
    cudaStream_t stream, aside;
    cudaEvent_t fork, join;
    CHECK(cudaStreamCreate(&stream));
    CHECK(cudaStreamCreate(&aside));
    CHECK(cudaEventCreate(&fork));
    CHECK(cudaEventCreate(&join));
    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    CHECK(cudaMallocAsync(&a, n * 4, stream));
    CHECK(cudaMallocAsync(&b, n * 4, stream));
    CHECK(cudaMemcpyAsync(a, in, n * 4, cudaMemcpyHostToDevice, stream));
    square<<<grid, block, 0, stream>>>(a, b, n);
    CHECK(cudaEventRecord(fork, stream));
    CHECK(cudaStreamWaitEvent(aside, fork, 0));
    CHECK(cudaFreeAsync(a, aside));
    CHECK(cudaEventRecord(join, aside));
    CHECK(cudaMemcpyAsync(out, b, n * 4, cudaMemcpyDeviceToHost, stream));
    CHECK(cudaStreamWaitEvent(stream, join, 0));
    CHECK(cudaStreamDestroy(aside));
    CHECK(cudaStreamEndCapture(stream, &graph));
    CHECK(cudaStreamDestroy(stream));
    CHECK(cudaEventDestroy(fork));
    CHECK(cudaEventDestroy(join));
  }
  CHECK(cudaGraphInstantiate(exec, graph, built ? cudaGraphInstantiateFlagAutoFreeOnLaunch : 0));
  CHECK(cudaGraphDestroy(graph));
  return b;
}

static void graphMemory() {
  const int n = 100;
  std::vector<int> in(n), out(n), again(n);
  for (int i = 0; i < n; i++) in[i] = i - 30;
  for (bool built : {false, true}) {
    cudaGraphExec_t exec, end;
    int* kept = squares(&exec, in.data(), out.data(), n, built);
    CHECK(cudaGraphLaunch(exec, 0));
    for (int i = 0; i < n; i++) WANT(out[i] == in[i] * in[i]);
    CHECK(cudaMemcpy(again.data(), kept, n * 4, cudaMemcpyDeviceToHost));
    WANT(again == out);
    WANT(graphBytes(cudaGraphMemAttrUsedMemCurrent) == n * 4);
    WANT(graphBytes(cudaGraphMemAttrUsedMemHigh) == 2 * n * 4);
    WANT((cudaGraphLaunch(exec, 0) == cudaSuccess) == built);
    cudaGetLastError();
    if (built) {
      cudaGraph_t free;
      cudaGraphNode_t node;
      CHECK(cudaGraphCreate(&free, 0));
      CHECK(cudaGraphAddMemFreeNode(&node, free, nullptr, 0, kept));
      CHECK(cudaGraphInstantiate(&end, free, 0));
      CHECK(cudaGraphLaunch(end, 0));
      CHECK(cudaGraphDestroy(free));
      CHECK(cudaGraphExecDestroy(end));
    } else {
      CHECK(cudaFree(kept));
    }
    WANT(graphBytes(cudaGraphMemAttrUsedMemCurrent) == 0);
    CHECK(cudaGraphExecDestroy(exec));
  }
}

// Leaves the larger of two numbers, and whether the smaller one is not yet 0.
__global__ void remainder(int* pair, cudaGraphConditionalHandle more) {
  int smaller = min(pair[0], pair[1]), larger = max(pair[0], pair[1]);
  pair[0] = smaller;
  pair[1] = smaller == 0 ? larger : larger % smaller;
  cudaGraphSetConditional(more, pair[1] != 0 && smaller != 0);
}

__global__ void choose(const int* value, cudaGraphConditionalHandle which) {
  cudaGraphSetConditional(which, *value);
}

static cudaGraph_t* branch(cudaGraph_t graph, const cudaGraphNode_t* after, cudaGraphNode_t* node,
                           cudaGraphConditionalHandle handle, cudaGraphConditionalNodeType type,
                           int bodies) {
  cudaGraphNodeParams params = {cudaGraphNodeTypeConditional};
  params.conditional.handle = handle;
  params.conditional.type = type;
  params.conditional.size = bodies;
  CHECK(cudaGraphAddNode(node, graph, after, nullptr, after ? 1 : 0, &params));
  return params.conditional.phGraph_out;
}

static void capture(cudaGraph_t into, int* pair, cudaGraphConditionalHandle more) {
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  CHECK(cudaStreamBeginCaptureToGraph(stream, into, nullptr, nullptr, 0,
                                      cudaStreamCaptureModeGlobal));
  remainder<<<1, 1, 0, stream>>>(pair, more);
  CHECK(cudaStreamEndCapture(stream, nullptr));
  CHECK(cudaStreamDestroy(stream));
}

// Euclid's algorithm as a graph, while there is a rest; then one of three fills, or none, by its number.
static void conditions() {
  int *pair, *value, *filled;
  CHECK(cudaMalloc(&pair, 8));
  CHECK(cudaMalloc(&value, 4));
  CHECK(cudaMalloc(&filled, 4));
  cudaGraph_t graph;
  cudaGraphNode_t node;
  cudaGraphConditionalHandle more, which;
  CHECK(cudaGraphCreate(&graph, 0));
  CHECK(cudaGraphConditionalHandleCreate(&more, graph, 1, cudaGraphCondAssignDefault));
  capture(branch(graph, nullptr, &node, more, cudaGraphCondTypeWhile, 1)[0], pair, more);
  cudaGraphExec_t exec;
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  for (int i = 0; i < 20; i++) {
    int got[2] = {i * 36 + 12, 1000 - i * 24}, x = got[0], y = got[1];
    CHECK(cudaMemcpy(pair, got, 8, cudaMemcpyHostToDevice));
    CHECK(cudaGraphLaunch(exec, 0));
    CHECK(cudaMemcpy(got, pair, 8, cudaMemcpyDeviceToHost));
    while (y) x = std::exchange(y, x % y);
    WANT(got[0] == x);
  }
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));

  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  cudaStreamCaptureStatus status;
  const cudaGraphNode_t* before;
  size_t count;
  CHECK(cudaStreamGetCaptureInfo(stream, &status, nullptr, &graph, nullptr, nullptr, nullptr));
  CHECK(cudaGraphConditionalHandleCreate(&which, graph));
  choose<<<1, 1, 0, stream>>>(value, which);
  CHECK(cudaStreamGetCaptureInfo(stream, &status, nullptr, &graph, &before, nullptr, &count));
  WANT(count == 1);
  cudaGraph_t* bodies = branch(graph, before, &node, which, cudaGraphCondTypeSwitch, 3);
  for (int i = 0; i < 3; i++) {
    cudaGraphNode_t fill;
    cudaMemsetParams params = {filled, 0, 100u + i, 4, 1, 1};
    CHECK(cudaGraphAddMemsetNode(&fill, bodies[i], nullptr, 0, &params));
  }
  CHECK(cudaStreamUpdateCaptureDependencies(stream, &node, nullptr, 1,
                                            cudaStreamSetCaptureDependencies));
  increment<<<1, 1, 0, stream>>>(filled, 1, 1);
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  CHECK(cudaMemset(filled, 0, 4));
  for (int i : {2, 0, 7, 1}) {
    int got;
    static int wanted;
    wanted = (i < 3 ? 100 + i : wanted) + 1;
    CHECK(cudaMemcpy(value, &i, 4, cudaMemcpyHostToDevice));
    CHECK(cudaGraphLaunch(exec, 0));
    CHECK(cudaMemcpy(&got, filled, 4, cudaMemcpyDeviceToHost));
    WANT(got == wanted);
  }
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));

  // A condition that nobody set.
  CHECK(cudaGraphCreate(&graph, 0));
  CHECK(cudaGraphConditionalHandleCreate(&which, graph));
  branch(graph, nullptr, &node, which, cudaGraphCondTypeIf, 2);
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  WANT(cudaGraphLaunch(exec, 0) == cudaErrorInvalidValue && cudaGetLastError());
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));
  CHECK(cudaStreamDestroy(stream));
  for (int* each : {pair, value, filled}) CHECK(cudaFree(each));
}
