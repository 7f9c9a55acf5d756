package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.cuda.launch.SingleKernel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The PTX in the jar: whole, for old drivers, free of this machine's paths and of spills.
class PtxTest {
  private static final String PTX = "/dev/hindsight/ptx/";

  /// How the files and kernels of a precision, of the large tile or of clusters end, all of which
  /// sm_75 lacks.
  private static final String VARIANT = "_(large|((large|tall|cluster)_)?(tf32|bf16))(\\.ptx)?$";

  private static String resource(String name) throws IOException {
    try (var in = PtxTest.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  /// File name to SHA-256, as `sha256sum` prints them.
  private static Map<String, String> sums() throws IOException {
    Map<String, String> sums = new TreeMap<>();
    resource(PTX + "SHA256SUMS")
        .lines()
        .map(line -> line.split("  ", 2))
        .forEach(columns -> sums.put(columns[1], columns[0]));
    return sums;
  }

  static List<String> files() throws IOException {
    return List.copyOf(sums().keySet());
  }

  private static List<String[]> resources() throws IOException {
    return resource(PTX + "resources.tsv").lines().skip(1).map(l -> l.split("\t")).toList();
  }

  @ParameterizedTest
  @MethodSource("files")
  void isTheOneThatWasSummed(String file) throws Exception {
    byte[] text = resource(PTX + file).getBytes(StandardCharsets.US_ASCII);
    byte[] sum = MessageDigest.getInstance("SHA-256").digest(text);
    assertThat(HexFormat.of().formatHex(sum)).isEqualTo(sums().get(file));
  }

  @ParameterizedTest
  @MethodSource("files")
  void isForOldDriversAndNamesNoPlace(String file) throws IOException {
    String text = resource(PTX + file);
    assertThat(text)
        .contains(
            isForSm90(file)
                ? ".version 7.8\n.target sm_90\n"
                : isForSm80(file)
                    ? ".version 7.0\n.target sm_80\n"
                    : ".version 6.3\n.target sm_75\n");
    assertThat(text.lines().filter(line -> line.startsWith("\t.file")))
        .isNotEmpty()
        .allMatch(
            line ->
                line.matches("\t\\.file\t\\d+ \"(kernels(/\\w+)?|cuda)/\\w+\\.(cu|cuh|h|hpp)\""));
    assertThat(text).doesNotContain("inlined_at").doesNotContain(".debug_str");
  }

  @ParameterizedTest
  @MethodSource("files")
  void hasItsSourceBesideIt(String file) throws IOException {
    String source = file.replaceFirst(VARIANT + "|\\.ptx$", ".cu");
    String folder =
        Stream.of("", "attention/", "draw/", "lstm/")
            .map(room -> "/dev/hindsight/kernels/" + room)
            .filter(room -> PtxTest.class.getResource(room + source) != null)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no " + source));
    assertThat(resource(folder + source)).contains("extern \"C\" __global__");
  }

  @Test
  void everyKernelIsInTheResourceTableForEveryArchitecture() throws IOException {
    Set<String> kernels = new TreeSet<>();
    for (String file : files()) {
      resource(PTX + file)
          .lines()
          .filter(line -> line.startsWith(".visible .entry "))
          .forEach(line -> kernels.add(line.substring(16, line.indexOf('('))));
    }
    Map<String, Set<String>> archs = new TreeMap<>();
    for (String[] row : resources()) {
      archs.computeIfAbsent(row[0], _ -> new TreeSet<>()).add(row[1]);
    }
    assertThat(archs.keySet()).isEqualTo(kernels);
    List<String> all = List.of("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120");
    archs.forEach(
        (kernel, on) -> {
          int first = isForSm90(kernel) ? 4 : isForSm80(kernel) ? 1 : 0;
          assertThat(on).as(kernel).containsExactlyInAnyOrderElementsOf(all.subList(first, 7));
        });
  }

  private static boolean isForSm90(String name) {
    return name.contains("_cluster_");
  }

  private static boolean isForSm80(String name) {
    return name.matches(".*(" + VARIANT + ")");
  }

  @Test
  void everyTiledProductComesInEveryPrecision() throws IOException {
    Set<String> kernels = new TreeSet<>();
    resources().forEach(row -> kernels.add(row[0]));
    for (String kernel : List.copyOf(kernels)) {
      String fp32 = kernel.replaceFirst("(_tall)?_(tf32|bf16)$", "");
      if (kernel.startsWith("roofline")) { // a ceiling, not a kernel of activations
        continue;
      }
      if (kernel.endsWith("_tf32")) {
        assertThat(kernels).contains(fp32, kernel.replace("_tf32", "_bf16"));
      } else if (isForSm80(kernel) && !isOfBf16Alone(fp32)) {
        assertThat(kernels).contains(fp32);
      }
      assertThat(kernels)
          .as("what a small product runs")
          .contains(kernel.replaceFirst("_(large|tall)", ""));
    }
    assertThat(resource(PTX + "linear_tf32.ptx"))
        .contains("mma.sync.aligned.m16n8k8.row.col.f32.tf32");
    assertThat(resource(PTX + "linear_bf16.ptx"))
        .contains("mma.sync.aligned.m16n8k16.row.col.f32.bf16");
  }

  /// What rounds to bf16, the recurrence whose weights lie in registers as tensor cores take them,
  /// and attention by heads, of which only halves fit a multiprocessor.
  private static boolean isOfBf16Alone(String kernel) {
    return kernel.equals("rounded_copy")
        || kernel.startsWith("lstm_resident_rows")
        || kernel.startsWith("causal_attention_head");
  }

  @Test
  void nothingSpills() throws IOException {
    assertThat(resources())
        .isNotEmpty()
        .allSatisfy(
            row ->
                assertThat(List.of(row[4], row[5], row[6]))
                    .as("stack, spill stores, spill loads of %s on %s", row[0], row[1])
                    .containsOnly("0"));
  }

  /// What the driver compiles: a line keeps its number, and nothing of the file is lost but the
  /// other kernels.
  @ParameterizedTest
  @MethodSource("files")
  void everyKernelCanBeTakenAlone(String file) throws IOException {
    List<String> all = resource(PTX + file).lines().toList();
    Set<Integer> taken = new TreeSet<>();
    List<String> kernels =
        all.stream()
            .filter(line -> line.startsWith(".visible .entry "))
            .map(line -> line.substring(".visible .entry ".length(), line.indexOf('(')))
            .toList();
    assertThat(kernels).isNotEmpty().doesNotHaveDuplicates();
    for (String kernel : kernels) {
      List<String> alone = SingleKernel.of(String.join("\n", all) + "\n", kernel).lines().toList();
      assertThat(alone).as(kernel).hasSameSizeAs(all);
      assertThat(alone.stream().filter(line -> line.startsWith(".visible .entry ")).toList())
          .singleElement()
          .asString()
          .startsWith(".visible .entry " + kernel + "("); // on the next line its parameters, if any
      for (int line = 0; line < all.size(); line++) {
        if (alone.get(line).equals(all.get(line))) {
          taken.add(line);
        } else {
          assertThat(alone.get(line)).as("line %d", line).isEmpty();
        }
      }
    }
    assertThat(taken).as("lines of no kernel at all are kept").hasSize(all.size());
  }
}
