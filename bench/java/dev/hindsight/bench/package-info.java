/// Benchmarks: every op of the catalogue under JMH, and whole training steps.
@NullMarked
package dev.hindsight.bench;

import org.jspecify.annotations.NullMarked;
