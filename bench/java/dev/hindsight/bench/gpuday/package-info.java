/// One command for the day on which there is a GPU: a list of commands that check and time it, each
/// in a process of its own, and one report.
@NullMarked
package dev.hindsight.bench.gpuday;

import org.jspecify.annotations.NullMarked;
