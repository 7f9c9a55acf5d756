// Copies of 16 bytes to shared memory that pass the registers (cp.async, sm_80): a thread asks for some, commits them as a
// group, and later waits until all but its last groups have arrived. Other threads see them after a barrier.
#pragma once

// Zeros where a piece does not exist, which is not read then. That costs five instructions more than PLAIN pieces.
template <bool PLAIN, class T>
__device__ __forceinline__ void copy_piece(unsigned to, const T* from, bool exists) {
  if constexpr (PLAIN) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from));
  } else {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
                 "r"(exists ? 16 : 0));
  }
}

__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;"); }

template <int PENDING>
__device__ __forceinline__ void await_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

// The same number, in a register from here on. Of addresses that each step of a loop needs nvcc and ptxas keep the parts,
// and add them up again in each step, which is cheap where instructions are not the limit; here they are. Neither may
// repeat or move a shuffle, so what a lane gets from itself is computed once.
__device__ __forceinline__ unsigned in_register(unsigned number) {
  return __shfl_sync(0xffffffffu, number, threadIdx.x & 31);
}
