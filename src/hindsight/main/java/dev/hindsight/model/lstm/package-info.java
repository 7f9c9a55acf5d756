/// The LSTM: the model, its config and its sampler.
@NullMarked
package dev.hindsight.model.lstm;

import org.jspecify.annotations.NullMarked;
