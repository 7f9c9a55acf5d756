/// The GPU, its memory, and what goes between it and the host.
@NullMarked
package dev.hindsight.backend.cuda.device;

import org.jspecify.annotations.NullMarked;
