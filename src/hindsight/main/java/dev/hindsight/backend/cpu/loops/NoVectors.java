package dev.hindsight.backend.cpu.loops;

/// Says once in a process that the Vector API is missing, which costs half the speed and nothing
/// else would show.
///
/// Through [System.Logger], so that the line goes where a program's other lines go, and can be
/// turned off there; without any configuration that is standard error.
public final class NoVectors {
  private static final System.Logger LOGGER = System.getLogger(NoVectors.class.getPackageName());

  static {
    LOGGER.log(
        System.Logger.Level.WARNING,
        "backend cpu runs at about half its speed, for want of the Vector API;"
            + " start Java with --add-modules jdk.incubator.vector");
  }

  private NoVectors() {}

  /// The first call says it, when the class is initialised.
  public static void warn() {}
}
