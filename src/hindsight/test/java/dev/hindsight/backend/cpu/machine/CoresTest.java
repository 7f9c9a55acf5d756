package dev.hindsight.backend.cpu.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// A thread leaves the core on which another of the pool is.
@EnabledOnOs(OS.LINUX)
class CoresTest {
  /// Which cores this thread may use.
  private static String allowed() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith("Cpus_allowed_list"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aThreadGoesToACoreOfItsOwnAndIsNotBoundToIt() throws IOException {
    String before = allowed();
    for (int round = 0; round < 20; round++) {
      Cores cores = new Cores(2);
      int other = cores.settle(0); // this thread stands for both
      int mine = cores.settle(1);
      assertThat(other).isNotNegative();
      if (Runtime.getRuntime().availableProcessors() > 1) {
        assertThat(mine).isNotEqualTo(other);
      } else {
        assertThat(mine).isEqualTo(other);
      }
      assertThat(allowed()).isEqualTo(before);
    }
  }

  @Test
  void whereEveryCoreIsTakenItStays() throws IOException {
    String before = allowed();
    int cores = Runtime.getRuntime().availableProcessors();
    Cores pool = new Cores(cores + 1);
    for (int worker = 0; worker <= cores; worker++) {
      assertThat(pool.settle(worker)).isNotNegative();
    }
    assertThat(allowed()).isEqualTo(before);
  }
}
