package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.testing.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A library's user who forgets the Vector API is told.
class NoVectorsTest {
  private static final List<String> FLAGS =
      List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

  /// Opens the backend twice.
  static final class OpensTwice {
    private OpensTwice() {}

    public static void main(String[] args) {
      CpuBackend.open().close();
      CpuBackend.open().close();
    }
  }

  @Test
  void aMissingVectorApiIsSaidOnce() throws Exception {
    ChildJvm child = ChildJvm.run(FLAGS, ChildJvm.classPath(_ -> true), OpensTwice.class);
    assertThat(child.exit()).as(child.toString()).isZero();
    assertThat(child.err())
        .filteredOn(line -> line.contains("--add-modules jdk.incubator.vector"))
        .singleElement()
        .asString()
        .contains("backend cpu runs at about half its speed");
  }
}
