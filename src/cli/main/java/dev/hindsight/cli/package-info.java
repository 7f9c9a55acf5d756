/// The command line. Nothing here computes.
@NullMarked
package dev.hindsight.cli;

import org.jspecify.annotations.NullMarked;
