package dev.hindsight.softgpu.base;

import java.util.EnumSet;
import java.util.Set;

/// How a software GPU runs.
///
/// @param checks what it watches for
/// @param perturb move approximate results to the edge of their documented error bound
/// @param keepGoing report a finding and go on: the launch ends as on hardware, the call succeeds
///   and the context stays alive. A launch that cannot go on (an assertion, a trap, a deadlock) is
///   its call's error, and no later one's
/// @param counting count instructions, sectors and bank conflicts
public record Options(
    Set<Check> checks,
    boolean perturb,
    boolean keepGoing,
    Schedule schedule,
    boolean counting,
    Size size) {
  /// Few multiprocessors, so that a grid that fills them stays small.
  private static final int FEW = 8;

  /// In which order work is done.
  ///
  /// @param seed 0 runs warps, groups and blocks in their natural order; another value shuffles
  ///   them
  /// @param threads host threads that run blocks; 1 where a check or a schedule needs an order
  /// @param stepBudget warp instructions after which a launch counts as one that never ends
  public record Schedule(long seed, int threads, long stepBudget) {}

  /// What the device has.
  ///
  /// @param memoryBytes size of global memory
  /// @param multiprocessors how many it says it has, which bounds what a cooperative launch holds
  public record Size(long memoryBytes, int multiprocessors) {}

  public Options {
    checks = Set.copyOf(checks);
  }

  /// All standard checks, natural order, every core, no counters.
  public static Options standard() {
    int cores = Runtime.getRuntime().availableProcessors();
    return new Options(
        Check.standard(),
        false,
        false,
        new Schedule(0, cores, 1L << 36),
        false,
        new Size(16L << 30, FEW));
  }

  /// The standard ones but for what the system properties `hindsight.softgpu.check`
  /// ([Check#named]), `.schedule-seed` and `.step-limit` (numbers) and `.perturb` and `.keep-going`
  /// (true) say.
  ///
  /// @throws IllegalArgumentException where one of them cannot be read
  public static Options ofProperties() {
    String prefix = "hindsight.softgpu.";
    Options standard = standard();
    return standard
        .withChecks(Check.named(System.getProperty(prefix + "check", "standard")))
        .withScheduleSeed(number("schedule-seed", 0))
        .withStepBudget(number("step-limit", standard.schedule.stepBudget))
        .withPerturb(Boolean.getBoolean(prefix + "perturb"))
        .withKeepGoing(Boolean.getBoolean(prefix + "keep-going"));
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
    return new Options(wanted, perturb, keepGoing, schedule, counting, size);
  }

  public Options withPerturb(boolean on) {
    return new Options(checks, on, keepGoing, schedule, counting, size);
  }

  public Options withKeepGoing(boolean on) {
    return new Options(checks, perturb, on, schedule, counting, size);
  }

  public Options withScheduleSeed(long seed) {
    return with(new Schedule(seed, schedule.threads, schedule.stepBudget));
  }

  public Options withThreads(int count) {
    return with(new Schedule(schedule.seed, count, schedule.stepBudget));
  }

  public Options withStepBudget(long steps) {
    return with(new Schedule(schedule.seed, schedule.threads, steps));
  }

  private Options with(Schedule wanted) {
    return new Options(checks, perturb, keepGoing, wanted, counting, size);
  }

  public Options withCounters(boolean on) {
    return new Options(checks, perturb, keepGoing, schedule, on, size);
  }

  public Options withMemoryBytes(long bytes) {
    Size wanted = new Size(bytes, size.multiprocessors);
    return new Options(checks, perturb, keepGoing, schedule, counting, wanted);
  }

  public Options withMultiprocessors(int count) {
    return new Options(
        checks, perturb, keepGoing, schedule, counting, new Size(size.memoryBytes, count));
  }

  public boolean has(Check check) {
    return checks.contains(check);
  }
}
