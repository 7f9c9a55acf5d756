// Programs that need sm_90, in the manner of the Programming Guide's. Each compares with plain C++ on the host.
#include <cuda.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    int error = (int)(call);                                                                       \
    if (error) printf("%s:%d %d\n", #call, __LINE__, error), exit(3);                              \
  } while (0)
#define WANT(condition)                                                                            \
  do {                                                                                             \
    if (!(condition)) printf("%d: %s\n", __LINE__, #condition), exit(4);                           \
  } while (0)
#define SHARED(p) ((unsigned)__cvta_generic_to_shared(p))

// Nothing is linked with the driver: its function is asked for.
static auto encoder() {
  void* found = nullptr;
  cudaDriverEntryPointQueryResult status;
#if CUDART_VERSION >= 13000
  CHECK(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &found, 12000, cudaEnableDefault,
                                         &status));
#else
  CHECK(cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &found, cudaEnableDefault, &status));
#endif
  WANT(status == cudaDriverEntryPointSuccess && found);
  return (decltype(&cuTensorMapEncodeTiled))found;
}

static CUtensorMap map2d(CUtensorMapDataType type, int bytes, void* at, int width, int height,
                         int boxWidth, int boxHeight, CUtensorMapSwizzle swizzle) {
  CUtensorMap map;
  cuuint64_t dims[] = {(cuuint64_t)width, (cuuint64_t)height},
             strides[] = {(cuuint64_t)width * bytes};
  cuuint32_t box[] = {(cuuint32_t)boxWidth, (cuuint32_t)boxHeight}, steps[] = {1, 1};
  CHECK(encoder()(&map, type, 2, at, dims, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                  swizzle, CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
  return map;
}

__device__ void arm(unsigned long long* bar, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(SHARED(bar)),
               "r"(bytes)
               : "memory");
}

__device__ void await(unsigned long long* bar, int parity) {
  unsigned done = 0;
  while (!done)
    asm volatile(
        "{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;"
        " selp.u32 %0, 1, 0, p; }"
        : "=r"(done)
        : "r"(SHARED(bar)), "r"(parity)
        : "memory");
}

__device__ void load(void* to, const CUtensorMap* map, int x, int y, unsigned long long* bar) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      " [%0], [%1, {%2, %3}], [%4];" ::"r"(SHARED(to)),
      "l"(map), "r"(x), "r"(y), "r"(SHARED(bar))
      : "memory");
}

// The mean of nine pixels: a block's tile comes with its border, which is zero outside.
__global__ void blur(const __grid_constant__ CUtensorMap in, const __grid_constant__ CUtensorMap out) {
  __shared__ alignas(128) float tile[10][12], blurred[8][8];
  __shared__ alignas(8) unsigned long long bar;
  int x = threadIdx.x, y = threadIdx.y;
  if (x + y == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(SHARED(&bar)));
  __syncthreads();
  if (x + y == 0) {
    arm(&bar, sizeof tile);
    load(tile, &in, blockIdx.x * 8 - 1, blockIdx.y * 8 - 1, &bar);
  }
  await(&bar, 0);
  float sum = 0;
  for (int i = 0; i < 9; i++) sum += tile[y + i / 3][x + i % 3];
  blurred[y][x] = sum / 9;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (x + y == 0) {
    asm volatile(
        "cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %2}], [%3];" ::"l"(&out),
        "r"(blockIdx.x * 8), "r"(blockIdx.y * 8), "r"(SHARED(blurred))
        : "memory");
    asm volatile("cp.async.bulk.commit_group;\n cp.async.bulk.wait_group 0;" ::: "memory");
  }
}

static void tensorMaps() {
  const int width = 20, height = 13;
  std::vector<float> image(width * height), got(image.size());
  for (size_t i = 0; i < image.size(); i++) image[i] = i * 37 % 101;
  float *in, *out;
  CHECK(cudaMalloc(&in, image.size() * 4));
  CHECK(cudaMalloc(&out, image.size() * 4));
  CHECK(cudaMemcpy(in, image.data(), image.size() * 4, cudaMemcpyHostToDevice));
  auto type = CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
  CUtensorMap from = map2d(type, 4, in, width, height, 12, 10, CU_TENSOR_MAP_SWIZZLE_NONE);
  CUtensorMap to = map2d(type, 4, out, width, height, 8, 8, CU_TENSOR_MAP_SWIZZLE_NONE);
  blur<<<dim3(3, 2), dim3(8, 8)>>>(from, to);
  CHECK(cudaMemcpy(got.data(), out, got.size() * 4, cudaMemcpyDeviceToHost));
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      float sum = 0;
      for (int i = 0; i < 9; i++) {
        int u = x + i % 3 - 1, v = y + i / 3 - 1;
        sum += u < 0 || v < 0 || u >= width || v >= height ? 0 : image[v * width + u];
      }
      WANT(std::fabs(got[y * width + x] - sum / 9) < 1e-4);
    }
  }
  CHECK(cudaFree(in));
  CHECK(cudaFree(out));
  printf("tensorMaps\n");
}

int main() {
  tensorMaps();
  return 0;
}
