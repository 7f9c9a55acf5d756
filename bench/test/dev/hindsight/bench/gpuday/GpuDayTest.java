package dev.hindsight.bench.gpuday;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.bench.vendor.StubLibraries;
import dev.hindsight.cli.CommandLines;
import dev.hindsight.format.Json;
import dev.hindsight.testing.ChildJvm;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/// A day rehearsed whole on the software GPU, with stubs for NVIDIA's libraries: killed, and gone
/// on with; and what is refused.
@Tag("slow")
class GpuDayTest {
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseG1GC",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules=jdk.incubator.vector");
  private static final List<String> MODELS =
      List.of("made", "wavenet", "pixelcnn", "gated-pixelcnn", "transformer", "lstm", "pixel-rnn");

  @TempDir private Path folder;

  private List<String> rehearsal() {
    return List.of("--device", "software", "--out", folder.resolve("day").toString());
  }

  private JsonNode report() {
    return Json.read(folder.resolve("day/report.json"));
  }

  @Test
  void aDayThatWasKilledGoesOnToItsEnd() throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("lib"));
    StubLibraries.build(libraries, "libcublas.so.12");
    StubLibraries.build(libraries, "libcudnn.so.9");
    Map<String, String> environment = Map.of("LD_LIBRARY_PATH", libraries.toString());
    killAfter("verify fp32: done", environment);

    JsonNode before = report();
    assertThat(before.path("parts").propertyNames()).contains("devices", "verify fp32");
    assertThat(Files.readString(folder.resolve("day/report.md"))).contains("| fp32 | all ");

    ChildJvm child =
        ChildJvm.run(
            FLAGS, ChildJvm.classPath(_ -> true), GpuDayMain.class, environment, rehearsal());
    assertThat(child.exit()).as("%s%n%s", child.out(), child.err()).isZero();
    assertThat(child.out()).anyMatch(line -> line.startsWith("goes on after "));
    assertThat(child.out()).noneMatch(line -> line.startsWith("verify fp32"));

    JsonNode state = report();
    assertThat(state.path("parts").path("verify fp32")) // as it was, seconds and all
        .isEqualTo(before.path("parts").path("verify fp32"));
    List<String> wanted = new ArrayList<>(List.of("devices"));
    for (String precision : List.of("fp32", "tf32", "bf16")) {
      wanted.add("verify " + precision);
      wanted.add("ops " + precision);
      for (String model : MODELS) {
        wanted.add("step %s reference %s".formatted(model, precision));
        wanted.add("step %s base %s".formatted(model, precision));
      }
    }
    for (String model : MODELS) {
      wanted.addAll(
          List.of("sample %s reference".formatted(model), "epoch " + model, "cpu epoch " + model));
    }
    assertThat(state.path("parts").propertyNames()).containsExactlyInAnyOrderElementsOf(wanted);
    for (String model : MODELS) {
      double gpu = nats(state, "epoch " + model);
      assertThat(nats(state, "cpu epoch " + model)).as(model).isBetween(gpu - 0.01, gpu + 0.01);
      assertThat(state.path("predictions").has("step %s reference bf16".formatted(model))).isTrue();
    }
    for (String model : List.of("wavenet", "pixelcnn", "gated-pixelcnn", "transformer", "lstm")) {
      assertThat(seconds(state, "sample %s reference".formatted(model))).as(model).isPositive();
    }
    String report = Files.readString(folder.resolve("day/report.md"));
    assertThat(report)
        .contains("its times mean nothing", "Nothing was left out.", "Predicted for: H100")
        .contains("cublasSgemm", "multiply_mask + cublasGemmEx", "cudnnRNNForward")
        .contains("add_mask + cudnnSoftmaxForward", "cudnnConvolutionForward")
        .doesNotContain("## Failed", "**failed**");
    for (String picture : List.of("ops.svg", "steps.svg")) {
      var svg =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(folder.resolve("day").resolve(picture).toFile());
      assertThat(svg.getElementsByTagName("rect").getLength()).as(picture).isGreaterThan(30);
    }
  }

  private static double nats(JsonNode state, String part) {
    return state.path("parts").path(part).path("result").path("nats").doubleValue();
  }

  private static double seconds(JsonNode state, String prediction) {
    return state.path("predictions").path(prediction).path("next_us").doubleValue() / 1e6;
  }

  private void killAfter(String said, Map<String, String> environment) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(GpuDayMain.class.getName());
    command.addAll(rehearsal());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    Process day = builder.start();
    try (var lines = day.inputReader(StandardCharsets.UTF_8)) {
      assertThat(lines.lines().anyMatch(line -> line.startsWith(said))).isTrue();
    } finally {
      day.descendants().forEach(ProcessHandle::destroyForcibly); // the one that predicts
      day.destroyForcibly();
      day.waitFor();
    }
  }

  // ---- what is refused

  private record Outcome(int code, String err) {}

  private static Outcome run(String... args) {
    StringWriter err = new StringWriter();
    CommandLine line = CommandLines.of(new GpuDayCommand());
    line.setOut(new PrintWriter(new StringWriter()));
    line.setErr(new PrintWriter(err));
    int code = line.execute(args);
    return new Outcome(code, err.toString().strip());
  }

  @Test
  void noMinutesAreRefused() {
    assertThat(run("--out", folder.toString(), "--minutes", "0"))
        .isEqualTo(new Outcome(2, "hindsight: --minutes must be at least 1 but is 0"));
  }

  @Test
  void anUnknownGpuIsRefused() {
    assertThat(run("--out", folder.toString(), "--gpu", "X100"))
        .isEqualTo(
            new Outcome(
                2,
                "hindsight: no rates are known of a GPU called 'X100'; there are: H100, A100, RTX"
                    + " 4090, T4"));
  }

  @Test
  void aFolderThatHoldsSomethingElseIsLeftAsItIs() throws Exception {
    Path day = Files.createDirectory(folder.resolve("day"));
    Path other = Files.writeString(day.resolve("precious"), "mine");
    Outcome refused = run(rehearsal().toArray(String[]::new));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualTo(
            "hindsight: --out: %s holds something, and no report.json of a day; name another folder"
                .formatted(day));
    try (var files = Files.list(day)) {
      assertThat(files).containsExactly(other);
    }
    assertThat(other).hasContent("mine");
  }

  @Test
  void anotherReportIsLeftAsItIs() throws Exception {
    Path day = Files.createDirectory(folder.resolve("day"));
    String text = "{\"kind\": \"something else\"}";
    Path json = Files.writeString(day.resolve("report.json"), text);
    Outcome refused = run(rehearsal().toArray(String[]::new));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualTo("hindsight: --out: %s is another report; name another folder".formatted(json));
    String other =
        "{\"kind\": \"hindsight gpu-day\", \"about\": {\"device\": \"cuda: another\"}, \"parts\": {}}";
    Files.writeString(json, other);
    refused = run(rehearsal().toArray(String[]::new));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("is the report of another day").doesNotContain("\n");
    assertThat(json).hasContent(other);
  }

  @Test
  void aLibraryThatIsATextFileEndsTheDayBeforeItBegins() throws Exception {
    Files.writeString(
        folder.resolve("libcudnn.so.9"), "not a library at all, but text\n".repeat(9));
    ChildJvm child =
        ChildJvm.run(
            FLAGS,
            ChildJvm.classPath(_ -> true),
            GpuDayMain.class,
            Map.of("LD_LIBRARY_PATH", folder.toString()),
            rehearsal());
    assertThat(child.exit()).isEqualTo(2);
    assertThat(child.err())
        .filteredOn(line -> line.startsWith("hindsight:"))
        .singleElement()
        .asString()
        .contains("cuDNN: wanted a library called libcudnn.so.9, got a file that is none");
    assertThat(folder.resolve("day")).doesNotExist();
  }

  @Test
  void whatWasLeftOutIsSaid() {
    JsonNode state =
        Json.parse(
            "state",
            """
            {"about": {"device": "d", "software": false, "predicted_for": null},
             "left_out": ["epoch made", "cpu epoch made"],
             "parts": {"verify fp32": {"failed": "a reason"}}, "predictions": {}}
            """);
    assertThat(new DayReport(state).markdown())
        .contains(
            "Left out, for time was short (the same command goes on): epoch made; cpu epoch made.",
            "Predicted for: no GPU, its rates are not known",
            "- verify fp32: a reason")
        .doesNotContain("mean nothing");
  }

  @Test
  void aDrawingStandsBesideItsPrediction() {
    JsonNode state =
        Json.parse(
            "state",
            """
            {"about": {"device": "d", "software": false, "predicted_for": "H100"}, "left_out": [],
             "parts": {"sample wavenet reference": {"result": {"images": 25, "seconds": 0.06}},
                       "sample made reference": {"result": {"images": 25, "seconds": 0.01}}},
             "predictions": {"sample wavenet reference": {"first_us": 30000, "next_us": 30000}}}
            """);
    assertThat(new DayReport(state).markdown())
        .contains(
            "| wavenet | reference | 25 | 0.06000 | 0.03000 | 2.000 |",
            "| made | reference | 25 | 0.01000 | - | - |");
  }
}
