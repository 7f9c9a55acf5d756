package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.cuda.device.CudaLibraries;
import dev.hindsight.backend.cuda.device.CudaProbe;
import dev.hindsight.backend.cuda.device.DeviceFacts;
import dev.hindsight.natives.SharedLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What is said about libraries that are there and libraries that are not.
class LibrariesTest {
  @Test
  void aMissingLibraryIsOneLineInTheLoadersWords() {
    SharedLibrary none = SharedLibrary.tryLoad("libhindsight-has-no-such-thing.so.1");
    assertThat(none.found()).isFalse();
    assertThat(none.toString())
        .isEqualTo(
            "libhindsight-has-no-such-thing.so.1: cannot open shared object file: No such file or"
                + " directory");
  }

  @Test
  void aLibraryThatLoadsSaysWhereItLies() {
    SharedLibrary c = SharedLibrary.tryLoad("libc.so.6");
    assertThat(c.found()).isTrue();
    assertThat(c.detail()).startsWith("/").endsWith("libc.so.6");
  }

  @Test
  void cublasBindingsLoadExactlyWhereCublas12Does() throws IOException {
    String type = "jcuda.jcublas.JCublas2";
    String tmp = System.getProperty("java.io.tmpdir");
    if (SharedLibrary.tryLoad("libcublas.so.12").found()) {
      CudaLibraries.requireBinding(type);
    } else {
      assertThatThrownBy(() -> CudaLibraries.requireBinding(type))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("libcublas.so.12: cannot open shared object file")
          .message()
          .doesNotContain("\n");
    }
    assertThat(System.getProperty("java.io.tmpdir")).isEqualTo(tmp);
    try (Stream<Path> files = Files.list(Path.of(tmp))) {
      assertThat(files).noneMatch(file -> file.toString().contains("JCublas2"));
    }
  }

  @Test
  void aGpuOrADriverThatIsTooOldIsToldBeforeItIsOpened() {
    var volta = new DeviceFacts("Tesla V100", 7, 0, 80, 16L << 30);
    var turing = new DeviceFacts("Tesla T4", 7, 5, 40, 15L << 30);
    assertThat(CudaProbe.refusal(12060, turing)).isNull();
    assertThat(CudaProbe.refusal(12060, volta))
        .startsWith("cuda: wanted compute capability 7.5 or later, got Tesla V100, ");
    assertThat(CudaProbe.refusal(11030, turing))
        .startsWith("cuda: wanted an NVIDIA driver for CUDA 11.4 or later (r470), got ");
  }

  @Test
  void aClassThatIsNotThereIsOneLine() {
    assertThatThrownBy(() -> CudaLibraries.requireBinding("jcuda.None"))
        .isInstanceOf(BackendException.class)
        .hasMessage("cuda: wanted class jcuda.None, got none on the class path; build again");
  }
}
