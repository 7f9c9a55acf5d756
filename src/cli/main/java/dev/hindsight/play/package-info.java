/// A page to play with, served on this machine alone: models draw, show what each pixel is allowed
/// to see, and how they hide the future.
@NullMarked
package dev.hindsight.play;

import org.jspecify.annotations.NullMarked;
