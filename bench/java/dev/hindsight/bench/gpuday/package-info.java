/// One command for the day on which there is a GPU: everything that can be checked and timed there,
/// in one report, within some minutes.
@NullMarked
package dev.hindsight.bench.gpuday;

import org.jspecify.annotations.NullMarked;
