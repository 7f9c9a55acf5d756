/// Parameters and the layers made of them.
@NullMarked
package dev.hindsight.nn;

import org.jspecify.annotations.NullMarked;
