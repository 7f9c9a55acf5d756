// Small programs in the manner of those that people learn CUDA from; the arguments name which, all where there are none.
// Each compares with plain C++ on the host and ends with 0 where all is right.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cuda_fp16.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace cg = cooperative_groups;

#include "check.h"

static bool near(double got, double wanted, double error = 1e-5) {
  return std::fabs(got - wanted) <= error * (1 + std::fabs(wanted));
}

#include "samples_memory.cuh"
#include "samples_images.cuh"
#include "samples_graphs.cuh"
#include "samples_classics.cuh"
#include "samples_clusters.cuh"

int main(int count, char** names) {
  static const struct {
    const char* name;
    void (*run)();
  } all[] = {{"managed", managed},         {"zeroCopy", zeroCopy},
             {"streams", streams},         {"pools", pools},
             {"texture2d", texture2d},     {"layered", layered},
             {"pitchLinear", pitchLinear}, {"surfaces", surfaces},
             {"graphs", graphs},           {"classics", classics},
             {"finance", finance},         {"groups", groups},
             {"mipmaps", mipmaps},         {"queries", queries},
             {"clusters", clusters},       {"graphMemory", graphMemory},
             {"conditions", conditions}};
  for (auto& each : all) {
    bool wanted = count == 1;
    for (int i = 1; i < count; i++) wanted |= strcmp(names[i], each.name) == 0;
    if (wanted) each.run(), printf("%s\n", each.name), fflush(stdout);
  }
  return 0;
}
