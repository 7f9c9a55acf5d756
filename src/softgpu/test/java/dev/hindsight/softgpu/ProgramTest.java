package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hindsight.softgpu.driver.InstalledDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs that are not Java's, each in a process of its own: of the runtime API and of the driver
/// API, made by the C compiler alone or by nvcc, which puts NVIDIA's runtime library into them.
@Tag("slow")
class ProgramTest {
  private static final Path SOURCES =
      Path.of("src/softgpu/test/resources/dev/hindsight/programs").toAbsolutePath();
  private static final Path PTX =
      Path.of("src/softgpu/test/resources/dev/hindsight/softgpu/driver/kernels.ptx");

  @TempDir private Path folder = Path.of("");

  private record Ended(int status, String out, String err) {}

  private Ended start(List<String> command) throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    return new Ended(process.waitFor(), Files.readString(out), Files.readString(err));
  }

  /// On the software GPU, with nothing else on the class path.
  private Ended run(String check, Path program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseG1GC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Dhindsight.softgpu.check=" + check);
    command.add("-Dhindsight.softgpu.library=" + InstalledDriver.library());
    command.add("-cp");
    command.add(Run.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    command.addAll(List.of(Run.class.getName(), "--", program.toString()));
    command.addAll(List.of(arguments));
    return start(command);
  }

  private Path compile(String... command) throws Exception {
    Path made = folder.resolve("program");
    List<String> all = Stream.concat(Stream.of(command), Stream.of("-o", made.toString())).toList();
    Ended ended = start(all);
    assertThat(ended.status()).as(ended.err()).isZero();
    return made;
  }

  private Path compileC(String runtime) throws Exception {
    String source = SOURCES.resolve("host.c").toString();
    Path driver = InstalledDriver.library();
    return compile("cc", source, driver.resolveSibling(runtime).toString(), driver.toString());
  }

  @Test
  void aProgramOfTheRuntimeApiRuns() throws Exception {
    Path program = compileC("libcudart.so.12");
    Ended ended = run("all", program, PTX.toString(), "100", "100");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).isEqualTo("total 200, cudaSuccess\n");
    assertThat(ended.status()).as("the program's own").isEqualTo(100 % 7);
    Ended faulty = run("standard", program, PTX.toString(), "100", "128");
    assertThat(faulty.out()).isEqualTo("total 0, cudaErrorIllegalAddress\n");
    assertThat(faulty.err())
        .contains("software GPU: cudaLaunchKernel: Invalid __global__ read of size 4 bytes")
        .contains("at add in kernels.cu:9")
        .contains("400 bytes \"cudaMalloc 1\"")
        .contains("software GPU: 1 finding\n");
    assertThat(faulty.status()).isEqualTo(1);
  }

  @Test
  void aProgramOfTheDriverApiRuns() throws Exception {
    Ended ended = run("all", compileC("libcudart.so.13"), PTX.toString(), "65", "65", "driver");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).isEqualTo("total 130, \n");
    assertThat(ended.status()).isEqualTo(65 % 7);
  }

  @Test
  void whatCannotStartIsOneLine() throws Exception {
    Path source = folder.resolve("static.c");
    Files.writeString(
        source,
        "__attribute__((section(\".nv_fatbin\"))) char x[8] = {1}; int main() { return x[0]; }");
    refused(run("all", compile("cc", source.toString())), "nvcc -cudart shared");
    Files.writeString(source, Files.readString(source) + "void cudaBindTexture() {}");
    refused(run("all", compile("cc", source.toString())), "got one of an older CUDA");
    refused(run("all", Path.of("/no/such/program")), "/no/such/program");
    String path = "LD_LIBRARY_PATH=" + InstalledDriver.library().getParent();
    String program = compileC("libcudart.so.13").toString();
    Ended alone = start(List.of("env", path, program, PTX.toString(), "8", "8"));
    refused(alone, "hindsight softgpu -- PROGRAM");
  }

  private static void refused(Ended ended, String part) {
    assertThat(ended.err().lines()).singleElement().asString().contains(part);
    assertThat(ended.status()).isEqualTo(2);
  }

  private Path compileCu(String source, String... more) throws Exception {
    Path nvcc =
        Stream.of("/usr/local/bin/nvcc", "/usr/local/cuda/bin/nvcc")
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    assumeTrue(nvcc != null, "nvcc");
    String file = SOURCES.resolve(source).toString();
    List<String> command =
        new ArrayList<>(List.of(String.valueOf(nvcc), "-std=c++17", "-lineinfo", file));
    command.addAll(List.of(more));
    return compile(command.toArray(new String[0]));
  }

  @Test
  @Tag("exhaustive")
  void partsThatAreCompiledApartRun() throws Exception {
    String part = SOURCES.resolve("separate_part.cu").toString();
    Ended ended = run("all", compileCu("separate_main.cu", part, "-rdc=true"));
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).isEqualTo("part 6\nmain 113\n");
    assertThat(ended.status()).isZero();
  }

  @Test
  void whatPeopleLearnFromRuns() throws Exception {
    Ended ended = run("standard", compileCu("samples.cu", "-arch=compute_90"));
    assertThat(ended.err().lines())
        .as("only what was to be refused")
        .hasSize(10)
        .allMatch(
            line ->
                line.matches(
                    ".*(wanted|do not fit|clusters|is compiled for|nobody freed|be cloned|no kernel"
                        + " has set).*"));
    assertThat(ended.out().lines())
        .containsExactly(
            "managed",
            "zeroCopy",
            "streams",
            "pools",
            "texture2d",
            "layered",
            "pitchLinear",
            "surfaces",
            "graphs",
            "classics",
            "finance",
            "groups",
            "mipmaps",
            "queries",
            "clusters",
            "graphMemory",
            "conditions");
    assertThat(ended.status()).isZero();
  }

  @Test
  void whatNeedsSm90Runs() throws Exception {
    Ended ended = run("all", compileCu("hopper.cu", "-gencode=arch=compute_90a,code=compute_90a"));
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out().lines()).containsExactly("tensorMaps", "groupProduct");
    assertThat(ended.status()).isZero();
  }

  @Test
  void whatNvccMakesRuns() throws Exception {
    Path program = compileCu("runtime.cu", "-arch=compute_80");
    List<String> all =
        List.of(
            "launches",
            "symbols",
            "copies",
            "streams",
            "graphs",
            "cooperative",
            "properties",
            "print");
    Ended ended = run("standard,-leak", program, all.toArray(new String[0]));
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out().lines())
        .containsSubsequence(all)
        .endsWith("properties", "thread 0 of 2", "thread 1 of 2", "print");
    assertThat(ended.status()).isZero();
    Ended mistaken = run("standard", program, "errors", "leak");
    assertThat(mistaken.err())
        .contains("cudaIpcGetMemHandle is not supported")
        .contains("leaked 32 bytes \"cudaMalloc");
    assertThat(mistaken.out()).isEqualTo("errors\nleak\n");
    assertThat(mistaken.status()).isEqualTo(1);
    Ended faulty = run("standard", program, "launches", "beyond");
    assertThat(faulty.err()).contains("in runtime.cu:").endsWith("software GPU: 1 finding\n");
    assertThat(faulty.out()).isEqualTo("launches\nstill alive\n");
    assertThat(faulty.status()).isEqualTo(1);
  }
}
