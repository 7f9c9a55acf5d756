/// Drawing images, pixel by pixel, at the price of about one forward pass.
@NullMarked
package dev.hindsight.sample;

import org.jspecify.annotations.NullMarked;
