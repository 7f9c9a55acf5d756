/// Counter-based random numbers, the same on every backend.
@NullMarked
package dev.hindsight.random;

import org.jspecify.annotations.NullMarked;
