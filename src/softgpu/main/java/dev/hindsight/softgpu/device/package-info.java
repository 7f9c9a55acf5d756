/// One simulated device: its memory, the modules loaded into it, and launches of their kernels.
@NullMarked
package dev.hindsight.softgpu.device;

import org.jspecify.annotations.NullMarked;
