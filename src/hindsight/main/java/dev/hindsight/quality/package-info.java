/// How good samples are: distances between sets of images, in features of a small classifier and in
/// pixels, with intervals.
///
/// [dev.hindsight.quality.Quality] is where to begin. It compares samples and test images with
/// training images, so that the figures of test images are the scale of the others.
@NullMarked
package dev.hindsight.quality;

import org.jspecify.annotations.NullMarked;
