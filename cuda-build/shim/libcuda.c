/*
 * libcuda.so.1 of the software GPU. Every function jumps to the address that its slot holds. The
 * jump leaves argument registers and stack as they are, so one line serves every signature; the
 * Java method behind a slot is the only place that states it. A slot that nobody filled answers
 * CUDA_ERROR_NOT_SUPPORTED: a symbol that is missing would end the process instead.
 */

#define HIDDEN __attribute__((visibility("hidden")))
#define EXPORT __attribute__((visibility("default")))

HIDDEN int hindsight_not_supported(void) { return 801; }

#define FORWARD(name) HIDDEN void *hindsight_slot_##name = (void *)hindsight_not_supported;
#include "functions.inc"
#undef FORWARD

struct slot {
  const char *name;
  void **target;
};

static const struct slot slots[] = {
#define FORWARD(name) {#name, &hindsight_slot_##name},
#include "functions.inc"
#undef FORWARD
};

/* All slots, for Java to fill. */
EXPORT const struct slot *hindsight_driver_slots(int *count) {
  *count = sizeof slots / sizeof *slots;
  return slots;
}

#if defined(__x86_64__)
#define JUMP(slot) "endbr64\n\tjmp *" slot "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(slot) "adrp x16, " slot "\n\tldr x16, [x16, :lo12:" slot "]\n\tbr x16\n"
#else
#error "the software GPU's libcuda.so.1 knows x86_64 and aarch64"
#endif

#define FORWARD(name)                                                                              \
  __asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name                            \
          ":\n\t" JUMP("hindsight_slot_" #name) ".size " #name ", .-" #name "\n");
#include "functions.inc"
