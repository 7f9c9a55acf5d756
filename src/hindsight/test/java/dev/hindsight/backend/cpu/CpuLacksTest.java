package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.BackendException;
import dev.hindsight.testing.ChildJvm;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What `cpu` says in one line of a JVM that lacks something, and what to do.
class CpuLacksTest {
  private static final String VECTORS = "jdk.incubator.vector";

  /// Opens the backend, or prints why it cannot.
  static final class Opens {
    private Opens() {}

    public static void main(String[] args) {
      try (CpuBackend backend = CpuBackend.open()) {
        System.out.println(backend.describe());
      } catch (BackendException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static void says(String wanted, List<String> flags, List<String> classPath)
      throws Exception {
    ChildJvm child = ChildJvm.run(flags, classPath, Opens.class);
    assertThat(child.exit()).as(child.toString()).isZero();
    assertThat(child.out()).singleElement().asString().contains(wanted);
  }

  @Test
  void theVectorApi() throws Exception {
    List<String> flags =
        ChildJvm.COMPUTING.stream()
            .filter(flag -> !flag.equals("--add-modules") && !flag.equals(VECTORS))
            .toList();
    says(
        "Vector API; start Java with --add-modules " + VECTORS,
        flags,
        ChildJvm.classPath(_ -> true));
  }

  @Test
  void whatCompilesVectors() throws Exception {
    List<String> flags =
        Stream.concat(ChildJvm.COMPUTING.stream(), Stream.of("-XX:TieredStopAtLevel=1")).toList();
    says(
        "slower: C2 is off; start Java without -XX:TieredStopAtLevel",
        flags,
        ChildJvm.classPath(_ -> true));
  }

  @Test
  void oneDnn() throws Exception {
    List<String> others = ChildJvm.classPath(entry -> !entry.matches(".*/dnnl-[^/]*-linux[^/]*"));
    says("choose --backend nd4j", ChildJvm.COMPUTING, others);
  }
}
