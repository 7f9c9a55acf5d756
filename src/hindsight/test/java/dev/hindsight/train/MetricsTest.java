package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.format.FormatException;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
  @TempDir Path folder;

  private static Metric metric(Metric.Kind kind, long step) {
    return new Metric(
        kind, 1 + (int) (step / 125), step, 200.5 - step, 3e-4, 4210.5, step * 0.01, Double.NaN);
  }

  private Path write(long... steps) {
    Path file = folder.resolve("metrics.jsonl");
    try (Metrics metrics = Metrics.open(file, ImageShape.MNIST)) {
      for (long step : steps) {
        metrics.add(metric(Metric.Kind.TRAIN, step));
      }
    }
    return file;
  }

  @Test
  void writesOneObjectPerLine() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    try (Metrics metrics = Metrics.open(file, ImageShape.MNIST)) {
      metrics.add(
          new Metric(Metric.Kind.TEST, 2, 250, 784 * Math.log(2), 1e-3, 100, 1.5, Double.NaN));
      metrics.add(new Metric(Metric.Kind.VALIDATION, 2, 250, 784, 1e-3, 100, 1.5, 0.25));
      metrics.add(new Metric(Metric.Kind.TRAIN, 2, 251, Double.NaN, 1e-3, 100, 1.5, Double.NaN));
    }
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "{\"kind\":\"test\",\"epoch\":2,\"step\":250,\"nll_nats\":543.4273895589971,"
                + "\"bits_per_dim\":1.0,\"lr\":0.001,\"images_per_s\":100.0,\"seconds\":1.5,\"crc32c\":\"b099232d\"}",
            "{\"kind\":\"validation\",\"epoch\":2,\"step\":250,\"nll_nats\":784.0,"
                + "\"bits_per_dim\":1.4426950408889634,\"lr\":0.001,\"images_per_s\":100.0,"
                + "\"seconds\":1.5,\"standard_error\":0.25,\"crc32c\":\"f1bd2962\"}",
            "{\"kind\":\"train\",\"epoch\":2,\"step\":251,\"nll_nats\":null,"
                + "\"bits_per_dim\":null,\"lr\":0.001,\"images_per_s\":100.0,\"seconds\":1.5,\"crc32c\":\"17bcbd1d\"}");
    double nats = Metrics.read(file).getFirst().nllNats();
    assertThat(ImageShape.MNIST.bitsPerDim(nats)).isCloseTo(1, within(1e-15));
    assertThat(Metrics.read(file).get(1).standardError()).isEqualTo(0.25);
    assertThat(Metrics.read(file).getLast().nllNats()).isNaN();
  }

  @Test
  void readsBackWhatItWrote() {
    Path file = write(1, 2, 1L << 40);
    try (Metrics metrics = Metrics.open(file, ImageShape.MNIST)) {
      metrics.add(metric(Metric.Kind.TEST, 3));
    }
    assertThat(Metrics.read(file))
        .containsExactly(
            metric(Metric.Kind.TRAIN, 1),
            metric(Metric.Kind.TRAIN, 2),
            metric(Metric.Kind.TRAIN, 1L << 40),
            metric(Metric.Kind.TEST, 3));
  }

  @Test
  void resumingDropsLaterStepsAndATornLine() throws IOException {
    Path file = write(100, 200, 300);
    String whole = Files.readString(file);
    Files.writeString(file, whole + "{\"kind\":\"tra");
    try (Metrics metrics = Metrics.resume(file, ImageShape.MNIST, 200)) {
      metrics.add(metric(Metric.Kind.TEST, 250));
    }
    assertThat(Metrics.read(file).stream().map(Metric::step)).containsExactly(100L, 200L, 250L);
    assertThat(Files.readString(file)).startsWith(whole.substring(0, whole.indexOf("300") - 40));
    assertThat(Files.readAllLines(file)).hasSize(3);
  }

  @Test
  void resumingWithoutAFileStartsOne() {
    Path file = folder.resolve("new.jsonl");
    Metrics.resume(file, ImageShape.MNIST, 5).close();
    assertThat(Metrics.read(file)).isEqualTo(List.of());
  }

  @Test
  void aForeignLineIsNamed() throws IOException {
    Path file = write(1, 2);
    String good = Files.readString(file);
    for (String bad :
        new String[] {
          "hello",
          "[]",
          "{\"kind\":\"dev\"}",
          "{\"kind\":\"train\",\"epoch\":1.5}",
          "{\"kind\":\"train\",\"epoch\":99999999999}",
          "{\"kind\":\"train\",\"epoch\":1,\"step\":-1}",
          "{\"kind\":\"train\",\"epoch\":1,\"step\":1,\"nll_nats\":\"1\"}"
        }) {
      Files.writeString(file, good + bad + "\n");
      assertThatExceptionOfType(FormatException.class)
          .as(bad)
          .isThrownBy(() -> Metrics.read(file))
          .withMessageStartingWith(file + " line 3: ")
          .withMessageNotContaining("\n");
    }
  }

  @Test
  void aFileThatIsNoTextIsDamaged() throws IOException {
    Path file = write(1, 2);
    byte[] bytes = Files.readAllBytes(file);
    bytes[10] = (byte) 0xff;
    Files.write(file, bytes);
    assertThatExceptionOfType(FormatException.class)
        .isThrownBy(() -> Metrics.read(file))
        .withMessage(file + ": not JSON (it is not UTF-8); restore the file or start a new run");
  }

  @Test
  void aFullDiskIsOneLine() {
    try (Metrics metrics = Metrics.open(Path.of("/dev/full"), ImageShape.MNIST)) {
      assertThatExceptionOfType(UncheckedIOException.class)
          .isThrownBy(() -> metrics.add(metric(Metric.Kind.TRAIN, 1)))
          .withMessage(
              "cannot write /dev/full: No space left on device; free some, or write elsewhere");
    }
  }

  /// Of each byte of the last lines, their ends included, one of its bits.
  @Test
  void anyFlippedBitIsFound() throws IOException {
    Path file = write(1, 2, 3);
    byte[] bytes = Files.readAllBytes(file);
    for (int bit = 0; bit < 8 * bytes.length; bit += 7) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, bytes);
      assertThatExceptionOfType(FormatException.class)
          .as("bit %d of byte %d", bit % 8, bit / 8)
          .isThrownBy(() -> Metrics.read(file))
          .withMessageStartingWith(file.toString())
          .withMessageNotContaining("\n");
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
  }

  @Test
  void aLinkIsNotFollowedWhereALineIsWritten() throws IOException {
    Path outside = folder.resolve("outside");
    Path file = Files.createSymbolicLink(folder.resolve("metrics.jsonl"), outside);
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> Metrics.resume(file, ImageShape.MNIST, 0));
    assertThat(outside).doesNotExist();
  }
}
