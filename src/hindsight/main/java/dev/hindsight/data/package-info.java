/// From files to batches of levels. Knows no tensors and no devices.
@NullMarked
package dev.hindsight.data;

import org.jspecify.annotations.NullMarked;
