/*
 * What nvcc makes of a program, by hand, so that a C compiler is enough: a fat binary around the PTX of the first
 * argument is registered, and its kernel `add` launched with as many threads as the third says on arrays as long as the
 * second says. `driver` behind them does the same by the driver API.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dim3 {
  unsigned x, y, z;
};
extern void **__cudaRegisterFatBinary(void *);
extern void __cudaRegisterFatBinaryEnd(void **);
extern void __cudaRegisterFunction(void **, const char *, char *, const char *, int, void *, void *, void *, void *,
                                   int *);
extern int cudaMalloc(void **, size_t), cudaFree(void *), cudaMemcpy(void *, const void *, size_t, int);
extern int cudaLaunchKernel(const void *, struct dim3, struct dim3, void **, size_t, void *);
extern const char *cudaGetErrorName(int);
extern int cuInit(unsigned), cuCtxCreate_v2(void **, unsigned, int), cuMemAlloc_v2(void **, size_t);
extern int cuModuleLoadFatBinary(void **, const void *), cuModuleGetFunction(void **, void *, const char *);
extern int cuLaunchKernel(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **,
                          void **);
extern int cuMemsetD32_v2(void *, unsigned, size_t), cuMemcpyDtoH_v2(void *, void *, size_t), cuMemFree_v2(void *);

static void stub(void) {}

static void *fat_binary(const char *file) {
  static char text[1 << 20];
  char *made = calloc(1, 16 + 64 + sizeof text);
  FILE *ptx = fopen(file, "r");
  long bytes = ptx ? (long)fread(text, 1, sizeof text, ptx) : 0;
  *(unsigned *)made = 0xba55ed50;
  *(unsigned short *)(made + 6) = 16;
  *(long *)(made + 8) = 64 + bytes;
  *(short *)(made + 16) = 1;
  *(int *)(made + 20) = 64;
  *(long *)(made + 24) = bytes;
  *(int *)(made + 44) = 80;
  return memcpy(made + 80, text, (size_t)bytes), made;
}

static struct {
  int magic, version;
  void *data, *file;
} wrapper = {0x466243b1, 1, NULL, NULL};

int main(int count, char **arguments) {
  int n = atoi(arguments[2]), threads = atoi(arguments[3]), error;
  size_t bytes = (size_t)n * 4;
  void *x, *z;
  float *host = malloc(bytes), total = 0;
  void *parameters[] = {&x, &x, &z, &threads};
  wrapper.data = fat_binary(arguments[1]);
  if (count > 4) {
    void *context, *module, *add;
    cuInit(0);
    cuCtxCreate_v2(&context, 0, 0);
    error = cuModuleLoadFatBinary(&module, wrapper.data);
    cuModuleGetFunction(&add, module, "add");
    cuMemAlloc_v2(&x, bytes);
    cuMemAlloc_v2(&z, bytes);
    cuMemsetD32_v2(x, 0x3f800000, (size_t)n);
    error |= cuLaunchKernel(add, (threads + 63) / 64, 1, 1, 64, 1, 1, 0, NULL, parameters, NULL);
    error |= cuMemcpyDtoH_v2(host, z, bytes);
    cuMemFree_v2(x);
    cuMemFree_v2(z);
  } else {
    struct dim3 grid = {(threads + 63) / 64, 1, 1}, block = {64, 1, 1};
    void **binary = __cudaRegisterFatBinary(&wrapper);
    __cudaRegisterFunction(binary, (const char *)stub, "add", "add", -1, NULL, NULL, NULL, NULL, NULL);
    __cudaRegisterFatBinaryEnd(binary);
    for (int i = 0; i < n; i++) host[i] = 1;
    cudaMalloc(&x, bytes);
    cudaMalloc(&z, bytes);
    cudaMemcpy(x, host, bytes, 1);
    error = cudaLaunchKernel((const void *)stub, grid, block, parameters, 0, NULL);
    error |= cudaMemcpy(host, z, bytes, 2);
    cudaFree(x);
    cudaFree(z);
  }
  for (int i = 0; i < n && !error; i++) total += host[i];
  printf("total %g, %s\n", total, count > 4 ? "" : cudaGetErrorName(error));
  return error ? 5 : n % 7;
}
