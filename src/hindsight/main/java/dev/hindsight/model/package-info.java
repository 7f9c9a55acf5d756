/// The autoregressive models: what they share, and a folder for each with the model, its config and
/// how it is drawn.
@NullMarked
package dev.hindsight.model;

import org.jspecify.annotations.NullMarked;
