/// How long kernels, training steps and drawings would take on a GPU: a prediction from exact
/// counts of the software GPU, the machine code of ptxas and published rates. Nothing here was
/// measured.
@NullMarked
package dev.hindsight.predict;

import org.jspecify.annotations.NullMarked;
