/// What all of the software GPU speaks of: extents, device memory, options, checks and counts.
@NullMarked
package dev.hindsight.softgpu.base;

import org.jspecify.annotations.NullMarked;
