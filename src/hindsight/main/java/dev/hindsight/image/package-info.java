/// What images are like: how many pixels, and what a pixel can be.
@NullMarked
package dev.hindsight.image;

import org.jspecify.annotations.NullMarked;
