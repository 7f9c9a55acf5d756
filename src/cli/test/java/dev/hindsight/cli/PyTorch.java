package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// A Python that has PyTorch, and runs that it is to read.
///
/// @param command that starts it
/// @param folder for all that is written
record PyTorch(String command, Path folder) {
  static final int DIGITS = 20; // of each split

  /// Leaves a test out where there is none.
  static PyTorch find(Path folder) throws InterruptedException {
    for (String candidate : List.of("python3", "/usr/bin/python3")) {
      if (isIn(candidate)) {
        return new PyTorch(candidate, folder);
      }
    }
    System.err.println(
        "tests against PyTorch are left out: no python3 here has it; on Debian install python3-torch");
    return abort("no python3 has PyTorch");
  }

  /// Importing it takes seconds; one that is broken fails the tests.
  private static boolean isIn(String candidate) throws InterruptedException {
    String script = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)";
    try {
      return process(candidate, "-c", script).start().waitFor() == 0;
    } catch (IOException _) {
      return false; // there is no such program
    }
  }

  /// A few real digits as IDX files, or what images of another shape can be cut out of them.
  Path digits(ImageShape shape) throws IOException {
    Path digits = Files.createDirectories(folder.resolve("digits" + shape));
    for (Split split : Split.values()) {
      Dataset all = Datasets.open("mnist10k", split);
      ByteBuffer images = ByteBuffer.allocate(16 + DIGITS * shape.pixels());
      images.putInt(0x803).putInt(DIGITS).putInt(shape.height()).putInt(shape.width());
      ByteBuffer labels = ByteBuffer.allocate(8 + DIGITS).putInt(0x801).putInt(DIGITS);
      boolean whole = shape.equals(all.shape());
      for (int i = 0; i < DIGITS; i++) {
        for (int p = 0; p < shape.pixels(); p++) {
          images.put((byte) all.intensity(i, whole ? p : 200 + p % 400));
        }
        labels.put((byte) all.label(i));
      }
      Files.write(digits.resolve(split.imagesFile()), images.array());
      Files.write(digits.resolve(split.labelsFile()), labels.array());
    }
    return digits;
  }

  /// One thread: two pools of Debian's PyTorch spin against each other on a busy machine.
  private static ProcessBuilder process(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("OPENBLAS_NUM_THREADS", "1");
    builder.environment().put("PYTHONPATH", "pytorch:bench/pytorch");
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    return builder;
  }

  /// What a program of the project prints.
  String run(String... arguments) throws Exception {
    String[] words = Stream.concat(Stream.of(command), Stream.of(arguments)).toArray(String[]::new);
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        process(words).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    int exit = process.waitFor();
    assertThat(exit).as(Files.readString(err)).isZero();
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  /// What a script says of folders, line by line.
  List<String> lines(String script, Stream<Path> folders) throws Exception {
    Stream<String> arguments = Stream.concat(Stream.of("-c", script), folders.map(Path::toString));
    return run(arguments.toArray(String[]::new)).lines().toList();
  }

  /// A run on some images.
  Path train(String model, String recipe, Path data) {
    Path run = folder.resolve((data.getFileName() + model + recipe).replace(' ', '_'));
    Cli.here("train " + model + recipe + " --run %s --data %s --backend cpu", run, data).ok();
    return run;
  }
}
