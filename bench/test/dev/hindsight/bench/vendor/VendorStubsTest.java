package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.hindsight.bench.Main;
import dev.hindsight.natives.SharedLibrary;
import dev.hindsight.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Vendor rows without a GPU and without NVIDIA's libraries: the real JCublas2 and JCudnn call
/// stubs, the kernels run on the software GPU.
@Tag("slow")
class VendorStubsTest {
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseG1GC",
          "-XX:TieredStopAtLevel=1",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules=jdk.incubator.vector");
  private static final String CUBLAS_12 = "libcublas.so.12";
  private static final String CUBLAS_13 = "libcublas.so.13";

  @TempDir private static Path stubs;
  @TempDir private Path folder;

  @BeforeAll
  static void build() throws Exception {
    for (String name : List.of(CUBLAS_12, CUBLAS_13, Cudnn.LIBRARY)) {
      StubLibraries.build(stubs, name);
    }
  }

  private ChildJvm run(Class<?> main, Map<String, String> more, List<String> args)
      throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("LD_LIBRARY_PATH", folder.toString());
    environment.put("HINDSIGHT_STUB_LOG", folder.resolve("calls").toString());
    return ChildJvm.run(FLAGS, ChildJvm.classPath(_ -> true), main, environment, args);
  }

  private void give(String... names) throws Exception {
    for (String name : names) {
      Files.copy(stubs.resolve(name), folder.resolve(name));
    }
  }

  private static void ended(ChildJvm child) {
    assertThat(child.exit()).as("%s", String.join("\n", child.err())).isZero();
  }

  private static final List<String> PRODUCTS =
      List.of(
          "linear 31x32x33",
          "linearGelu 31x32x33",
          "linearAdd 31x32x33",
          "maskedLinear 31x32x33 relu");

  @Test
  void everyRowAsksForWhatTheOpDoes() throws Exception {
    give(CUBLAS_12, Cudnn.LIBRARY);
    ChildJvm child = run(VendorRowsOnStubs.class, Map.of(), List.of());
    ended(child);
    List<String> wanted = new ArrayList<>();
    for (String precision : List.of("fp32", "tf32", "bf16")) {
      wanted.add("cuBLAS 12.6.4 (libcublas.so.12 through JCublas2)");
      wanted.add("cuDNN 9.5.1 (libcudnn.so.9 through JCudnn)");
      List<String> ops = new ArrayList<>(PRODUCTS);
      ops.add("causalConv1d 2x37x32x65 width 3 dilation 2");
      if (precision.equals("fp32")) {
        ops.add("maskedConv2d 2x11x13x4 to 8 up to 5x5");
        ops.add("triangularSoftmax 2x33x33 scale 0.7");
        ops.add("lstm 5x3x33");
      }
      ops.forEach(op -> wanted.add("ok: %s forward in %s".formatted(op, precision)));
      ops.forEach(op -> wanted.add("ok: %s backward in %s".formatted(op, precision)));
      String attention = "ok: causalAttention 1x31 heads 2x16 %s in %s";
      wanted.add(attention.formatted("forward", precision));
      wanted.add(attention.formatted("backward", precision));
    }
    assertThat(child.out()).isEqualTo(wanted);
  }

  @Test
  void cublasOfCuda13IsAskedTheSame() throws Exception {
    assumeNothingInstalled();
    give(CUBLAS_13);
    ChildJvm child =
        run(VendorRowsOnStubs.class, Map.of("HINDSIGHT_STUB_CUBLAS", "130001"), List.of());
    ended(child);
    assertThat(child.out()).hasSize(3 * (2 + 2 * PRODUCTS.size()));
    assertThat(child.out().get(0)).startsWith("not available: cuDNN: wanted libcudnn.so.9, got:");
    assertThat(child.out().get(1))
        .isEqualTo("cuBLAS 13.0.1 (libcublas.so.13 through java.lang.foreign)");
    assertThat(child.out())
        .contains("ok: linear 31x32x33 forward in bf16", "ok: linear 31x32x33 backward in bf16");
  }

  @Test
  void withoutLibrariesEachIsOneLineAndTheRunGoesOn() throws Exception {
    assumeNothingInstalled();
    ChildJvm child = run(VendorFailures.class, Map.of(), List.of());
    ended(child);
    assertThat(child.out())
        .containsExactly(
            "not available: cuBLAS: wanted libcublas.so.12 or libcublas.so.13 or libcublas.so.11,"
                + " got: cannot open shared object file: No such file or directory; looked in"
                + " LD_LIBRARY_PATH ("
                + folder
                + "), in the cache of ldconfig and in the system's folders; install NVIDIA's"
                + " package libcublas-12-6 or libcublas-13-0, or let LD_LIBRARY_PATH name the"
                + " folder that has it (org.bytedeco:cuda:12.6-9.5-1.5.11:linux-x86_64-redist of"
                + " Maven Central carries both)",
            "not available: cuDNN: wanted libcudnn.so.9, got: cannot open shared object file: No"
                + " such file or directory; looked in LD_LIBRARY_PATH ("
                + folder
                + "), in the cache of ldconfig and in the system's folders; install NVIDIA's"
                + " package libcudnn9-cuda-12 (or -13), or let LD_LIBRARY_PATH name the folder"
                + " that has it (org.bytedeco:cuda:12.6-9.5-1.5.11:linux-x86_64-redist of Maven"
                + " Central carries both)",
            "cuBLAS: not compared: not available here",
            "cuDNN: not compared: not available here");
  }

  @Test
  void aTextFileInTheNameOfALibraryIsTheUsersMistake() throws Exception {
    Files.writeString(folder.resolve(CUBLAS_12), "not a library at all, but text\n".repeat(10));
    ChildJvm child =
        run(Main.class, Map.of(), List.of("--device", "software", "--vendor", "--op", "swapAxes"));
    assertThat(child.exit()).isEqualTo(2);
    assertThat(child.err())
        .filteredOn(line -> line.startsWith("hindsight:"))
        .singleElement()
        .asString()
        .contains("cuBLAS: wanted a library called libcublas.so.12, got a file that is none (")
        .contains("invalid ELF header");
  }

  @Test
  void anotherVersionIsNamed() throws Exception {
    give(CUBLAS_12, Cudnn.LIBRARY);
    ChildJvm child = run(VendorFailures.class, Map.of("HINDSIGHT_STUB_CUDNN", "8907"), List.of());
    ended(child);
    assertThat(child.out())
        .contains("cuDNN: not compared: not available here")
        .anyMatch(line -> line.contains("wanted version 9, got one that calls itself 8907"))
        .anyMatch(line -> line.startsWith("cublasSgemm "));
  }

  @Test
  void aLibraryThatDoesNotStartIsNamed() throws Exception {
    give(CUBLAS_12, Cudnn.LIBRARY);
    ChildJvm child =
        run(VendorFailures.class, Map.of("HINDSIGHT_STUB_FAIL", "cublasCreate"), List.of());
    ended(child);
    assertThat(child.out())
        .contains("cuBLAS: not compared: not available here")
        .anyMatch(line -> line.contains("wanted cublasCreate to succeed, got CUBLAS_STATUS_NOT"))
        .anyMatch(line -> line.startsWith("cudnnConvolutionForward "));
  }

  @Test
  void aCallThatFailsIsARow() throws Exception {
    give(CUBLAS_12, Cudnn.LIBRARY);
    ChildJvm child =
        run(
            VendorFailures.class,
            Map.of("HINDSIGHT_STUB_FAIL", "cudnnFindConvolutionForwardAlgorithm"),
            List.of());
    ended(child);
    assertThat(child.out().getLast())
        .startsWith(
            "cuDNN: cuDNN: wanted cudnnFindConvolutionForwardAlgorithm to succeed, got"
                + " CUDNN_STATUS_OF_STUB (3000)");
  }

  @Test
  void aWorkspaceThatIsTooLargeIsNamed() throws Exception {
    give(CUBLAS_12, Cudnn.LIBRARY);
    ChildJvm child =
        run(VendorFailures.class, Map.of("HINDSIGHT_STUB_WORKSPACE_MIB", "1500"), List.of());
    ended(child);
    assertThat(child.out().getLast())
        .startsWith("cuDNN: cuDNN: wanted an algorithm for NCHW in at most 1024 MiB of workspace");
  }

  private static void assumeNothingInstalled() {
    assumeFalse(SharedLibrary.tryLoad(CUBLAS_12).found());
    assumeFalse(SharedLibrary.tryLoad(Cudnn.LIBRARY).found());
  }
}
