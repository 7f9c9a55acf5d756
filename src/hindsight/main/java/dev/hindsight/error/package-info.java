/// What the command line turns into one line and an exit code. Everybody may use it.
@NullMarked
package dev.hindsight.error;

import org.jspecify.annotations.NullMarked;
