package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// NVIDIA's own assembler accepts every PTX that the tests run, so that they test real PTX. Needs
/// `ptxas` on the path; without it the result is "aborted" with the reason, not "passed".
class PtxasTest {
  record Text(String name, String ptx, String arch) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Text> texts() {
    return Stream.concat(
        Stream.of(
                "good.ptx",
                "corpus.ptx",
                "corpus_float.ptx",
                "corpus_int.ptx",
                "corpus_layers.ptx",
                "corpus_sort.ptx",
                "printing.ptx",
                "collective.ptx",
                "tensor.ptx",
                "images.ptx",
                "faulty_memory.ptx",
                "faulty_threads.ptx")
            .map(n -> new Text(n, TestDevice.text(n), "sm_80")),
        Stream.of(
            new Text("elements", ElementTest.PTX, "sm_80"),
            new Text("opcodes", OpcodeTest.module(), "sm_80"),
            new Text("cluster.ptx", TestDevice.text("cluster.ptx"), "sm_90"),
            new Text("faulty_cluster.ptx", TestDevice.text("faulty_cluster.ptx"), "sm_90"),
            new Text("faulty_newer.ptx", TestDevice.text("faulty_newer.ptx"), "sm_90"),
            new Text("hopper.ptx", TestDevice.text("hopper.ptx"), "sm_90a"),
            new Text("faulty_hopper.ptx", TestDevice.text("faulty_hopper.ptx"), "sm_90a"),
            new Text("products", MmaTest.module(), "sm_90"),
            new Text("references.ptx", TestDevice.text("references.ptx"), "sm_75"),
            new Text("small products", MmaTest.olderModule(), "sm_75"),
            new Text("products of groups", WgmmaTest.module(), "sm_90a"),
            new Text("newer.ptx", TestDevice.text("newer.ptx"), "sm_90"),
            new Text("hints.ptx", TestDevice.text("hints.ptx"), "sm_90"),
            new Text("opcodes of sm_90", OpcodeTest.hopperModule(), "sm_90")));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void accepts(Text text, @TempDir Path folder) throws IOException, InterruptedException {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(p -> Files.isExecutable(Path.of(p, "ptxas")));
    assumeTrue(there, "ptxas is not on the path: install the CUDA toolkit to run this test");
    Path file = Files.writeString(folder.resolve("test.ptx"), text.ptx);
    Process ptxas =
        new ProcessBuilder(
                "ptxas", "-arch=" + text.arch, "-O0", file.toString(), "-o", folder + "/out")
            .redirectErrorStream(true)
            .start();
    String said = new String(ptxas.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(ptxas.waitFor()).as(said).isZero();
  }
}
