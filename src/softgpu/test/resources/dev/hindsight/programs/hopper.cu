// Programs that need sm_90, in the manner of the Programming Guide's. Each compares with plain C++ on the host.
#include <cuda.h>
#include <cuda_fp16.h>
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

// C = A·B^T in halves, 64 x 64 by four warps: tiles of 64 come by maps, swizzled as wgmma wants it,
// while the tiles before are multiplied.
__device__ unsigned long long rows(const void* p) {
  return (SHARED(p) & 0x3ffff) >> 4 | 1ull << 16 | 1024ull / 16 << 32 | 1ull << 62;
}

__global__ void __launch_bounds__(128) multiply(const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b,
                                                float* c, int n, int k) {
  extern __shared__ __align__(1024) char tiles[];
  __shared__ alignas(8) unsigned long long full[2];
  const int bytes = 64 * 128;
  float d[32] = {};
  int row = blockIdx.y * 64, column = blockIdx.x * 64, steps = k / 64;
  auto fetch = [&](int step) {
    if (threadIdx.x == 0 && step < steps) {
      arm(&full[step % 2], 2 * bytes);
      load(tiles + step % 2 * bytes, &a, step * 64, row, &full[step % 2]);
      load(tiles + (2 + step % 2) * bytes, &b, step * 64, column, &full[step % 2]);
    }
  };
  if (threadIdx.x < 2)
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(SHARED(&full[threadIdx.x])));
  __syncthreads();
  fetch(0);
  for (int step = 0; step < steps; step++) {
    fetch(step + 1);
    await(&full[step % 2], step / 2 % 2);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
    for (int part = 0; part < 4; part++) {
      unsigned long long da = rows(tiles + step % 2 * bytes + 32 * part),
                         db = rows(tiles + (2 + step % 2) * bytes + 32 * part);
      asm volatile(
          "{ .reg .pred p; setp.ne.b32 p, %34, 0;\n"
          "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, "
          "%13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, "
          "p, 1, 1, 0, 0; }"
          : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), "+f"(d[8]),
            "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]), "+f"(d[16]),
            "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]),
            "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
          : "l"(da), "l"(db), "r"(1)
          : "memory");
    }
    asm volatile("wgmma.commit_group.sync.aligned;\n wgmma.wait_group.sync.aligned 0;" ::: "memory");
    __syncthreads();
  }
  int lane = threadIdx.x % 32;
  for (int i = 0; i < 32; i++) {
    int y = row + threadIdx.x / 32 * 16 + lane / 4 + i % 4 / 2 * 8;
    c[y * n + column + i / 4 * 8 + lane % 4 * 2 + i % 2] = d[i];
  }
}

static void groupProduct() {
  const int m = 128, n = 64, k = 192;
  std::vector<__half> a(m * k), b(n * k);
  std::vector<float> got(m * n);
  for (int i = 0; i < m * k; i++) a[i] = __float2half(i * 7 % 31 / 8.0f - 2);
  for (int i = 0; i < n * k; i++) b[i] = __float2half(i * 5 % 29 / 8.0f - 2);
  __half *da, *db;
  float* c;
  CHECK(cudaMalloc(&da, m * k * 2));
  CHECK(cudaMalloc(&db, n * k * 2));
  CHECK(cudaMalloc(&c, m * n * 4));
  CHECK(cudaMemcpy(da, a.data(), m * k * 2, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(db, b.data(), n * k * 2, cudaMemcpyHostToDevice));
  auto type = CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
  CUtensorMap mapA = map2d(type, 2, da, k, m, 64, 64, CU_TENSOR_MAP_SWIZZLE_128B);
  CUtensorMap mapB = map2d(type, 2, db, k, n, 64, 64, CU_TENSOR_MAP_SWIZZLE_128B);
  multiply<<<dim3(n / 64, m / 64), 128, 4 * 64 * 128>>>(mapA, mapB, c, n, k);
  CHECK(cudaMemcpy(got.data(), c, got.size() * 4, cudaMemcpyDeviceToHost));
  for (int i = 0; i < m * n; i++) {
    double sum = 0;
    for (int j = 0; j < k; j++)
      sum += (double)__half2float(a[i / n * k + j]) * __half2float(b[i % n * k + j]);
    WANT(got[i] == sum);
  }
  for (void* p : {(void*)da, (void*)db, (void*)c}) CHECK(cudaFree(p));
  printf("groupProduct\n");
}

int main() {
  tensorMaps();
  groupProduct();
  return 0;
}
