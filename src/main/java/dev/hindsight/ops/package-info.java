@NullMarked
package dev.hindsight.ops;

import org.jspecify.annotations.NullMarked;
