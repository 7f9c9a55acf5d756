/// Training: recipe, optimiser, loop, checkpoints and metrics of a run.
@NullMarked
package dev.hindsight.train;

import org.jspecify.annotations.NullMarked;
