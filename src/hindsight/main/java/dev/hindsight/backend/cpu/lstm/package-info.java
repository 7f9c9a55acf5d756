/// Recurrences of LSTMs, and single steps of their units.
@NullMarked
package dev.hindsight.backend.cpu.lstm;

import org.jspecify.annotations.NullMarked;
