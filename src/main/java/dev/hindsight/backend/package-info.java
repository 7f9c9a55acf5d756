/// The interface to devices, and the structures (degrees, taps) that say which weights exist.
@NullMarked
package dev.hindsight.backend;

import org.jspecify.annotations.NullMarked;
