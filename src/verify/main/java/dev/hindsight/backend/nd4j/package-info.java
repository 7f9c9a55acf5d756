/// The reference: every op as plainly as ND4J allows, in float or double.
@NullMarked
package dev.hindsight.backend.nd4j;

import org.jspecify.annotations.NullMarked;
