/// The GPU bundle: one folder and archive that needs neither Java, Maven, network nor ND4J.
@NullMarked
package dev.hindsight.bundle;

import org.jspecify.annotations.NullMarked;
