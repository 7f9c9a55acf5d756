/*
 * NVRTC of the software GPU, where NVIDIA's is not installed: nvcc compiles what it is given.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum {
  SUCCESS,
  OUT_OF_MEMORY,
  CREATION,
  INVALID_INPUT,
  INVALID_PROGRAM,
  INVALID_OPTION,
  COMPILATION
};
enum { NOT_AFTER_COMPILATION = 8, NOT_BEFORE_COMPILATION, NO_SUCH_NAME, INTERNAL };

static const char *const words[] = {"NVRTC_SUCCESS",
                                    "NVRTC_ERROR_OUT_OF_MEMORY",
                                    "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
                                    "NVRTC_ERROR_INVALID_INPUT",
                                    "NVRTC_ERROR_INVALID_PROGRAM",
                                    "NVRTC_ERROR_INVALID_OPTION",
                                    "NVRTC_ERROR_COMPILATION",
                                    "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE",
                                    "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
                                    "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION",
                                    "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
                                    "NVRTC_ERROR_INTERNAL_ERROR"};

struct program {
  char *folder, *ptx, *log;
  char name[256];
  int compiled;
  char *lowered[64];
  int names;
};

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at) {
  (void)s, (void)type, (void)at;
  return remove(path);
}

static char *join(const char *folder, const char *name) {
  char *made = malloc(strlen(folder) + strlen(name) + 2);
  return made ? sprintf(made, "%s/%s", folder, name), made : NULL;
}

/* Below the folder, with the folders that the name has. */
static int write_file(const char *folder, const char *name, const char *text) {
  if (name[0] == '/' || strstr(name, "..")) return -1;
  char *path = join(folder, name);
  if (!path) return -1;
  for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
    *slash = 0;
    mkdir(path, 0700);
  }
  FILE *file = fopen(path, "w");
  int failed = !file || fputs(text, file) < 0;
  if (file) failed |= fclose(file);
  free(path);
  return failed ? -1 : 0;
}

static char *read_file(const char *folder, const char *name) {
  char *path = join(folder, name);
  FILE *file = path ? fopen(path, "r") : NULL;
  free(path);
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  long bytes = ftell(file);
  rewind(file);
  char *text = calloc(1, (size_t)bytes + 1);
  if (text && fread(text, 1, (size_t)bytes, file) != (size_t)bytes) text[0] = 0;
  fclose(file);
  return text;
}

/* nvcc's file, or "" where there is none. */
static void find_nvcc(char *path, size_t room) {
  const char *places[] = {getenv("PATH"), getenv("CUDA_HOME"), getenv("CUDA_PATH"),
                          "/usr/local/cuda"};
  for (int i = 0; i < 4; i++) {
    for (const char *from = places[i]; from && *from; from += strspn(from, ":")) {
      size_t length = strcspn(from, ":");
      snprintf(path, room, "%.*s%s/nvcc", (int)length, from, i ? "/bin" : "");
      if (access(path, X_OK) == 0) return;
      from += length;
    }
  }
  path[0] = 0;
}

EXPORT int nvrtcVersion(int *major, int *minor) {
  *major = 12;
  *minor = 6;
  return SUCCESS;
}

EXPORT const char *nvrtcGetErrorString(int result) {
  return result >= 0 && result <= INTERNAL ? words[result] : "NVRTC_ERROR unknown";
}

EXPORT int nvrtcGetNumSupportedArchs(int *count) { return *count = 2, SUCCESS; }

EXPORT int nvrtcGetSupportedArchs(int *architectures) {
  architectures[0] = 75;
  architectures[1] = 80;
  return SUCCESS;
}

EXPORT int nvrtcDestroyProgram(struct program **program) {
  if (!program || !*program) return INVALID_PROGRAM;
  struct program *p = *program;
  if (p->folder) nftw(p->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  for (int i = 0; i < p->names; i++) free(p->lowered[i]);
  free(p->folder);
  free(p->ptx);
  free(p->log);
  free(p);
  *program = NULL;
  return SUCCESS;
}

EXPORT int nvrtcCreateProgram(struct program **program, const char *source, const char *name,
                              int headers, const char *const *texts, const char *const *names) {
  if (!program || !source || headers < 0) return INVALID_INPUT;
  struct program *made = calloc(1, sizeof *made);
  const char *temporary = getenv("TMPDIR");
  if (!made) return OUT_OF_MEMORY;
  made->folder = join(temporary && *temporary ? temporary : "/tmp", "hindsight-nvrtc-XXXXXX");
  const char *last = name ? strrchr(name, '/') : NULL;
  snprintf(made->name, sizeof made->name, "%s",
           last            ? last + 1
           : name && *name ? name
                           : "default_program.cu");
  int failed =
      !made->folder || !mkdtemp(made->folder) || write_file(made->folder, made->name, source);
  for (int i = 0; i < headers; i++) failed |= write_file(made->folder, names[i], texts[i]);
  if (failed) {
    nvrtcDestroyProgram(&made);
    return CREATION;
  }
  *program = made;
  return SUCCESS;
}

EXPORT int nvrtcAddNameExpression(struct program *p, const char *name) {
  if (!p || p->compiled) return p ? NOT_AFTER_COMPILATION : INVALID_PROGRAM;
  return name ? SUCCESS : INVALID_INPUT;
}

static int run(const char *folder, char *const *command) {
  extern char **environ;
  posix_spawn_file_actions_t actions;
  char *log = join(folder, "log");
  int child, status = -1;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  if (posix_spawn(&child, command[0], &actions, NULL, command, environ) == 0) {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  }
  posix_spawn_file_actions_destroy(&actions);
  free(log);
  return status;
}

EXPORT int nvrtcCompileProgram(struct program *p, int count, const char *const *options) {
  if (!p || count < 0 || count > 200) return p ? INVALID_OPTION : INVALID_PROGRAM;
  static const char none[] =
      "wanted nvcc on PATH, in CUDA_HOME or in /usr/local/cuda, found none; install CUDA's "
      "compiler or NVRTC";
  char nvcc[4096];
  const char *command[220] = {nvcc, "-ptx", "-x", "cu", "-I", p->folder};
  int at = 6;
  find_nvcc(nvcc, sizeof nvcc);
  p->compiled = 1;
  free(p->log);
  free(p->ptx);
  p->ptx = NULL;
  if (!nvcc[0]) {
    fprintf(stderr, "software GPU: nvrtcCompileProgram: %s\n", none);
    p->log = strdup(none);
    return COMPILATION;
  }
  for (int i = 0; i < count; i++) { /* what nvcc does anyway or does not know */
    if (!strstr(options[i], "default-device") && !strstr(options[i], "device-as-default"))
      command[at++] = options[i];
  }
  char *source = join(p->folder, p->name), *ptx = join(p->folder, "out.ptx");
  command[at++] = source;
  command[at++] = "-o";
  command[at++] = ptx;
  int status = run(p->folder, (char *const *)command);
  p->log = read_file(p->folder, "log");
  p->ptx = status == 0 ? read_file(p->folder, "out.ptx") : NULL;
  free(source);
  free(ptx);
  return p->ptx ? SUCCESS : COMPILATION;
}

/* Of a function without template arguments: the PTX has it as it is or with C++'s prefix. */
EXPORT int nvrtcGetLoweredName(struct program *p, const char *name, const char **lowered) {
  if (!p || !p->ptx) return p ? NOT_BEFORE_COMPILATION : INVALID_PROGRAM;
  char prefix[300];
  name += *name == '&';
  snprintf(prefix, sizeof prefix, "_Z%zu%.256s", strlen(name), name);
  for (const char *at = p->ptx; (at = strstr(at, ".entry "));) {
    at += 7;
    size_t length = strcspn(at, "( \n");
    int exact = length == strlen(name) && strncmp(at, name, length) == 0;
    if ((exact || strncmp(at, prefix, strlen(prefix)) == 0) && p->names < 64) {
      *lowered = p->lowered[p->names++] = strndup(at, length);
      return SUCCESS;
    }
  }
  return NO_SUCH_NAME;
}

static int give_size(const char *text, size_t *bytes) { return *bytes = strlen(text) + 1, SUCCESS; }
static int give(const char *text, char *to) { return strcpy(to, text), SUCCESS; }

EXPORT int nvrtcGetPTXSize(struct program *p, size_t *bytes) {
  return p && p->ptx ? give_size(p->ptx, bytes) : INVALID_PROGRAM;
}
EXPORT int nvrtcGetPTX(struct program *p, char *to) {
  return p && p->ptx ? give(p->ptx, to) : INVALID_PROGRAM;
}
EXPORT int nvrtcGetProgramLogSize(struct program *p, size_t *bytes) {
  return p ? give_size(p->log ? p->log : "", bytes) : INVALID_PROGRAM;
}
EXPORT int nvrtcGetProgramLog(struct program *p, char *to) {
  return p ? give(p->log ? p->log : "", to) : INVALID_PROGRAM;
}

/* There is no machine code; a size of 0 says so. */
#define NONE(name)                                                                                 \
  EXPORT int nvrtcGet##name##Size(struct program *p, size_t *bytes) {                              \
    return p ? (*bytes = 0, SUCCESS) : INVALID_PROGRAM;                                            \
  }                                                                                                \
  EXPORT int nvrtcGet##name(struct program *p, char *to) {                                         \
    return (void)p, (void)to, INVALID_PROGRAM;                                                     \
  }
NONE(CUBIN)
NONE(LTOIR)
NONE(NVVM)
NONE(OptiXIR)
