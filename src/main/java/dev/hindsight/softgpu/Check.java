package dev.hindsight.softgpu;

import java.util.EnumSet;
import java.util.Set;

/// What the software GPU watches for while a kernel runs.
public enum Check {
  /// Every access stays inside one allocation and is aligned to its whole width.
  BOUNDS,
  /// No byte is read before it was written, in global, shared and local memory.
  UNINITIALISED,
  /// Two threads of a block touch a shared byte, one writes, and nothing orders them.
  SHARED_RACE,
  /// Two blocks of a launch touch a global byte and one writes without an atomic.
  GLOBAL_RACE,
  /// All threads of a block meet at the same barrier.
  BARRIER,
  /// Member masks and source lanes of shuffles, votes and matches.
  SHUFFLE,
  /// Shared bytes are not touched between a cp.async and its wait.
  ASYNC_COPY,
  /// No integer division by zero.
  DIVISION;

  /// All checks but the race check between blocks, which forces them to run one after another.
  public static Set<Check> standard() {
    return EnumSet.complementOf(EnumSet.of(GLOBAL_RACE));
  }
}
