/// Recurrences that keep their weights on the chip (persistent RNNs, Diamos et al. 2016).
@NullMarked
package dev.hindsight.backend.cuda.lstm;

import org.jspecify.annotations.NullMarked;
