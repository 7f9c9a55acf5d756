package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// JCudnn's classes are of cuDNN 8 and its natives of cuDNN 9, so not every method has its native
/// function (JNI specification, "Resolving Native Method Names"). Those that are called have.
class JCudaNativesTest {
  private static String library(String binding) throws IOException {
    String resource = "/lib/lib%s-12.6.0-linux-x86_64.so".formatted(binding);
    try (InputStream in =
        Objects.requireNonNull(JCudaNativesTest.class.getResourceAsStream(resource), resource)) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /// Names of the methods of a binding that classes of this room call or refer to.
  private static Set<String> called(String type) throws Exception {
    Path classes = Path.of(Blas.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(classes.resolve("dev/hindsight/bench/vendor"))) {
      for (Path file : files.toList()) {
        ClassFile.of()
            .parse(file)
            .constantPool()
            .forEach(
                entry -> {
                  if (entry instanceof MethodRefEntry method
                      && method.owner().asInternalName().equals(type)) {
                    names.add(method.name().stringValue());
                  }
                });
      }
    }
    return names;
  }

  private static String symbol(String type, String method) {
    String mangled = (type + "/" + method + "Native").replace("_", "_1").replace('/', '_');
    return "\0Java_" + mangled + "\0";
  }

  @ParameterizedTest
  @CsvSource({
    "jcuda/jcublas/JCublas2, JCublas2, cublasGemmEx_new",
    "jcuda/jcudnn/JCudnn, JCudnn, cudnnConvolutionBackwardFilter"
  })
  void everyMethodThatIsCalledHasItsNative(String type, String binding, String one)
      throws Exception {
    Set<String> called = called(type);
    assertThat(called).contains(one);
    String library = library(binding);
    assertThat(called).allSatisfy(name -> assertThat(library).contains(symbol(type, name)));
  }

  @Test
  void whatCudnn9RemovedHasNone() throws Exception {
    assertThat(library("JCudnn").contains(symbol("jcuda/jcudnn/JCudnn", "cudnnGetRNNParamsSize")))
        .isFalse();
  }
}
