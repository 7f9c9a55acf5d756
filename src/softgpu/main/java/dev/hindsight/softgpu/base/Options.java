package dev.hindsight.softgpu.base;

import java.util.EnumSet;
import java.util.Set;

/// How a software GPU runs.
///
/// @param checks what it watches for
/// @param scheduleSeed 0 runs warps, groups and blocks in their natural order; another value
///   shuffles them
/// @param threads host threads that run blocks; 1 where a check or a schedule needs an order
/// @param perturb move approximate results to the edge of their documented error bound
/// @param stepBudget warp instructions after which a launch counts as one that never ends
/// @param counters count instructions, sectors and bank conflicts
/// @param memoryBytes size of global memory
/// @param multiprocessors how many it says it has, which bounds what a cooperative launch holds
/// @param sampledBlocks of a launch that are run, spread over its grid, and counted for all; 0 =
///   all blocks. What the others would have written stays as it was, so only counts mean anything.
///   A cooperative launch runs whole
public record Options(
    Set<Check> checks,
    long scheduleSeed,
    int threads,
    boolean perturb,
    long stepBudget,
    boolean counters,
    long memoryBytes,
    int multiprocessors,
    int sampledBlocks) {
  /// Few, so that a grid that fills them stays small.
  private static final int FEW = 8;

  public Options {
    checks = Set.copyOf(checks);
  }

  /// All standard checks, natural order, every core, no counters.
  public static Options standard() {
    int cores = Runtime.getRuntime().availableProcessors();
    return new Options(Check.standard(), 0, cores, false, 1L << 36, false, 16L << 30, FEW, 0);
  }

  /// The standard ones but for what the system properties `hindsight.softgpu.check`
  /// ([Check#named]), `.schedule-seed` and `.step-limit` (numbers) and `.perturb` (true) say.
  ///
  /// @throws IllegalArgumentException where one of them cannot be read
  public static Options ofProperties() {
    String prefix = "hindsight.softgpu.";
    Options standard = standard();
    return standard
        .withChecks(Check.named(System.getProperty(prefix + "check", "standard")))
        .withScheduleSeed(number("schedule-seed", 0))
        .withStepBudget(number("step-limit", standard.stepBudget))
        .withPerturb(Boolean.getBoolean(prefix + "perturb"));
  }

  private static long number(String name, long usual) {
    String value = System.getProperty("hindsight.softgpu." + name, String.valueOf(usual));
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "wanted a whole number as %s, got \"%s\"".formatted(name, value), e);
    }
  }

  /// No checks: as fast as it goes. An address outside every allocation still ends the launch.
  public static Options fast() {
    return standard().withChecks(EnumSet.noneOf(Check.class));
  }

  public Options withChecks(Set<Check> wanted) {
    return new Options(
        wanted,
        scheduleSeed,
        threads,
        perturb,
        stepBudget,
        counters,
        memoryBytes,
        multiprocessors,
        sampledBlocks);
  }

  public Options withScheduleSeed(long seed) {
    return new Options(
        checks,
        seed,
        threads,
        perturb,
        stepBudget,
        counters,
        memoryBytes,
        multiprocessors,
        sampledBlocks);
  }

  public Options withThreads(int count) {
    return new Options(
        checks,
        scheduleSeed,
        count,
        perturb,
        stepBudget,
        counters,
        memoryBytes,
        multiprocessors,
        sampledBlocks);
  }

  public Options withPerturb(boolean on) {
    return new Options(
        checks,
        scheduleSeed,
        threads,
        on,
        stepBudget,
        counters,
        memoryBytes,
        multiprocessors,
        sampledBlocks);
  }

  public Options withStepBudget(long steps) {
    return new Options(
        checks,
        scheduleSeed,
        threads,
        perturb,
        steps,
        counters,
        memoryBytes,
        multiprocessors,
        sampledBlocks);
  }

  public Options withCounters(boolean on) {
    return new Options(
        checks,
        scheduleSeed,
        threads,
        perturb,
        stepBudget,
        on,
        memoryBytes,
        multiprocessors,
        sampledBlocks);
  }

  public Options withMultiprocessors(int count) {
    return new Options(
        checks,
        scheduleSeed,
        threads,
        perturb,
        stepBudget,
        counters,
        memoryBytes,
        count,
        sampledBlocks);
  }

  public Options withSampledBlocks(int count) {
    return new Options(
        checks,
        scheduleSeed,
        threads,
        perturb,
        stepBudget,
        counters,
        memoryBytes,
        multiprocessors,
        count);
  }

  public boolean has(Check check) {
    return checks.contains(check);
  }
}
