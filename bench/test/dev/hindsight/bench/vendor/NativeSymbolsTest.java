package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backends;
import dev.hindsight.bench.vendor.CalledNatives.Method;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import jcuda.jcudnn.JCudnn;
import org.junit.jupiter.api.Test;

/// Every method of JCuda, JCublas2 and JCudnn that this project reaches has its native function in
/// the library of the version in pom.xml. JCudnn's classes are of cuDNN 8 and its natives of cuDNN
/// 9, so not all have.
class NativeSymbolsTest {
  private static final List<String> LIBRARIES =
      List.of("JCudaDriver", "JCudaRuntime", "JCublas2", "JCudnn");

  private static Set<String> symbols() throws IOException {
    Set<String> symbols = new HashSet<>();
    for (String library : LIBRARIES) {
      String resource = "/lib/lib%s-12.6.0-linux-x86_64.so".formatted(library);
      try (InputStream in =
          Objects.requireNonNull(NativeSymbolsTest.class.getResourceAsStream(resource), resource)) {
        symbols.addAll(ElfSymbols.defined(in.readAllBytes()));
      }
    }
    return symbols;
  }

  private static Set<Method> reached() throws Exception {
    Set<Method> reached = new TreeSet<>();
    for (Class<?> inModule : List.of(Backends.class, Blas.class)) {
      Path classes = Path.of(inModule.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isDirectory(classes)) {
        reached.addAll(CalledNatives.of(classes));
      } else {
        try (FileSystem jar = FileSystems.newFileSystem(classes)) {
          reached.addAll(CalledNatives.of(jar.getPath("/")));
        }
      }
    }
    return reached;
  }

  private static Set<Method> missing(Set<Method> reached) throws IOException {
    Set<String> there = symbols();
    return reached.stream()
        .filter(method -> !there.contains(method.symbol()))
        .collect(Collectors.toSet());
  }

  @Test
  void everyNativeThatIsReachedIsThere() throws Exception {
    Set<Method> reached = reached();
    assertThat(reached)
        .extracting(Method::name)
        .contains(
            "cuLaunchKernelNative",
            "cuEventRecordNative",
            "cublasSgemmNative",
            "cublasGemmEx_newNative",
            "cudnnConvolutionForwardNative",
            "cudnnCreateRNNDescriptorNative", // by a reference to its method
            "cudnnRNNForwardNative",
            "cudnnConvolutionBackwardFilterNative",
            "cudnnRNNBackwardWeights_v8Native",
            "cudnnMultiHeadAttnForwardNative");
    assertThat(missing(reached)).isEmpty();
  }

  /// The functions behind JCudnn, in the list of those that cuDNN 9.5.1 has.
  @Test
  void everyFunctionOfCudnnIsOneThatCudnn9Has() throws Exception {
    List<String> functions =
        Files.readAllLines(
            Path.of("bench/test/dev/hindsight/bench/vendor/cudnn-9.5.1-functions.txt"));
    List<String> called =
        reached().stream()
            .filter(method -> method.type().equals("jcuda/jcudnn/JCudnn"))
            .map(Method::name)
            .filter(name -> name.startsWith("cudnn"))
            .map(name -> name.replaceFirst("Native$", ""))
            .toList();
    assertThat(called).hasSizeGreaterThan(20).isSubsetOf(functions);
    assertThat(functions).doesNotContain("cudnnGetRNNParamsSize");
  }

  /// Calls a function that cuDNN 9 removed, which JCudnn's classes still have.
  @SuppressWarnings("UnusedNestedClass") // it is read as a file
  private static final class CallsWhatIsGone {
    @SuppressWarnings({"deprecation", "UnusedMethod", "NullAway"}) // which is the point
    static int parameters() {
      return JCudnn.cudnnGetRNNParamsSize(null, null, null, null, 0);
    }
  }

  @Test
  void aCallOfWhatIsGoneIsFound() throws Exception {
    String file = "NativeSymbolsTest$CallsWhatIsGone.class";
    try (InputStream in =
        Objects.requireNonNull(NativeSymbolsTest.class.getResourceAsStream(file))) {
      assertThat(missing(CalledNatives.of(in.readAllBytes())))
          .extracting(Method::name)
          .containsExactly("cudnnGetRNNParamsSizeNative");
    }
  }
}
