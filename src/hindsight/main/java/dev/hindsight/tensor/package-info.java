/// Shapes, handles and lifetimes. Knows nothing of any device.
@NullMarked
package dev.hindsight.tensor;

import org.jspecify.annotations.NullMarked;
