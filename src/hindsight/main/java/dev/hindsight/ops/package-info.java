/// Checked, differentiable functions over tensors, and the tape that runs them backwards.
@NullMarked
package dev.hindsight.ops;

import org.jspecify.annotations.NullMarked;
