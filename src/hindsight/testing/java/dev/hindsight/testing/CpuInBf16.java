package dev.hindsight.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.CpuBackend;
import dev.hindsight.backend.cpu.product.OneDnnLibrary;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The cpu backend with activations in bf16, for which not every CPU has instructions.
public final class CpuInBf16 {
  private CpuInBf16() {}

  /// Whether this CPU has them.
  public static boolean isThere() {
    return OneDnnLibrary.FOUND.bf16() != null;
  }

  public static Backend open() {
    return open(2);
  }

  /// With so many threads. Where the CPU cannot, the test that asks is skipped.
  public static Backend open(int threads) {
    assumeTrue(isThere(), "this CPU has no instructions for bf16");
    return CpuBackend.open(threads, Precision.BF16);
  }

  /// One for each number of threads; none where the CPU cannot.
  public static Stream<Backend> ifThere(int... threads) {
    return isThere() ? IntStream.of(threads).mapToObj(CpuInBf16::open) : Stream.empty();
  }
}
