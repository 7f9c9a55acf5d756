package dev.hindsight.bench.gpuday;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.bench.BenchCommand;
import dev.hindsight.bench.gpuday.DayLog.Line;
import dev.hindsight.bench.gpuday.DayLog.State;
import dev.hindsight.cli.CommandLines;
import dev.hindsight.cli.Main;
import dev.hindsight.error.UserException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// What a part that hangs, crashes or fails costs: its own row, once.
class GpuDayTest {
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir private Path folder;

  private static Part part(String name, Duration limit) {
    return new Part(name, List.of(), Trouble.class, List.of(name), limit);
  }

  private DayLog day(List<Part> parts, boolean again, Duration time) throws InterruptedException {
    var log = new DayLog(folder, "a device");
    var out = new PrintWriter(new StringWriter());
    new GpuDay(folder, log, Instant.now().plus(time), out).run(parts, again);
    return log;
  }

  private static Line end(DayLog log, String part) {
    return Objects.requireNonNull(log.ends().get(part), part);
  }

  private static long starts(DayLog log, String part) {
    return log.lines().stream()
        .filter(line -> line.part().equals(part) && line.state() == State.STARTED)
        .count();
  }

  @Test
  void eachPartIsACommandThatThereIs() {
    Stream.concat(Parts.onGpu(Path.of("day")).stream(), Parts.onSoftwareGpu().stream())
        .forEach(
            part -> {
              Object command = part.main() == Main.class ? new Main() : new BenchCommand();
              String[] words = part.words().toArray(String[]::new);
              assertThatCode(() -> CommandLines.of(command).parseArgs(words))
                  .as(part.name())
                  .doesNotThrowAnyException();
            });
  }

  @Test
  void partsThatHangCrashOrFailCostTheirRowAndAreNotMetAgain() throws Exception {
    List<Part> parts =
        List.of(
            part("hang", Duration.ofSeconds(5)),
            part("crash", LONG),
            part("killed", LONG),
            part("fail", LONG),
            part("good", LONG));
    DayLog log = day(parts, false, LONG);
    for (String name : List.of("hang", "crash", "killed", "fail")) {
      assertThat(end(log, name).state()).as(name).isEqualTo(State.FAILED);
    }
    assertThat(end(log, "hang").text()).startsWith("killed after ");
    assertThat(end(log, "crash").text())
        .contains("killed by signal 6: # "); // a JVM's answer to SIGSEGV, and where
    assertThat(end(log, "killed").text()).contains("killed by signal 9");
    assertThat(end(log, "fail").text()).endsWith("exit code 1: hindsight: no luck");
    assertThat(end(log, "good").state()).isEqualTo(State.DONE);
    for (Part part : parts) { // what it printed before is kept
      assertThat(log.lines()).contains(new Line(part.name(), State.ROW, "{\"us\":1.5}"));
    }
    assertThat(new DayReport(log, "a device", List.of("later")).markdown())
        .contains("# A day with a device", "1 parts done, 4 not, 1 have not run.")
        .contains("- **fail** failed: ", "the same command goes on with them: later")
        .contains("| part | us |\n|---|---|\n| hang | 1.500 |");
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.startsWith("crash-"))
          .noneMatch(name -> name.endsWith(".tmp"));
    }

    log = day(parts, false, LONG);
    assertThat(log.lines().stream().filter(line -> line.state() == State.STARTED)).hasSize(5);

    log = day(List.of(part("good", LONG)), true, LONG);
    assertThat(starts(log, "good")).isEqualTo(2);
  }

  @Tag("exhaustive") // minutes on a busy machine; how a part ends is above
  @Test
  void aKernelThatHangsAndALibraryThatCrashesCostTheirRow() throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("libraries"));
    Path source =
        Files.writeString(
            libraries.resolve("cublas.c"),
            "__attribute__((constructor)) static void crash(void) { *(volatile int *)8 = 0; }\n");
    String library = libraries.resolve("libcublas.so.12").toString();
    Process compiler =
        new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library, source.toString()).start();
    assertThat(compiler.waitFor()).isZero();
    Path dayFolder = Files.createDirectory(folder.resolve("day"));
    var log = new DayLog(dayFolder, "a device");
    var out = new PrintWriter(new StringWriter());
    List<Part> parts =
        List.of(
            part("hung kernel", Duration.ofSeconds(30)),
            new Part(
                "vendor add",
                List.of("env", "LD_LIBRARY_PATH=" + libraries),
                dev.hindsight.bench.Main.class,
                List.of("--vendor", "--op", "add", "--device", "software", "--json"),
                LONG),
            part("good", LONG));
    new GpuDay(dayFolder, log, Instant.now().plus(LONG), out).run(parts, false);
    assertThat(log.lines()).contains(new Line("hung kernel", State.ROW, "{\"loaded\":true}"));
    assertThat(end(log, "hung kernel").text()).startsWith("killed after ");
    assertThat(end(log, "vendor add").text())
        .contains("killed by signal 6", "[libcublas.so.12+0x", "crash");
    assertThat(log.lines()).noneMatch(line -> line.text().startsWith("#"));
    assertThat(end(log, "good").state()).isEqualTo(State.DONE);
  }

  @Test
  void aPartThatTookTheMachineDownIsNotMetAgain() throws Exception {
    new DayLog(folder, "a device").add("good", State.STARTED, "");
    String torn = Files.readString(folder.resolve(DayLog.FILE)) + "good\tro"; // no end of line
    Files.writeString(folder.resolve(DayLog.FILE), torn);
    DayLog log = day(List.of(part("good", LONG)), false, LONG);
    Line failed = new Line("good", State.FAILED, "the day ended while it ran");
    assertThat(end(log, "good")).isEqualTo(failed);
    assertThat(starts(log, "good")).isEqualTo(1);
    assertThat(end(new DayLog(folder, "a device"), "good")).isEqualTo(failed);
  }

  @Test
  void aPartThatIsStoppedWithTheDayRunsAgain() throws Exception {
    Duration soon = Duration.ofMillis(300);
    DayLog log = day(List.of(part("hang", LONG), part("good", LONG)), false, soon);
    assertThat(end(log, "hang").state()).isEqualTo(State.STOPPED);
    assertThat(log.ends()).doesNotContainKey("good");
    log = day(List.of(part("hang", soon)), false, LONG);
    assertThat(starts(log, "hang")).isEqualTo(2);
  }

  @Test
  void aFullDiskEndsTheDay() {
    var log = new DayLog(folder, "a device");
    assertThat(folder.resolve(DayLog.FILE).toFile().delete()).isTrue();
    assertThat(folder.resolve(DayLog.FILE).toFile().mkdir()).isTrue(); // nothing can be appended
    var day =
        new GpuDay(folder, log, Instant.now().plus(LONG), new PrintWriter(new StringWriter()));
    assertThatThrownBy(() -> day.run(List.of(part("hang", LONG)), false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("make room and start again, it goes on where it was");
  }

  @Test
  void anotherFolderAndAnotherDeviceAreLeftAsTheyAre() throws Exception {
    Path other = Files.writeString(folder.resolve("precious"), "mine");
    assertThatThrownBy(() -> new DayLog(folder, "a device"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("holds something, and no rows.tsv of a day; name another folder");
    Files.delete(other);
    new DayLog(folder, "a device");
    assertThatThrownBy(() -> new DayLog(folder, "another"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is of another device (a device), this one is another");
    Path log = Files.writeString(folder.resolve(DayLog.FILE), "a table\n");
    assertThatThrownBy(() -> new DayLog(folder, "a device"))
        .hasMessageContaining("is no log of a day");
    assertThat(log).hasContent("a table");
  }

  private record Outcome(int code, String err) {}

  private static Outcome run(String... args) {
    StringWriter err = new StringWriter();
    CommandLine line = CommandLines.of(new GpuDayCommand());
    line.setOut(new PrintWriter(new StringWriter()));
    line.setErr(new PrintWriter(err));
    return new Outcome(line.execute(args), err.toString().strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--minutes 0 | --minutes must be at least 1 but is 0",
        "--device cloud | --device must be gpu or software but is cloud",
        "--device software --only opps | no part is called 'opps'",
      })
  void mistakes(String words, String wanted) {
    Outcome refused = run(("--out " + folder + " " + words).split(" ", -1));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains(wanted);
  }

  @Tag("slow")
  @Test
  void aRehearsalOnTheSoftwareGpu() throws Exception {
    Outcome day = run("--device", "software", "--out", folder.toString());
    String log = Files.readString(folder.resolve(DayLog.FILE));
    assertThat(day).as(log).isEqualTo(new Outcome(0, ""));
    assertThat(log)
        .contains("\ndevices\tdone\t", "\nverify fp32\tdone\t", "\nops add\tdone\t")
        .contains("\nsmoke made\trow\t{\"model\":\"made\"")
        .contains("\nstep made\trow\t{\"model\":\"made\"", "\nvendor add\tdone\t")
        .containsPattern("\nstep made\trow.*\"reserved_bytes\":\\d{7}");
    assertThat(Files.readString(folder.resolve(DayReport.FILE)))
        .contains("6 parts done, 0 not, 0 have not run.")
        .containsPattern("\\d checks passed, 0 did not");
  }
}
