/// Checks of a whole backend: every op against the reference, every model's causality.
@NullMarked
package dev.hindsight.verify;

import org.jspecify.annotations.NullMarked;
