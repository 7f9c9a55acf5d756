/// Every op with its shapes, inputs and tolerance, once. Gradient checks, parity with the
/// reference, `verify` and the benchmarks all read this list.
@NullMarked
package dev.hindsight.catalogue;

import org.jspecify.annotations.NullMarked;
