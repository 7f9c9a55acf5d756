/// File formats (safetensors, PNG, TensorBoard events) and writing without ever leaving half a
/// file. Knows no devices.
@NullMarked
package dev.hindsight.format;

import org.jspecify.annotations.NullMarked;
