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
