/// The CUDA backend: loads the PTX that ships and launches it through JCuda's driver API.
@NullMarked
package dev.hindsight.backend.cuda;

import org.jspecify.annotations.NullMarked;
