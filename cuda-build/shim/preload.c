/*
 * libhindsight-preload.so of the software GPU, loaded before a program's own libraries. Where that
 * has NVIDIA's runtime library in itself (nvcc's default), each function of it becomes a jump to
 * libcudart.so beside this file, before the program's first line. Its symbol table says where they
 * are; the driver that the linked one would ask for has tables that nobody documents.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNTIME "libcudart.so.13"

/* A file in memory, its section headers and their names. */
struct image {
  const char *start;
  size_t bytes;
  const ElfW(Shdr) * sections;
  int count;
};

static int open_image(const char *path, struct image *to) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0) return 0;
  to->start = MAP_FAILED;
  if (!fstat(file, &status) && status.st_size > (off_t)sizeof(ElfW(Ehdr))) {
    to->bytes = (size_t)status.st_size;
    to->start = mmap(NULL, to->bytes, PROT_READ, MAP_PRIVATE, file, 0);
  }
  close(file);
  if (to->start == MAP_FAILED) return 0;
  const ElfW(Ehdr) *header = (const void *)to->start;
  to->sections = (const void *)(to->start + header->e_shoff);
  to->count = header->e_shnum;
  int known = !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
              header->e_shoff + to->count * sizeof *to->sections <= to->bytes;
  if (!known) munmap((void *)to->start, to->bytes);
  return known;
}

/* Its section of this name, or NULL. */
static const ElfW(Shdr) * section(const struct image *in, const char *name) {
  const ElfW(Ehdr) *header = (const void *)in->start;
  for (int i = 0; i < in->count && header->e_shstrndx < in->count; i++) {
    const char *names = in->start + in->sections[header->e_shstrndx].sh_offset;
    if (!strcmp(names + in->sections[i].sh_name, name)) return &in->sections[i];
  }
  return NULL;
}

#if defined(__x86_64__)
static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip) */
#elif defined(__aarch64__)
static const unsigned char jump[] = {0x50, 0, 0, 0x58, 0, 2, 0x1f, 0xd6}; /* ldr x16, 8; br x16 */
#else
#error "the software GPU knows x86_64 and aarch64"
#endif

/* Functions begin 16 bytes apart, which is room for a jump and its target. */
static int lead(char *function, void *target) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t first = (uintptr_t)function / page * page;
  size_t bytes = ((uintptr_t)function + 16 - first + page - 1) / page * page;
  if (mprotect((void *)first, bytes, PROT_READ | PROT_WRITE | PROT_EXEC)) return 0;
  memcpy(function, jump, sizeof jump);
  memcpy(function + sizeof jump, &target, sizeof target);
  __builtin___clear_cache(function, function + 16);
  return !mprotect((void *)first, bytes, PROT_READ | PROT_EXEC);
}

static void refuse(const char *wanted) {
  fprintf(stderr, "softgpu: wanted %s\n", wanted);
  _exit(2);
}

static void *runtime_beside(void) {
  Dl_info here;
  char path[4096];
  if (!dladdr((void *)runtime_beside, &here)) return NULL;
  const char *slash = strrchr(here.dli_fname, '/');
  int folder = slash ? (int)(slash - here.dli_fname) : 0;
  snprintf(path, sizeof path, "%.*s/" RUNTIME, folder, here.dli_fname);
  void *runtime = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!runtime) refuse(dlerror());
  return runtime;
}

/* The runtime's functions in a loaded file, each replaced; how many, or -1 for those of a CUDA before 12. */
static int replace(const struct image *in, uintptr_t base) {
  const ElfW(Shdr) *table = section(in, ".symtab"), *text = section(in, ".strtab");
  int done = 0;
  if (!table || !text) return 0;
  const ElfW(Sym) *symbols = (const void *)(in->start + table->sh_offset);
  size_t count = table->sh_size / sizeof *symbols;
  const char *names = in->start + text->sh_offset;
  int known = 0;
  for (size_t i = 0; i < count; i++) {
    const char *name = names + symbols[i].st_name;
    if (!strcmp(name, "cudaBindTexture")) return -1;
    known |= !strcmp(name, "cudaGetExportTable");
  }
  void *runtime = known ? runtime_beside() : NULL;
  for (size_t i = 0; runtime && i < count; i++) {
    const char *name = names + symbols[i].st_name;
    int ours = !strncmp(name, "cuda", 4) || !strncmp(name, "__cuda", 6);
    if (!ours || ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC || !symbols[i].st_shndx) continue;
    void *target = dlsym(runtime, name);
    if (target && !lead((char *)base + symbols[i].st_value, target)) return 0;
    done += target != NULL;
  }
  return done;
}

struct wanted {
  const char *name;
  char path[4096];
  uintptr_t base;
};

static int find(struct dl_phdr_info *info, size_t bytes, void *to) {
  struct wanted *wanted = to;
  (void)bytes;
  if (!strstr(info->dlpi_name, wanted->name)) return 0;
  snprintf(wanted->path, sizeof wanted->path, "%s", info->dlpi_name);
  wanted->base = info->dlpi_addr;
  return 1;
}

/* The same for a loaded library whose file's name has this in it; how many, or 0. */
__attribute__((visibility("default"))) int hindsight_replace(const char *name) {
  struct wanted wanted = {name, "", 0};
  struct image library;
  if (!dl_iterate_phdr(find, &wanted) || !open_image(wanted.path, &library)) return 0;
  int done = replace(&library, wanted.base);
  munmap((void *)library.start, library.bytes);
  return done;
}

static int main_base(struct dl_phdr_info *info, size_t bytes, void *to) {
  (void)bytes;
  *(uintptr_t *)to = info->dlpi_addr;
  return 1; /* the program is the first */
}

__attribute__((constructor)) static void loaded(void) {
  struct image program;
  uintptr_t base = 0;
  if (!open_image("/proc/self/exe", &program)) return;
  if (!dlsym(RTLD_DEFAULT, "__cudaRegisterFatBinary")) {
    dl_iterate_phdr(main_base, &base);
    int done = replace(&program, base);
    if (done < 0) refuse("a program of CUDA 12 or 13, got one of an older CUDA; build it anew");
    if (!done && section(&program, ".nv_fatbin"))
      refuse(
          "a program that loads CUDA's runtime library or has its symbols, got one that is"
          " stripped; build it with nvcc -cudart shared, or do not strip it");
  }
  munmap((void *)program.start, program.bytes);
}
