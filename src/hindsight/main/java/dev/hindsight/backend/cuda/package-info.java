/// The CUDA backend: loads the PTX that ships and launches it through JCuda's driver API.
///
/// Each family of ops has a class here and a `.cu` of the same stem in `kernels/`. What they share
/// is below: device <- launch <- lstm, draw. `docs/cuda-backend.md` explains what several kernels
/// share: precision, tiles, long sums, attention, LSTMs and drawing.
@NullMarked
package dev.hindsight.backend.cuda;

import org.jspecify.annotations.NullMarked;
