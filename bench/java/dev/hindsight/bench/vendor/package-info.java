/// What NVIDIA's libraries take for the work of an op, on the same numbers in the same run: cuBLAS
/// through JCublas2, cuDNN through JCudnn. Nothing else of Hindsight needs them.
///
/// A library gets what suits it: weights in its own order, masks already multiplied into the
/// weights of a convolution, sequences already padded, factors already rounded, and for a
/// convolution the fastest algorithm that its own search finds. None of that is timed. Where a mask
/// must be applied on the device at each call, as in a masked product, it is timed.
@NullMarked
package dev.hindsight.bench.vendor;

import org.jspecify.annotations.NullMarked;
