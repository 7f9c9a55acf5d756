/// The autoregressive models, one file each.
@NullMarked
package dev.hindsight.model;

import org.jspecify.annotations.NullMarked;
