/// MADE: the model, its config and its sampler.
@NullMarked
package dev.hindsight.model.made;

import org.jspecify.annotations.NullMarked;
