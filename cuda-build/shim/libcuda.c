/*
 * libcuda.so.1 of the software GPU. Under JCuda, Java is there and fills the slots. Another program
 * has this library start Java at its first call, as the variable HINDSIGHT_SOFTGPU says: libjvm's
 * file and then an option of the JVM in each line.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUNCTIONS "functions.inc"
#include "forward.h"

/* CUDA_ERROR_NOT_SUPPORTED */
EXPORT int hindsight_not_supported(void) { return 801; }

/* For Java to fill: what ends the contexts and returns how much was found. */
EXPORT int (*hindsight_end)(void);

/* To the program's own buffer, in order with what it prints itself. */
EXPORT void hindsight_write(const char *text, long bytes) {
  fwrite(text, 1, (size_t)bytes, stdout);
}

static const struct slot *runtime_slots;
static int runtime_count;
static void *registered;

/* All slots, for Java to fill. */
EXPORT const struct slot *hindsight_driver_slots(int *count) {
  *count = sizeof slots / sizeof *slots;
  return slots;
}

/* Those of libcudart, where the program has it, and the first of what it registered. */
EXPORT const struct slot *hindsight_runtime_slots(int *count, void **first) {
  *count = runtime_count;
  *first = registered;
  return runtime_slots;
}

static int found;

static void end(void) {
  if (hindsight_end) found = hindsight_end();
}

/* After whatever the program itself does at its end. */
__attribute__((destructor)) static void last(void) {
  if (found) {
    fflush(NULL);
    _exit(1);
  }
}

/* Called by libcudart as it loads, before the program's own constructors. */
EXPORT void hindsight_add_runtime(const struct slot *more, int count, void *first) {
  runtime_slots = more;
  runtime_count = count;
  registered = first;
}

/* Called as the program registers its first kernels: what it destroys at its end comes before. */
EXPORT void hindsight_watch_end(void) {
  static int watched;
  if (!watched++) atexit(end);
}

/* As the Java Native Interface numbers them. */
enum { FIND_CLASS = 6, EXCEPTION_DESCRIBE = 16, GET_STATIC_METHOD = 113 };
enum { CALL_STATIC_INT_METHOD = 129, JNI_1_8 = 0x10008 };

struct vm_option {
  char *text;
  void *extra;
};

struct vm_arguments {
  int version, count;
  struct vm_option *options;
  unsigned char ignore_unknown;
};

typedef int create_vm(void **, void ***, struct vm_arguments *);
typedef void *find_class(void *, const char *);
typedef void *get_method(void *, void *, const char *, const char *);
typedef int call_int(void *, void *, void *, ...);
typedef void on_exception(void *);

static const char *start_java(char *wanted) {
  struct vm_option options[256];
  int count = 0;
  char *rest;
  char *library = strtok_r(wanted, "\n", &rest);
  for (char *line; count < 256 && (line = strtok_r(NULL, "\n", &rest));) {
    options[count].text = line;
    options[count++].extra = NULL;
  }
  void *jvm = library ? dlopen(library, RTLD_NOW | RTLD_GLOBAL) : NULL;
  if (!jvm) return library ? dlerror() : "HINDSIGHT_SOFTGPU names no libjvm";
  create_vm *create;
  *(void **)&create = dlsym(jvm, "JNI_CreateJavaVM");
  struct vm_arguments arguments = {JNI_1_8, count, options, 0};
  void *vm, **env;
  if (!create || create(&vm, &env, &arguments)) return "Java did not start";
  void **functions = *env;
  void *type =
      ((find_class *)functions[FIND_CLASS])(env, "dev/hindsight/softgpu/driver/HostProgram");
  void *start =
      type ? ((get_method *)functions[GET_STATIC_METHOD])(env, type, "start", "()I") : NULL;
  if (start && ((call_int *)functions[CALL_STATIC_INT_METHOD])(env, type, start)) return NULL;
  ((on_exception *)functions[EXCEPTION_DESCRIBE])(env);
  return ""; /* it has said why */
}

static void start(void) {
  const char *set = getenv("HINDSIGHT_SOFTGPU");
  char *wanted = set ? strdup(set) : NULL;
  const char *failed =
      wanted ? start_java(wanted) : "start the program with: hindsight softgpu -- PROGRAM ARGS";
  if (failed) {
    if (*failed) fprintf(stderr, "software GPU: %s\n", failed);
    _exit(2);
  }
  hindsight_watch_end();
}

/* For Java to fill where it is there already: what fills the runtime's slots. */
EXPORT void (*hindsight_fill)(void);

void hindsight_ready(void **slot) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static int started;
  pthread_mutex_lock(&lock);
  if (!started++) {
    if (hindsight_fill) {
      hindsight_fill();
    } else {
      start();
    }
  }
  for (int i = 0; i < runtime_count; i++) {
    if (runtime_slots[i].target == slot && *slot == runtime_slots[i].first) {
      fprintf(stderr, "software GPU: %s is not supported\n", runtime_slots[i].name);
      *slot = (void *)hindsight_not_supported;
    }
  }
  pthread_mutex_unlock(&lock);
}
