package dev.hindsight.backend.cpu.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.testing.ChildJvm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A profiler stops threads by signals, wherever they are. The kernel writes the frame of a signal
/// below the stack pointer; oneDNN's kernels up to 3.11.1 let that point into the heap of C
/// (uxlfoundation/oneDNN issue 4845), and a JVM whose heap is overwritten aborts soon.
class ProfiledProductsTest {
  @TempDir private Path temp;

  /// Multiplies for a while.
  static final class Products {
    private static final int SIZE = 100; // kernels that copy a larger one first keep to the stack
    private static final int ALIGNMENT = 64;
    private static final long NANOS = 1_500_000_000L;

    private Products() {}

    private static Matrix square(Stored stored, MemorySegment memory) {
      return Matrix.dense(stored, memory.address(), SIZE, SIZE);
    }

    public static void main(String[] arguments) {
      try (Arena arena = Arena.ofConfined()) {
        long bytes = (long) SIZE * SIZE * Float.BYTES;
        Stored stored = new StoredFp32(new OneDnn(false));
        Matrix a = square(stored, arena.allocate(bytes, ALIGNMENT));
        Matrix b = square(stored, arena.allocate(bytes, ALIGNMENT));
        Matrix c = square(stored, arena.allocate(bytes, ALIGNMENT));
        long start = System.nanoTime();
        while (System.nanoTime() - start < NANOS) {
          c.set(a, b);
        }
      }
      System.out.println("done");
    }
  }

  /// A signal for each millisecond that the CPU works.
  @Test
  void leaveTheHeapAlone() throws Exception {
    String sampled = "jdk.CPUTimeSample#enabled=true,jdk.CPUTimeSample#throttle=1ms";
    List<String> flags = new ArrayList<>(ChildJvm.COMPUTING);
    flags.add("-XX:-CreateCoredumpOnCrash");
    flags.add("-XX:StartFlightRecording:filename=%s,%s".formatted(temp.resolve("a.jfr"), sampled));
    ChildJvm child = ChildJvm.run(flags, ChildJvm.classPath(_ -> true), Products.class);
    assertThat(child.exit()).as(child.toString()).isZero();
    assertThat(child.out()).contains("done");
  }
}
