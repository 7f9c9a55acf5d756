@NullMarked
package dev.hindsight.nn;

import org.jspecify.annotations.NullMarked;
