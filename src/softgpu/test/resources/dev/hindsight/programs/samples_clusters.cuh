// Thread block clusters: the histogram of the Programming Guide, launched as people launch it, and what is refused.
template <int Bins>
__global__ void clusterHistogram(const unsigned char* data, int n, unsigned* bins) {
  extern __shared__ unsigned part[];
  cg::cluster_group cluster = cg::this_cluster();
  int each = Bins / cluster.dim_blocks().x;
  for (int i = threadIdx.x; i < each; i += blockDim.x) part[i] = 0;
  cluster.sync();
  for (int i = cg::this_grid().thread_rank(); i < n; i += cg::this_grid().size()) {
    int bin = data[i];
    atomicAdd(cluster.map_shared_rank(part, bin / each) + bin % each, 1);
  }
  cluster.sync();
  for (int i = threadIdx.x; i < each; i += blockDim.x)
    atomicAdd(&bins[cluster.block_rank() * each + i], part[i]);
}

__global__ void __cluster_dims__(2, 2, 1) clusterRanks(unsigned* ranks) {
  cg::cluster_group cluster = cg::this_cluster();
  unsigned block = blockIdx.y * gridDim.x + blockIdx.x;
  cluster.barrier_arrive();
  if (threadIdx.x == 0) ranks[block] = cluster.block_rank() + 10 * cluster.num_blocks();
  cluster.barrier_wait();
}

static std::vector<unsigned> countedBy(const cudaLaunchConfig_t& config, const unsigned char* data, int n,
                                       unsigned* bins, cudaGraphExec_t graph) {
  std::vector<unsigned> got(256);
  CHECK(cudaMemset(bins, 0, 1024));
  if (graph)
    CHECK(cudaGraphLaunch(graph, 0));
  else
    CHECK(cudaLaunchKernelEx(&config, clusterHistogram<256>, data, n, bins));
  CHECK(cudaMemcpy(got.data(), bins, 1024, cudaMemcpyDeviceToHost));
  return got;
}

static void clusters() {
  int there = 0, n = 3001;
  CHECK(cudaDeviceGetAttribute(&there, cudaDevAttrClusterLaunch, 0));
  cudaDeviceProp properties;
  CHECK(cudaGetDeviceProperties(&properties, 0));
  WANT(there == 1 && properties.clusterLaunch == 1 && properties.major >= 9);
  std::vector<unsigned char> data(n);
  std::vector<unsigned> wanted(256);
  for (int i = 0; i < n; i++) wanted[data[i] = i * i % 251]++;
  unsigned char* x;
  unsigned* bins;
  CHECK(cudaMalloc(&x, n));
  CHECK(cudaMalloc(&bins, 1024));
  CHECK(cudaMemcpy(x, data.data(), n, cudaMemcpyHostToDevice));
  cudaLaunchConfig_t config = {};
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = 4;
  attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
  config.gridDim = 8;
  config.blockDim = 64;
  config.dynamicSmemBytes = 256;
  config.attrs = &attribute;
  config.numAttrs = 1;
  WANT(countedBy(config, x, n, bins, nullptr) == wanted);
  int active = 0, size = 0;
  CHECK(cudaOccupancyMaxActiveClusters(&active, clusterHistogram<256>, &config));
  CHECK(cudaOccupancyMaxPotentialClusterSize(&size, clusterHistogram<256>, &config));
  WANT(active > 0 && size == 8);
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  CHECK(cudaStreamCreate(&stream));
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  config.stream = stream;
  CHECK(cudaLaunchKernelEx(&config, clusterHistogram<256>, (const unsigned char*)x, n, bins));
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  WANT(countedBy(config, x, n, bins, exec) == wanted);
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));
  CHECK(cudaStreamDestroy(stream));
  config.stream = 0;
  config.gridDim = 6;
  WANT(cudaLaunchKernelEx(&config, clusterHistogram<256>, (const unsigned char*)x, n, bins) ==
       cudaErrorInvalidClusterSize);
  config.gridDim = 16;
  attribute.val.clusterDim.x = 16;
  config.dynamicSmemBytes = 64;
  WANT(cudaLaunchKernelEx(&config, clusterHistogram<256>, (const unsigned char*)x, n, bins) ==
       cudaErrorInvalidClusterSize);
  CHECK(cudaFuncSetAttribute(clusterHistogram<256>, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  WANT(countedBy(config, x, n, bins, nullptr) == wanted);
  cudaFuncAttributes of;
  CHECK(cudaFuncGetAttributes(&of, clusterHistogram<256>));
  WANT(of.nonPortableClusterSizeAllowed == 1 && of.requiredClusterWidth == 0);
  CHECK(cudaFuncGetAttributes(&of, clusterRanks));
  WANT(of.clusterDimMustBeSet == 1 && of.requiredClusterWidth == 2 && of.requiredClusterHeight == 2);
  WANT(of.requiredClusterDepth == 1 && of.nonPortableClusterSizeAllowed == 0);
  unsigned ranks[8];
  clusterRanks<<<dim3(4, 2), 32>>>(bins);
  CHECK(cudaMemcpy(ranks, bins, sizeof ranks, cudaMemcpyDeviceToHost));
  for (unsigned i = 0; i < 8; i++) WANT(ranks[i] == i % 2 + i / 4 * 2 + 40);
  clusterRanks<<<dim3(3, 2), 32>>>(bins);
  WANT(cudaGetLastError() == cudaErrorInvalidClusterSize);
  WANT(cudaFuncSetAttribute(clusterRanks, cudaFuncAttributeRequiredClusterWidth, 4) == cudaErrorNotPermitted);
  WANT(strcmp(cudaGetErrorName(cudaErrorInvalidClusterSize), "cudaErrorInvalidClusterSize") == 0);
  CHECK(cudaFree(x));
  CHECK(cudaFree(bins));
}
