/// The interface to devices, and the structure (degrees) that says which weights exist.
@NullMarked
package dev.hindsight.backend;

import org.jspecify.annotations.NullMarked;
