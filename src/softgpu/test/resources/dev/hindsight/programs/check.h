// Programs end where a call fails (3), or what they compute is not what they want (4).
#pragma once
#include <cstdio>
#include <cstdlib>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    cudaError_t error = (call);                                                                    \
    if (error != cudaSuccess) {                                                                    \
      printf("%s:%d %s %s\n", #call, __LINE__, cudaGetErrorName(error),                            \
             cudaGetErrorString(error));                                                           \
      exit(3);                                                                                     \
    }                                                                                              \
  } while (0)
#define WANT(condition)                                                                            \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      printf("%d: %s\n", __LINE__, #condition);                                                    \
      exit(4);                                                                                     \
    }                                                                                              \
  } while (0)
