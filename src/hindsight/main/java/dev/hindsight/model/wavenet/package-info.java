/// WaveNet: the model, its config and its sampler.
@NullMarked
package dev.hindsight.model.wavenet;

import org.jspecify.annotations.NullMarked;
