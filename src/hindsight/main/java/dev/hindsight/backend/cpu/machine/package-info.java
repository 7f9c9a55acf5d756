/// Memory and threads: native memory by address, a pool of one thread a core, and steps that follow
/// one another on it.
@NullMarked
package dev.hindsight.backend.cpu.machine;

import org.jspecify.annotations.NullMarked;
