package dev.hindsight.softgpu.base;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// What the software GPU watches for.
public enum Check {
  /// Every access stays inside one allocation and is aligned to its whole width.
  BOUNDS,
  /// No access is wider than the alignment that its variable declares: 16 bytes of an array of
  /// floats are aligned where today's layout puts it, and need not be tomorrow.
  ALIGNMENT,
  /// Nothing depends on a byte that nobody wrote, in global, shared and local memory: no branch, no
  /// address, no result. It may be copied, and read and dropped.
  UNINITIALISED,
  /// Two threads of a block touch a shared byte, one writes, and nothing orders them.
  SHARED_RACE,
  /// Two blocks of a launch touch a global byte, one writes, not both by atomics or other strong
  /// accesses, and neither fences, releases nor acquires order them.
  GLOBAL_RACE,
  /// With the former: who learns by an atomic that others are done has a fence behind it, or an
  /// atomic that acquires. PTX's memory model asks for it, GPUs do without.
  ACQUIRE,
  /// All threads of a block meet at the same barrier.
  BARRIER,
  /// Member masks and source lanes of shuffles, votes and matches.
  SHUFFLE,
  /// Shared bytes are not touched between a cp.async, a bulk copy or a wgmma and its wait; what
  /// these read was stored before a fence.proxy.async, and their registers are fenced.
  ASYNC_COPY,
  /// No integer division by zero.
  DIVISION,
  /// All memory is freed before its context ends.
  LEAK;

  /// All checks but the race checks between blocks, which force them to run one after another, and
  /// that of alignments as they are declared, which finds what runs.
  public static Set<Check> standard() {
    return EnumSet.complementOf(EnumSet.of(GLOBAL_RACE, ACQUIRE, ALIGNMENT));
  }

  /// Reads names such as `shared-race` with commas between them. `standard`, `all` and `none` name
  /// sets, and a minus takes a check away: `standard,-leak`.
  ///
  /// @throws IllegalArgumentException where a name is none, in one line that lists them
  public static Set<Check> named(String text) {
    Set<Check> checks = EnumSet.noneOf(Check.class);
    for (String name : text.split(",", -1)) {
      switch (name) {
        case "standard" -> checks.addAll(standard());
        case "all" -> checks.addAll(EnumSet.allOf(Check.class));
        case "none" -> checks.clear();
        case String minus when minus.startsWith("-") -> checks.remove(one(minus.substring(1)));
        default -> checks.add(one(name));
      }
    }
    return checks;
  }

  private static Check one(String name) {
    return Arrays.stream(values())
        .filter(check -> check.label().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(wanted(name)));
  }

  private static String wanted(String name) {
    String names = Arrays.stream(values()).map(Check::label).collect(Collectors.joining(", "));
    return "wanted standard, all, none or names of checks (%s), got \"%s\"".formatted(names, name);
  }

  /// Its name for people.
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
