package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole programs in a JVM of their own, whose class path holds the program, the software GPU and
/// JCuda's two jars, and nothing else: what the author of a JCuda program has who adds one
/// dependency.
@Tag("slow")
class RunTest {
  private static final Path SOURCES = Path.of("src/softgpu/test/java/program");
  private static final String PROGRAM = "program.VectorAdd";
  private static final List<String> G1 =
      List.of("-XX:+UseG1GC", "--enable-native-access=ALL-UNNAMED");

  @TempDir private static Path programs = Path.of("");
  private static List<String> jcuda = List.of();

  @TempDir private Path folder = Path.of("");
  private String ptx = "";

  private record Ended(int status, String out, String err) {}

  /// Compiled against JCuda alone. One is there a second time, in a package of JCuda's name.
  @BeforeAll
  static void compilePrograms() throws IOException {
    jcuda =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> Path.of(entry).getFileName().toString().matches("jcuda-.*\\.jar"))
            .toList();
    assertThat(jcuda).as("JCuda and its natives").hasSize(2);
    Path renamed = programs.resolve("VectorAdd.java");
    String text = Files.readString(SOURCES.resolve("VectorAdd.java"));
    Files.writeString(renamed, text.replace("package program;", "package jcuda.program;"));
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                complaints,
                "-cp",
                String.join(File.pathSeparator, jcuda),
                "-d",
                programs.toString(),
                SOURCES.resolve("VectorAdd.java").toString(),
                SOURCES.resolve("RuntimeApi.java").toString(),
                SOURCES.resolve("Compiled.java").toString(),
                renamed.toString());
    assertThat(status).as(complaints.toString(StandardCharsets.UTF_8)).isZero();
  }

  private static String classPath() {
    String softgpu = Run.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    List<String> entries = new ArrayList<>(List.of(programs.toString(), softgpu));
    entries.addAll(jcuda);
    return String.join(File.pathSeparator, entries);
  }

  @BeforeEach
  void writePtx() throws IOException {
    Path file = folder.resolve("kernels.ptx");
    try (var in = Run.class.getResourceAsStream("driver/kernels.ptx")) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    ptx = file.toString();
  }

  private Ended run(List<String> flags, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", classPath()));
    command.add(Run.class.getName());
    command.addAll(List.of(arguments));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    Process process = builder.start();
    return new Ended(process.waitFor(), Files.readString(out), Files.readString(err));
  }

  private static List<String> with(String property) {
    return Stream.concat(G1.stream(), Stream.of(property)).toList();
  }

  @Test
  void anUnmodifiedProgramRuns() throws Exception {
    Ended ended = run(G1, Map.of(), PROGRAM, ptx, "100", "100");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).isEqualTo("total 200.0\n");
    assertThat(ended.status()).isZero();
  }

  @Test
  void aFaultyProgramGetsItsErrorAndTheFinding() throws Exception {
    Ended ended =
        run(with("-Dhindsight.softgpu.schedule-seed=5"), Map.of(), PROGRAM, ptx, "100", "128");
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err())
        .contains("is out of bounds")
        .contains("kernels.cu:")
        .contains("      from program.VectorAdd.main(VectorAdd.java:")
        .doesNotContain("from dev.hindsight")
        .contains("schedule seed 5")
        .contains("CudaException: CUDA_ERROR_ILLEGAL_ADDRESS")
        .contains("software GPU: 1 finding\n");
  }

  @Test
  void forgottenMemoryIsFoundAtTheEnd() throws Exception {
    Ended ended = run(G1, Map.of(), PROGRAM, ptx, "8", "8", "keep");
    assertThat(ended.out()).isEqualTo("total 16.0\n");
    assertThat(ended.err()).contains("leaked 32 bytes").contains("software GPU: 2 findings");
    assertThat(ended.status()).isEqualTo(1);
  }

  @Test
  void aLeakIsNoFindingWhereNobodyAsks() throws Exception {
    Ended ended =
        run(
            with("-Dhindsight.softgpu.check=standard,-leak"),
            Map.of(),
            PROGRAM,
            ptx,
            "8",
            "8",
            "keep");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).isEqualTo("total 16.0\n");
    assertThat(ended.status()).isZero();
  }

  @Test
  void aProgramInAPackageOfJCudasNameIsInReports() throws Exception {
    Ended ended = run(G1, Map.of(), "jcuda.program.VectorAdd", ptx, "100", "128");
    assertThat(ended.err())
        .contains("\"cuMemAlloc 1 at VectorAdd.java:")
        .contains("      from jcuda.program.VectorAdd.main(VectorAdd.java:");
  }

  @Test
  void theRuntimeApiRuns() throws Exception {
    Ended ended = run(G1, Map.of(), "program.RuntimeApi", "0");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).isEqualTo("cudaSuccess\nHindsight software GPU 8\ncudaSuccess 2\n");
    assertThat(ended.status()).isZero();
    Ended faulty = run(G1, Map.of(), "program.RuntimeApi", "8");
    assertThat(faulty.err())
        .contains("cudaMemset: memset: 12 bytes at")
        .contains("16 bytes \"cudaMalloc 1 at RuntimeApi.java:22\"");
    assertThat(faulty.out()).endsWith("cudaErrorInvalidValue 32\n");
    assertThat(faulty.status()).isEqualTo(1);
  }

  /// With NVRTC or nvcc it runs; without, one line says what is missing.
  @Test
  void aProgramThatCompilesItsKernelRuns() throws Exception {
    Ended ended = run(G1, Map.of(), "program.Compiled");
    if (ended.status() == 0) {
      assertThat(ended.err()).isEmpty();
      assertThat(ended.out()).isEqualTo("_Z6squarePfi [0.0, 1.0, 4.0] bad is undefined: true\n");
    } else {
      assertThat(ended.err().lines().findFirst().orElse("")).contains("wanted nvcc on PATH");
    }
  }

  @Test
  void anotherCollectorIsRefusedInOneLine() throws Exception {
    for (String collector : List.of("-XX:+UseSerialGC", "-XX:+UseParallelGC", "-XX:+UseZGC")) {
      Ended ended = run(List.of(collector), Map.of(), PROGRAM, ptx, "8", "8");
      assertThat(ended.status()).as(collector).isEqualTo(2);
      assertThat(ended.err()).hasLineCount(1).contains("start Java with -XX:+UseG1GC");
    }
  }

  @Test
  void theShimIsBuiltOncePrivately() throws Exception {
    Map<String, String> cache = Map.of("XDG_CACHE_HOME", folder.resolve("cache").toString());
    assertThat(run(G1, cache, PROGRAM, ptx, "8", "8").status()).isZero();
    Path library;
    try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
      List<Path> found = files.filter(Files::isRegularFile).toList();
      assertThat(found)
          .as("nothing but the libraries is left")
          .extracting(file -> file.getFileName().toString())
          .containsExactlyInAnyOrder(
              "libcuda.so.1",
              "libcudart.so.12",
              "libcudart.so.13",
              "libhindsight-preload.so",
              "libnvrtc.so.12");
      library = found.stream().filter(f -> f.endsWith("libcuda.so.1")).findFirst().orElseThrow();
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(library.getParent())))
        .isEqualTo("rwx------");
    Map<String, String> noCompiler =
        Map.of("XDG_CACHE_HOME", folder.resolve("cache").toString(), "PATH", "/nowhere");
    assertThat(run(G1, noCompiler, PROGRAM, ptx, "8", "8").status()).as("from cache").isZero();
    Files.setPosixFilePermissions(
        library.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
    Ended open = run(G1, cache, PROGRAM, ptx, "8", "8");
    assertThat(open.status()).isEqualTo(2);
    assertThat(open.err())
        .hasLineCount(1)
        .contains("that only " + System.getProperty("user.name") + " can write to");
  }

  @Test
  void aMissingCompilerIsSaidInOneLine() throws Exception {
    Map<String, String> environment =
        Map.of("XDG_CACHE_HOME", folder.resolve("empty").toString(), "PATH", "/nowhere");
    Ended ended = run(G1, environment, PROGRAM, ptx, "8", "8");
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).hasLineCount(1).contains("wanted a C compiler").contains("gcc");
  }

  @Test
  void anExceptionOfTheProgramKeepsItsTrace() throws Exception {
    Ended ended = run(G1, Map.of(), PROGRAM, ptx, "many", "8");
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err())
        .contains("NumberFormatException: For input string: \"many\"")
        .contains("at program.VectorAdd.main(VectorAdd.java:");
  }

  @Test
  void mistakesOfTheCommandLineAreSaid() throws Exception {
    Ended check = run(with("-Dhindsight.softgpu.check=bounds,nonsense"), Map.of(), PROGRAM);
    assertThat(check.status()).isEqualTo(2);
    assertThat(check.err()).hasLineCount(1).contains("got \"nonsense\"");
    Ended seed = run(with("-Dhindsight.softgpu.schedule-seed=x"), Map.of(), PROGRAM);
    assertThat(seed.status()).isEqualTo(2);
    assertThat(seed.err()).hasLineCount(1).contains("got \"x\"");
    Ended nothing = run(G1, Map.of());
    assertThat(nothing.status()).isEqualTo(2);
    assertThat(nothing.err()).hasLineCount(1).contains("wanted the main class");
    Ended absent = run(G1, Map.of(), "no.such.Main");
    assertThat(absent.status()).isEqualTo(2);
    assertThat(absent.err()).hasLineCount(1).contains("no.such.Main");
  }
}
