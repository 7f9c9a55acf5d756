/// The pixel Transformer: the model, its config and its sampler.
@NullMarked
package dev.hindsight.model.transformer;

import org.jspecify.annotations.NullMarked;
