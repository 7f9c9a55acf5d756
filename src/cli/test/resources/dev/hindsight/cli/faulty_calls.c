// For LD_PRELOAD: counts the system calls that change files, and breaks the one that a test asks for.
//
// What is to happen below a folder stands in its name, so that one process can be tried with many faults:
// $FAULTY_ROOT/NAME.PLAN-K, and the calls of each such folder are counted from 1. A PLAN is
//
//   kill    SIGKILL before call K
//   half    the first half of the write that is call K, or another call whole; then SIGKILL
//   states  nothing breaks, but at every K-th call the folder is copied to $FAULTY_STATES/NAME/COUNT as
//           a kill would leave it, and for a write also to COUNT.half, with the first half written
//   eio     call K fails
//   enospc  from call K on, all that takes space fails
//   short   from call K on, a write takes half of what it is given and says so
//   none    only $FAULTY_LOG is written, as for all: COUNT, call, path
//
// A killed process loses nothing that its calls had done, forced to disk or not, so that a copy between
// two calls is what a kill leaves. What a lost power supply leaves is another question.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_FOLDERS 4096
#define MOST_PATH 1024

extern char **environ;

typedef struct {
  char name[MOST_PATH];  // NAME.PLAN-K
  char plan[16];
  long k;
  long calls;
} Folder;

static const char *root, *states, *log_file;
static Folder folders[MOST_FOLDERS];
static int folder_count;
// Held during a call, so that no other thread changes a folder while it is copied.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside;  // this thread holds it: what it calls now is not counted

__attribute__((constructor)) static void configure(void) {
  root = getenv("FAULTY_ROOT");
  states = getenv("FAULTY_STATES");
  log_file = getenv("FAULTY_LOG");
  unsetenv("LD_PRELOAD");  // not for the processes that this one starts
}

static Folder *folder_of(const char *path) {
  size_t length = root && path && inside == 1 ? strlen(root) : 0;
  if (!length || strncmp(path, root, length) != 0 || path[length] != '/') return NULL;
  char name[MOST_PATH];
  snprintf(name, sizeof name, "%s", path + length + 1);
  name[strcspn(name, "/")] = 0;
  for (int i = 0; i < folder_count; i++)
    if (!strcmp(folders[i].name, name)) return &folders[i];
  Folder new = {.calls = 0};
  char *dot = strrchr(name, '.');
  if (!dot || sscanf(dot, ".%15[a-z]-%ld", new.plan, &new.k) != 2) return NULL;
  if (folder_count == MOST_FOLDERS) abort();
  memcpy(new.name, name, sizeof name);
  folders[folder_count] = new;
  return &folders[folder_count++];
}

static Folder *folder_of_open(int fd, char *path) {
  if (inside > 1) return NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, MOST_PATH - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  return folder_of(path);
}

static void note(Folder *folder, const char *call, const char *path) {
  if (!log_file) return;
  FILE *file = fopen(log_file, "a");
  if (!file) abort();
  fprintf(file, "%ld %s %s\n", folder->calls, call, path);
  fclose(file);
}

static void copy_state(Folder *folder, const char *suffix) {
  char from[2 * MOST_PATH], to[3 * MOST_PATH];
  snprintf(from, sizeof from, "%s/%s", root, folder->name);
  if (access(from, F_OK) != 0) return;  // it is about to be made
  snprintf(to, sizeof to, "%s/%s", states, folder->name);
  mkdir(to, 0777);
  snprintf(to, sizeof to, "%s/%s/%ld%s", states, folder->name, folder->calls, suffix);
  char *copy[] = {"cp", "-a", from, to, NULL};
  pid_t pid;
  int status;
  if (posix_spawnp(&pid, "cp", NULL, NULL, copy, environ) != 0) abort();
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) abort();
  if (status != 0) abort();
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

enum Fate { GO_ON, FAIL, HALF, HALF_THEN_DIE, HALF_THEN_COPY };

static int is(Folder *folder, const char *plan) { return !strcmp(folder->plan, plan); }

static enum Fate fate(Folder *folder, const char *call, const char *path) {
  folder->calls++;
  note(folder, call, path);
  int now = folder->calls == folder->k, from_now = folder->calls >= folder->k;
  int writes = !strcmp(call, "write");
  if (is(folder, "kill") && now) die();
  if (is(folder, "half") && now) return HALF_THEN_DIE;
  if (is(folder, "short") && from_now && writes) return HALF;
  if (is(folder, "states") && folder->calls % folder->k == 0) {
    copy_state(folder, "");
    return writes ? HALF_THEN_COPY : GO_ON;
  }
  if (is(folder, "eio") && now) {
    errno = EIO;
    return FAIL;
  }
  if (is(folder, "enospc") && from_now &&
      (writes || !strcmp(call, "open") || !strcmp(call, "mkdir"))) {
    errno = ENOSPC;
    return FAIL;
  }
  return GO_ON;
}

static void enter(void) {
  if (inside++ == 0) pthread_mutex_lock(&mutex);
}

static void leave(void) {
  int error = errno;
  if (--inside == 0) pthread_mutex_unlock(&mutex);
  errno = error;
}

#define REAL(name)                                                                                 \
  static __typeof__(name) *real;                                                                   \
  if (!real) real = dlsym(RTLD_NEXT, #name)

// A call that is done whole or not at all.
#define WHOLE(folder, call, path, doing)                                                           \
  do {                                                                                             \
    enter();                                                                                       \
    Folder *f = (folder);                                                                          \
    enum Fate what = f ? fate(f, call, path) : GO_ON;                                              \
    long result = -1;                                                                              \
    if (what != FAIL) result = (doing);                                                            \
    if (what == HALF_THEN_DIE) die();                                                              \
    leave();                                                                                       \
    return result;                                                                                 \
  } while (0)

// A write, of which `doing` does a part.
#define PARTS(fd, size, doing)                                                                     \
  do {                                                                                             \
    char path[MOST_PATH];                                                                          \
    enter();                                                                                       \
    Folder *f = folder_of_open(fd, path);                                                          \
    enum Fate what = f ? fate(f, "write", path) : GO_ON;                                           \
    size_t done = 0, part = what >= HALF && (size) > 1 ? (size) / 2 : (size);                      \
    ssize_t result = -1;                                                                           \
    if (what != FAIL) result = (doing);                                                            \
    if (what == HALF_THEN_DIE) die();                                                              \
    if (what == HALF_THEN_COPY && result > 0) {                                                    \
      copy_state(f, ".half");                                                                      \
      done = result, part = (size)-done;                                                           \
      if (part > 0) result = done + (doing);                                                       \
    }                                                                                              \
    leave();                                                                                       \
    return result;                                                                                 \
  } while (0)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write);
  PARTS(fd, size, real(fd, (const char *)bytes + done, part));
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  REAL(pwrite64);
  PARTS(fd, size, real(fd, (const char *)bytes + done, part, at + done));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  char path[MOST_PATH];
  WHOLE(folder_of_open(fd, path), "write", path, real(fd, parts, count));
}

int ftruncate64(int fd, off64_t size) {
  REAL(ftruncate64);
  char path[MOST_PATH];
  WHOLE(folder_of_open(fd, path), "truncate", path, real(fd, size));
}

int fsync(int fd) {
  REAL(fsync);
  char path[MOST_PATH];
  WHOLE(folder_of_open(fd, path), "fsync", path, real(fd));
}

int fdatasync(int fd) {
  REAL(fdatasync);
  char path[MOST_PATH];
  WHOLE(folder_of_open(fd, path), "fsync", path, real(fd));
}

int rename(const char *from, const char *to) {
  REAL(rename);
  WHOLE(folder_of(to), "rename", to, real(from, to));
}

int unlink(const char *path) {
  REAL(unlink);
  WHOLE(folder_of(path), "unlink", path, real(path));
}

int rmdir(const char *path) {
  REAL(rmdir);
  WHOLE(folder_of(path), "unlink", path, real(path));
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  WHOLE(folder_of(path), "mkdir", path, real(path, mode));
}

// Opening changes something where it makes or empties a file.
#define OPEN(path, flags, doing)                                                                   \
  do {                                                                                             \
    mode_t mode = 0;                                                                               \
    if ((flags)&O_CREAT) {                                                                         \
      va_list rest;                                                                                \
      va_start(rest, flags);                                                                       \
      mode = va_arg(rest, mode_t);                                                                 \
      va_end(rest);                                                                                \
    }                                                                                              \
    int changes = (flags) & (O_CREAT | O_TRUNC);                                                   \
    WHOLE(changes ? folder_of(path) : NULL, "open", path, doing);                                  \
  } while (0)

int open(const char *path, int flags, ...) {
  REAL(open);
  OPEN(path, flags, real(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
  REAL(open64);
  OPEN(path, flags, real(path, flags, mode));
}

int openat(int at, const char *path, int flags, ...) {
  REAL(openat);
  OPEN(path, flags, real(at, path, flags, mode));
}

int openat64(int at, const char *path, int flags, ...) {
  REAL(openat64);
  OPEN(path, flags, real(at, path, flags, mode));
}
