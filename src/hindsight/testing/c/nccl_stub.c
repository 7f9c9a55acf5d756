/*
 * libnccl.so.2 for tests: moves bytes between the ranks of a communicator, be they threads or
 * processes, over sockets, and reaches a GPU's memory by the copies of whatever libcuda.so.1 the
 * process has loaded. It never blocks, and never says that a rank is gone: NCCL itself cannot always.
 *
 * HINDSIGHT_STUB_NCCL   what ncclGetVersion answers; 22703 where it is not set
 * HINDSIGHT_STUB_FAIL   the function that fails; "messages" fails after they were queued
 * HINDSIGHT_STUB_LOG    a file that gets a line for each rank that leaves in order
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { OK = 0, CUDA_ERROR = 1, SYSTEM_ERROR = 2, INVALID_ARGUMENT = 4, IN_PROGRESS = 7 };
enum { MOST = 64, ID_BYTES = 128, ID_TEXT = 48, MAGIC = (int)0xcafebeef, LEAST = 21400 };

typedef struct {
  char internal[ID_BYTES];
} ncclUniqueId;

typedef struct {
  size_t size;
  unsigned magic, version;
  int blocking;
} ncclConfig_t; /* as NCCL 2.14 has it */

_Static_assert(sizeof(ncclUniqueId) == 128, "ncclUniqueId");
_Static_assert(sizeof(ncclConfig_t) == 24, "ncclConfig_t");
_Static_assert(offsetof(ncclConfig_t, magic) == 8, "magic");
_Static_assert(offsetof(ncclConfig_t, version) == 12, "version");
_Static_assert(offsetof(ncclConfig_t, blocking) == 16, "blocking");

typedef struct {
  int sends, peer;
  void *device;
  char *host;
  size_t bytes, done;
} message;

typedef struct comm {
  char name[ID_TEXT];
  int rank, world, listener, running;
  int peers[MOST];
  atomic_int state, aborted;
  pthread_t worker;
  void *context;
  message *messages;
  int count;
  long moved;
} * ncclComm_t;

static char failing[64];
static _Thread_local char last_error[128];
static _Thread_local int depth;
static _Thread_local ncclComm_t grouped;

/* For tests in this process: the function that fails from now on, "" for none. */
void hindsight_stub_fail(const char *function) {
  snprintf(failing, sizeof failing, "%s", function);
}

static int fails(const char *function) {
  const char *told = *failing ? failing : getenv("HINDSIGHT_STUB_FAIL");
  if (told == NULL || strcmp(told, function) != 0) return 0;
  snprintf(last_error, sizeof last_error, "the stub was told\n to fail in %s", function);
  return 1;
}

/* ---- the driver */

static int driver(const char *function, void *a, void *b, size_t bytes) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  int (*call)(void *, void *, size_t) =
      library ? (int (*)(void *, void *, size_t))dlsym(library, function) : NULL;
  return call ? call(a, b, bytes) : -1;
}

/* ---- the ranks find each other */

static socklen_t address(struct sockaddr_un *at, const char *name, int rank) {
  memset(at, 0, sizeof *at);
  at->sun_family = AF_UNIX; /* a name that begins with 0 is no file */
  int length = snprintf(at->sun_path + 1, sizeof at->sun_path - 1, "%s-%d", name, rank);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

static int call_peer(ncclComm_t comm, int peer) {
  struct sockaddr_un at;
  socklen_t length = address(&at, comm->name, peer);
  while (!comm->aborted) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&at, length) == 0) {
      if (write(fd, &comm->rank, sizeof comm->rank) == sizeof comm->rank) return fd;
    }
    close(fd);
    usleep(5000);
  }
  return -1;
}

static void *meet(void *argument) {
  ncclComm_t comm = argument;
  for (int peer = 0; peer < comm->rank; peer++) comm->peers[peer] = call_peer(comm, peer);
  for (int left = comm->world - 1 - comm->rank; left > 0 && !comm->aborted;) {
    struct pollfd waits = {comm->listener, POLLIN, 0};
    if (poll(&waits, 1, 20) == 1) {
      int fd = accept(comm->listener, NULL, NULL), peer = -1;
      if (read(fd, &peer, sizeof peer) == sizeof peer && peer > comm->rank && peer < comm->world) {
        comm->peers[peer] = fd;
        left--;
      }
    }
  }
  for (int peer = 0; peer < comm->world; peer++) {
    if (peer != comm->rank) fcntl(comm->peers[peer], F_SETFL, O_NONBLOCK);
  }
  comm->state = OK;
  return NULL;
}

static void start(ncclComm_t comm, void *(*work)(void *)) {
  comm->state = IN_PROGRESS;
  comm->running = 1;
  pthread_create(&comm->worker, NULL, work, comm);
}

static void join(ncclComm_t comm) {
  if (comm->running) pthread_join(comm->worker, NULL);
  comm->running = 0;
}

/* ---- messages */

/* The first of a peer and direction that is not through; the others wait for it. */
static int comes_next(ncclComm_t comm, int k) {
  for (int i = 0; i < k; i++) {
    message *before = &comm->messages[i], *m = &comm->messages[k];
    if (before->peer == m->peer && before->sends == m->sends && before->done < before->bytes)
      return 0;
  }
  return comm->messages[k].done < comm->messages[k].bytes;
}

static void move(ncclComm_t comm) {
  while (!comm->aborted) {
    struct pollfd waits[2 * MOST];
    int which[2 * MOST], open = 0;
    for (int k = 0; k < comm->count && open < 2 * MOST; k++) {
      if (comes_next(comm, k)) {
        message *m = &comm->messages[k];
        waits[open] = (struct pollfd){comm->peers[m->peer], m->sends ? POLLOUT : POLLIN, 0};
        which[open++] = k;
      }
    }
    if (open == 0) return;
    poll(waits, (nfds_t)open, 20);
    for (int i = 0; i < open; i++) {
      message *m = &comm->messages[which[i]];
      if ((waits[i].revents & waits[i].events) == 0) continue;
      char *from = m->host + m->done;
      size_t left = m->bytes - m->done;
      ssize_t n =
          m->sends ? send(waits[i].fd, from, left, MSG_NOSIGNAL) : read(waits[i].fd, from, left);
      if (n > 0) m->done += (size_t)n;
      if (n <= 0) usleep(1000); /* gone, which is not said */
    }
  }
}

static void *exchange(void *argument) {
  ncclComm_t comm = argument;
  int result = driver("cuCtxSetCurrent", comm->context, NULL, 0);
  for (int k = 0; k < comm->count; k++) {
    message *m = &comm->messages[k];
    m->host = malloc(m->bytes);
    if (m->sends) result |= driver("cuMemcpyDtoH_v2", m->host, m->device, m->bytes);
  }
  move(comm);
  for (int k = 0; k < comm->count; k++) {
    message *m = &comm->messages[k];
    if (!m->sends && m->done == m->bytes) {
      result |= driver("cuMemcpyHtoD_v2", m->device, m->host, m->bytes);
    }
    comm->moved += (long)m->done;
    free(m->host);
  }
  comm->count = 0;
  comm->state = fails("messages") ? SYSTEM_ERROR : result ? CUDA_ERROR : OK;
  return NULL;
}

/* ---- nccl.h */

const char *ncclGetErrorString(int result) {
  return result == SYSTEM_ERROR ? "unhandled system error (of the stub)" : "an error of the stub";
}

const char *ncclGetLastError(ncclComm_t comm) {
  (void)comm;
  return last_error;
}

int ncclGetVersion(int *version) {
  const char *told = getenv("HINDSIGHT_STUB_NCCL");
  *version = told ? atoi(told) : 22703;
  return OK;
}

/* All bytes mean something, so that one that is lost on the way is missed. */
static void fill(ncclUniqueId *id) {
  for (int k = ID_TEXT; k < ID_BYTES; k++) id->internal[k] = (char)(31 * k + id->internal[k % 32]);
}

int ncclGetUniqueId(ncclUniqueId *id) {
  static atomic_int made;
  if (fails("ncclGetUniqueId")) return SYSTEM_ERROR;
  memset(id, 0, sizeof *id);
  snprintf(id->internal, ID_TEXT, "hindsight-stub-%d-%d", (int)getpid(), ++made);
  fill(id);
  return OK;
}

int ncclCommInitRankConfig(ncclComm_t *out, int world, ncclUniqueId id, int rank,
                           ncclConfig_t *config) {
  ncclUniqueId wanted = id;
  fill(&wanted);
  if (fails("ncclCommInitRankConfig")) return SYSTEM_ERROR;
  if (memcmp(&wanted, &id, sizeof id) != 0 || rank < 0 || rank >= world || world > MOST ||
      config->size != sizeof *config || config->magic != (unsigned)MAGIC ||
      config->version != LEAST || config->blocking != 0) {
    return INVALID_ARGUMENT;
  }
  ncclComm_t comm = calloc(1, sizeof *comm);
  memcpy(comm->name, id.internal, ID_TEXT);
  comm->rank = rank;
  comm->world = world;
  if (driver("cuCtxGetCurrent", &comm->context, NULL, 0) != 0 || comm->context == NULL) {
    free(comm);
    return CUDA_ERROR;
  }
  comm->listener = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un at;
  socklen_t length = address(&at, comm->name, rank);
  if (bind(comm->listener, (struct sockaddr *)&at, length) != 0 ||
      listen(comm->listener, MOST) != 0) {
    close(comm->listener);
    free(comm);
    return SYSTEM_ERROR;
  }
  *out = comm;
  start(comm, meet);
  return IN_PROGRESS;
}

int ncclCommGetAsyncError(ncclComm_t comm, int *state) {
  if (comm == NULL) return INVALID_ARGUMENT;
  *state = comm->state;
  return OK;
}

int ncclGroupStart(void) {
  if (fails("ncclGroupStart")) return SYSTEM_ERROR;
  depth++;
  return OK;
}

int ncclGroupEnd(void) {
  ncclComm_t comm = grouped;
  if (--depth > 0) return OK;
  grouped = NULL;
  if (fails("ncclGroupEnd")) return SYSTEM_ERROR;
  if (comm == NULL) return OK;
  start(comm, exchange);
  return IN_PROGRESS;
}

static int queue(int sends, void *device, size_t bytes, int type, int peer, ncclComm_t comm,
                 void *stream) {
  if (depth == 0 || type != 1 || peer < 0 || peer >= comm->world || peer == comm->rank ||
      stream == NULL || comm->state != OK) {
    return INVALID_ARGUMENT;
  }
  if (grouped == NULL) join(comm);
  grouped = comm;
  comm->messages = realloc(comm->messages, sizeof(message) * (size_t)(comm->count + 1));
  comm->messages[comm->count++] = (message){sends, peer, device, NULL, bytes, 0};
  return OK;
}

int ncclSend(const void *device, size_t bytes, int type, int peer, ncclComm_t comm, void *stream) {
  if (fails("ncclSend")) return SYSTEM_ERROR;
  return queue(1, (void *)device, bytes, type, peer, comm, stream);
}

#ifndef WITHOUT_RECEIVE
int ncclRecv(void *device, size_t bytes, int type, int peer, ncclComm_t comm, void *stream) {
  if (fails("ncclRecv")) return SYSTEM_ERROR;
  return queue(0, device, bytes, type, peer, comm, stream);
}
#endif

static void end(ncclComm_t comm) {
  join(comm);
  for (int peer = 0; peer < comm->world; peer++) {
    if (comm->peers[peer] > 0) close(comm->peers[peer]);
  }
  close(comm->listener);
  free(comm->messages);
  free(comm);
}

int ncclCommFinalize(ncclComm_t comm) {
  join(comm);
  return fails("ncclCommFinalize") ? SYSTEM_ERROR : OK;
}

int ncclCommDestroy(ncclComm_t comm) {
  const char *log = getenv("HINDSIGHT_STUB_LOG");
  if (log != NULL) {
    FILE *file = fopen(log, "a");
    fprintf(file, "rank %d of %d moved %ld bytes\n", comm->rank, comm->world, comm->moved);
    fclose(file);
  }
  end(comm);
  return OK;
}

int ncclCommAbort(ncclComm_t comm) {
  comm->aborted = 1;
  end(comm);
  return OK;
}
