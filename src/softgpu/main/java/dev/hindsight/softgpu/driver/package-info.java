/// The CUDA driver of the software GPU: what lies behind `libcuda.so.1`.
///
/// JCuda's native library finds the functions of `cuda-build/shim/libcuda.c`, which jump through
/// slots into Java: [Upcalls] puts the methods of [Calls] there. A program of nvcc finds those of
/// `libcudart.c` as well, and the first that it calls starts Java inside it ([HostProgram]). Their
/// names are those of the functions and their parameters those of C, so a method's own signature is
/// the only statement of it. Functions without a method answer `CUDA_ERROR_NOT_SUPPORTED`; which
/// they are is listed in `docs/software-gpu-functions.md`.
///
/// What differs from a GPU, always on the strict side or within what CUDA allows:
/// - Work runs before the call that submits it returns. A fault is the launch's own result, not a
///   later call's, and it sticks to the context as on a GPU.
/// - A schedule seed also draws the order of a graph's nodes among those that its edges allow.
/// - Managed and pinned memory lie at addresses of the device where the host sees them too. Nobody
///   sees what the host wrote there, so all of it counts as written.
/// - Event times are wall times of the simulation.
@NullMarked
package dev.hindsight.softgpu.driver;

import org.jspecify.annotations.NullMarked;
