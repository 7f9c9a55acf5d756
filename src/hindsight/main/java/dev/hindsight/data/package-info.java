/// From files to batches of binary pixels. Knows no tensors and no devices.
@NullMarked
package dev.hindsight.data;

import org.jspecify.annotations.NullMarked;
