/// Trained models side by side: a table, their learning curves and their samples on one page.
@NullMarked
package dev.hindsight.compare;

import org.jspecify.annotations.NullMarked;
