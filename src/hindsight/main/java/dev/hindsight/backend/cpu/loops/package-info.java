/// Everything but products, over floats at addresses, on the calling thread, in vectors. `Rests`
/// are what whole vectors leave over, one element at a time.
///
/// A loop over vectors must be compiled on its own: inlined into a large caller, C2 runs out of
/// nodes and makes an object of every vector. `OwnLoops` tells it so, `WarmUp` has the loops of an
/// op compiled before it first runs, and `CpuHeapTest` counts objects.
@NullMarked
package dev.hindsight.backend.cpu.loops;

import org.jspecify.annotations.NullMarked;
