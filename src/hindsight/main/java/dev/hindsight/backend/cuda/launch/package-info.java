/// Kernels of the PTX that ships, how their work is cut for a GPU, and their launches.
@NullMarked
package dev.hindsight.backend.cuda.launch;

import org.jspecify.annotations.NullMarked;
