/*
 * CUDA's runtime library of the software GPU, for programs of nvcc -cudart shared: what they
 * register and the arguments of <<<>>>. All else is behind slots, as in libcuda.c.
 */
#include <stdlib.h>

#define FUNCTIONS "runtime.inc"
#include "forward.h"

EXPORT void hindsight_add_runtime(const struct slot *more, int count, void *first);
EXPORT void hindsight_watch_end(void);

/* A fat binary, or a function or variable of one: the program's address and the device's name. */
struct entry {
  struct entry *volatile next;
  long kind;
  const void *binary, *host, *name;
  size_t bytes;
};
enum { BINARY, FUNCTION, VARIABLE, MANAGED };

static struct entry first;
static struct entry *last = &first;

static struct entry *add(long kind, const void *binary, const void *host, const void *name,
                         size_t bytes) {
  struct entry *made = calloc(1, sizeof *made);
  if (!made) abort();
  *made = (struct entry){NULL, kind, binary, host, name, bytes};
  struct entry *before = __atomic_exchange_n(&last, made, __ATOMIC_ACQ_REL);
  __atomic_store_n(&before->next, made, __ATOMIC_RELEASE);
  return made;
}

__attribute__((constructor)) static void loaded(void) {
  hindsight_add_runtime(slots, sizeof slots / sizeof *slots, &first);
}

EXPORT void **__cudaRegisterFatBinary(void *binary) {
  hindsight_watch_end();
  return (void **)add(BINARY, NULL, binary, NULL, 0);
}

EXPORT void __cudaRegisterFatBinaryEnd(void **binary) { (void)binary; }
EXPORT void __cudaUnregisterFatBinary(void **binary) { (void)binary; }

int cudaInitModule(void **binary);

/* Before the program first touches a __managed__ variable, which is a pointer on the host. */
EXPORT char __cudaInitModule(void **binary) { return cudaInitModule(binary) == 0; }

EXPORT void __cudaRegisterFunction(void **binary, const char *host, char *device,
                                   const char *name) {
  (void)device;
  add(FUNCTION, binary, host, name, 0);
}

EXPORT void __cudaRegisterVar(void **binary, char *host, char *device, const char *name,
                              int external, size_t bytes) {
  (void)device, (void)external;
  add(VARIABLE, binary, host, name, bytes);
}

EXPORT void __cudaRegisterManagedVar(void **binary, void **host, char *device, const char *name,
                                     int external, size_t bytes) {
  (void)device, (void)external;
  add(MANAGED, binary, host, name, bytes);
}

struct dim3 {
  unsigned x, y, z;
};

/* What stands in <<<>>>. Arguments of a kernel may launch others, so they are a stack. */
static __thread struct {
  struct dim3 grid, block;
  size_t shared;
  void *stream;
} configurations[16];
static __thread unsigned depth;

EXPORT unsigned __cudaPushCallConfiguration(struct dim3 grid, struct dim3 block, size_t shared,
                                            void *stream) {
  if (depth == 16) return 1;
  configurations[depth].grid = grid;
  configurations[depth].block = block;
  configurations[depth].shared = shared;
  configurations[depth++].stream = stream;
  return 0;
}

EXPORT int __cudaPopCallConfiguration(struct dim3 *grid, struct dim3 *block, size_t *shared,
                                      void **stream) {
  if (depth == 0) return 52; /* cudaErrorMissingConfiguration */
  *grid = configurations[--depth].grid;
  *block = configurations[depth].block;
  *shared = configurations[depth].shared;
  *stream = configurations[depth].stream;
  return 0;
}

/* What C passes by value goes on by address. */
struct extent {
  size_t width, height, depth;
};

struct pitched {
  void *start;
  size_t pitch, width, height;
};

struct channels {
  int x, y, z, w, kind;
};

int cudaMalloc3D_at(struct pitched *, struct extent *);
int cudaMalloc3DArray_at(void **, const struct channels *, struct extent *, unsigned);
int cudaMallocMipmappedArray_at(void **, const struct channels *, struct extent *, unsigned,
                                unsigned);
int cudaMemset3D_at(struct pitched *, int, struct extent *);
int cudaMemset3DAsync_at(struct pitched *, int, struct extent *, void *);

EXPORT struct channels cudaCreateChannelDesc(int x, int y, int z, int w, int kind) {
  return (struct channels){x, y, z, w, kind};
}

EXPORT int cudaMalloc3D(struct pitched *made, struct extent extent) {
  return cudaMalloc3D_at(made, &extent);
}

EXPORT int cudaMalloc3DArray(void **made, const struct channels *channels, struct extent extent,
                             unsigned flags) {
  return cudaMalloc3DArray_at(made, channels, &extent, flags);
}

EXPORT int cudaMallocMipmappedArray(void **made, const struct channels *channels,
                                    struct extent extent, unsigned levels, unsigned flags) {
  return cudaMallocMipmappedArray_at(made, channels, &extent, levels, flags);
}

EXPORT int cudaMemset3D(struct pitched target, int value, struct extent extent) {
  return cudaMemset3D_at(&target, value, &extent);
}

EXPORT int cudaMemset3DAsync(struct pitched target, int value, struct extent extent, void *stream) {
  return cudaMemset3DAsync_at(&target, value, &extent, stream);
}

EXPORT int cudaMemset3D_ptds(struct pitched target, int value, struct extent extent) {
  return cudaMemset3D_at(&target, value, &extent);
}

EXPORT int cudaMemset3DAsync_ptsz(struct pitched target, int value, struct extent extent,
                                  void *stream) {
  return cudaMemset3DAsync_at(&target, value, &extent, stream);
}

/* The handle of a kernel is the address of its stub, which the launch takes too. */
EXPORT int __cudaGetKernel(const void **kernel, const void *function) {
  *kernel = function;
  return 0;
}

int cudaLaunchKernel(const void *, struct dim3, struct dim3, void **, size_t, void *);

EXPORT int __cudaLaunchKernel(const void *kernel, struct dim3 grid, struct dim3 block,
                              void **arguments, size_t shared, void *stream) {
  return cudaLaunchKernel(kernel, grid, block, arguments, shared, stream);
}

EXPORT int __cudaLaunchKernel_ptsz(const void *kernel, struct dim3 grid, struct dim3 block,
                                   void **arguments, size_t shared, void *stream) {
  return cudaLaunchKernel(kernel, grid, block, arguments, shared, stream);
}
