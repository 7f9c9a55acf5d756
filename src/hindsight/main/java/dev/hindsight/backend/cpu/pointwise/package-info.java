/// Ops that multiply no matrices: number by number, row by row, losses, drawing and the optimiser.
@NullMarked
package dev.hindsight.backend.cpu.pointwise;

import org.jspecify.annotations.NullMarked;
