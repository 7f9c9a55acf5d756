/// MADE: the model, its config, its orders of the pixels and its sampler.
@NullMarked
package dev.hindsight.model.made;

import org.jspecify.annotations.NullMarked;
