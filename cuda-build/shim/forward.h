/*
 * Functions that jump to the address that their slot holds. The jump leaves argument registers and
 * stack as they are, so one line serves every signature; the Java method behind a slot is the only
 * place that states it. Before the first call a slot leads to hindsight_ready, which starts Java.
 */
#define HIDDEN __attribute__((visibility("hidden")))
#define EXPORT __attribute__((visibility("default")))

struct slot {
  const char *name;
  void **target;
  void *first; /* what target holds while nobody has filled it */
};

/* Fills the slots where nobody has, and this one in any case. */
EXPORT void hindsight_ready(void **slot);

#if defined(__x86_64__)
#define JUMP(slot) "endbr64\n\tjmp *" slot "(%rip)\n"
#define FIRST(slot) "endbr64\n\tlea " slot "(%rip), %r11\n\tjmp hindsight_first\n"
__asm__(
    ".text\n.hidden hindsight_first\nhindsight_first:\n"
    "push %rdi\n push %rsi\n push %rdx\n push %rcx\n push %r8\n push %r9\n push %r11\n"
    "sub $128, %rsp\n"
    "movups %xmm0, (%rsp)\n movups %xmm1, 16(%rsp)\n movups %xmm2, 32(%rsp)\n"
    "movups %xmm3, 48(%rsp)\n movups %xmm4, 64(%rsp)\n movups %xmm5, 80(%rsp)\n"
    "movups %xmm6, 96(%rsp)\n movups %xmm7, 112(%rsp)\n"
    "mov %r11, %rdi\n call hindsight_ready@PLT\n"
    "movups (%rsp), %xmm0\n movups 16(%rsp), %xmm1\n movups 32(%rsp), %xmm2\n"
    "movups 48(%rsp), %xmm3\n movups 64(%rsp), %xmm4\n movups 80(%rsp), %xmm5\n"
    "movups 96(%rsp), %xmm6\n movups 112(%rsp), %xmm7\n"
    "add $128, %rsp\n"
    "pop %r11\n pop %r9\n pop %r8\n pop %rcx\n pop %rdx\n pop %rsi\n pop %rdi\n"
    "jmp *(%r11)\n");
#elif defined(__aarch64__)
#define JUMP(slot) "adrp x16, " slot "\n\tldr x16, [x16, :lo12:" slot "]\n\tbr x16\n"
#define FIRST(slot) "adrp x17, " slot "\n\tadd x17, x17, :lo12:" slot "\n\tb hindsight_first\n"
__asm__(
    ".text\n.hidden hindsight_first\nhindsight_first:\n"
    "stp x29, x30, [sp, -224]!\n"
    "stp x0, x1, [sp, 16]\n stp x2, x3, [sp, 32]\n stp x4, x5, [sp, 48]\n"
    "stp x6, x7, [sp, 64]\n stp x8, x17, [sp, 80]\n stp q0, q1, [sp, 96]\n"
    "stp q2, q3, [sp, 128]\n stp q4, q5, [sp, 160]\n stp q6, q7, [sp, 192]\n"
    "mov x0, x17\n bl hindsight_ready\n"
    "ldp x0, x1, [sp, 16]\n ldp x2, x3, [sp, 32]\n ldp x4, x5, [sp, 48]\n"
    "ldp x6, x7, [sp, 64]\n ldp x8, x17, [sp, 80]\n ldp q0, q1, [sp, 96]\n"
    "ldp q2, q3, [sp, 128]\n ldp q4, q5, [sp, 160]\n ldp q6, q7, [sp, 192]\n"
    "ldp x29, x30, [sp], 224\n ldr x16, [x17]\n br x16\n");
#else
#error "the software GPU's libcuda.so.1 knows x86_64 and aarch64"
#endif

#define FORWARD(name)                                                                              \
  HIDDEN extern char hindsight_first_##name[];                                                     \
  HIDDEN void *hindsight_slot_##name = hindsight_first_##name;                                     \
  __asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name                            \
          ":\n\t" JUMP("hindsight_slot_" #name) "hindsight_first_" #name ":\n\t" FIRST(            \
              "hindsight_slot_" #name) ".size " #name ", .-" #name "\n");
#include FUNCTIONS
#undef FORWARD

static const struct slot slots[] = {
#define FORWARD(name) {#name, &hindsight_slot_##name, hindsight_first_##name},
#include FUNCTIONS
#undef FORWARD
};
