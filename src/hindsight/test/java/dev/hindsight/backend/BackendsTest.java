package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.error.UserException;
import dev.hindsight.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackendsTest {
  private static final List<String> FLAGS =
      List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

  @TempDir private Path folder;

  @Test
  void theBackendsOfThisJarAreFound() {
    assertThat(Backends.names()).containsExactly("auto", "cuda", "cpu");
    assertThat(Backends.gpu().name()).isEqualTo("cuda");
    assertThatThrownBy(() -> Backends.open("tpu"))
        .isInstanceOf(UserException.class)
        .hasMessage("no backend is called 'tpu'; there are: auto, cuda, cpu");
  }

  @Test
  void aPrecisionThatABackendLacksIsRefused() {
    assertThatThrownBy(() -> Backends.open("cpu", Precision.TF32))
        .isInstanceOf(UserException.class)
        .hasMessage("tf32 is not for backend cpu, only for cuda;" + " leave --precision out");
  }

  @Test
  void autoTakesNoGpuThatWouldNotOpen() {
    String old =
        "cuda: wanted compute capability 7.5 or later, got Tesla V100; use another backend";
    List<String> gpus = List.of("Tesla V100");
    assertThat(Backends.choose(new GpuReport(gpus, "CUDA 12.6", List.of(), old)))
        .isEqualTo(new Backends.Choice("cpu", "no usable GPU (run 'devices' for the reason)"));
    assertThat(Backends.choose(new GpuReport(gpus, "CUDA 12.6", List.of(), null)))
        .isEqualTo(new Backends.Choice("cuda", "a GPU was found: Tesla V100"));
    assertThat(Backends.choose(new GpuReport(List.of(), "no libcuda.so.1", List.of(), null)))
        .isEqualTo(new Backends.Choice("cpu", "no usable GPU (run 'devices' for the reason)"));
  }

  /// Prints which backends there are, and what opening `cpu` and `foreign` says.
  static final class Opens {
    private Opens() {}

    public static void main(String[] args) {
      System.out.println(String.join(" ", Backends.names()));
      for (String name : List.of("cpu", "foreign")) {
        try {
          Backends.open(name).close();
          System.out.println("opened");
        } catch (BackendException | UserException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  @Test
  void aMissingLibraryIsOneLineThatNamesIt() throws Exception {
    List<String> without = ChildJvm.classPath(entry -> !entry.contains("dnnl"));
    ChildJvm library = ChildJvm.run(FLAGS, without, Opens.class);
    assertThat(library.exit()).as(library.toString()).isZero();
    assertThat(library.out())
        .contains(
            "backend cpu needs org.bytedeco:dnnl on the class path, found none;"
                + " add it, or use another backend");

    List<String> flags = new ArrayList<>(FLAGS);
    flags.add("-Dhindsight.bundle=true");
    ChildJvm bundle = ChildJvm.run(flags, without, Opens.class);
    assertThat(bundle.out())
        .contains("backend cpu is not in this bundle; use a GPU, or give --device software");
  }

  /// Somebody else's backend; it fails to open in words of its own.
  public static final class Foreign implements BackendProvider {
    @Override
    public String name() {
      return "foreign";
    }

    @Override
    public @Nullable String missing() {
      return null;
    }

    @Override
    public Backend open(Precision precision) {
      throw new BackendException("foreign: asked to open in " + precision.label());
    }
  }

  @Test
  void aProviderOfAnotherJarIsFound() throws Exception {
    ChildJvm child = ChildJvm.run(FLAGS, with(Foreign.class), Opens.class);
    assertThat(child.exit()).as(child.toString()).isZero();
    assertThat(child.out())
        .startsWith("auto cuda cpu foreign")
        .endsWith("foreign: asked to open in fp32");
  }

  /// Takes the name of one that is there.
  public static final class Twin implements BackendProvider {
    @Override
    public String name() {
      return "cpu";
    }

    @Override
    public @Nullable String missing() {
      return null;
    }

    @Override
    public Backend open(Precision precision) {
      throw new AssertionError("is never opened");
    }
  }

  @Test
  void twoOfOneNameAreRefused() throws Exception {
    ChildJvm child = ChildJvm.run(FLAGS, with(Twin.class), Opens.class);
    assertThat(child.exit()).as(child.toString()).isZero();
    assertThat(child.out().get(1)).startsWith("two backends are called 'cpu', those of class ");
  }

  /// The class path and a folder whose services name a provider.
  private List<String> with(Class<?> provider) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(BackendProvider.class.getName()), provider.getName());
    List<String> classPath = new ArrayList<>(ChildJvm.classPath(_ -> true));
    classPath.add(folder.toString());
    return classPath;
  }
}
