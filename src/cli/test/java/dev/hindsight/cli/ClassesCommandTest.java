package dev.hindsight.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.data.DataException;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Labels;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `train --classes` and `evaluate` of such a run.
class ClassesCommandTest {
  private static final String TRAIN =
      "train made --backend cpu --preset reference --batch 10 --hidden 8 --layers 1 --data %s --run %s";
  private static final String CLASSES = " --classes --class-dropout 0.25";

  @TempDir private Path temp;
  private Path data;
  private Path run;

  @BeforeEach
  void writeData() throws IOException {
    data = IdxBytes.folder(temp.resolve("data"), new ImageShape(5, 7), 60, 20);
    run = temp.resolve("run");
  }

  private void label(String split, int... labels) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 + labels.length).putInt(0x801).putInt(labels.length);
    IntStream.of(labels).forEach(label -> bytes.put((byte) label));
    Files.write(data.resolve(split + "-labels-idx1-ubyte"), bytes.array());
  }

  @Test
  void aRunGoesOnToTheSameBitsAndSaysTheNatsOfEachClass() throws IOException {
    Path whole = temp.resolve("whole");
    Cli.here(TRAIN + CLASSES + " --epochs 2", data, whole).ok();
    Cli.here(TRAIN + CLASSES + " --epochs 1", data, run).ok();
    Cli.here("train made --backend cpu --run %s --resume --epochs 2 --classes", run).ok();
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors"}) {
      assertThat(weights(run.resolve(file))).isEqualTo(weights(whole.resolve(file)));
    }
    RunConfig config = RunConfig.read(run.resolve("config.json"));
    assertThat(config.model().classes()).isEqualTo(10);
    assertThat(config.data().classes().names())
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    assertThat(Files.readString(run.resolve("model.safetensors"), ISO_8859_1))
        .contains("\"classes\":\"10\"");
    Cli evaluated = Cli.here("evaluate %s --backend cpu", run).ok();
    assertThat(evaluated.out())
        .contains("given the class, one of 10", "without a class: ", "class       nats    error")
        .doesNotContain("published");
    assertThat(evaluated.lines()).hasSize(14).last().asString().matches("9 +[0-9.]+ +[0-9.]+ +2");
    var json = Json.parse("evaluate", Cli.here("evaluate %s --backend cpu --json", run).ok().out());
    assertThat(json.path("classes")).hasSize(10);
    double sum = 0;
    for (int k = 0; k < 10; k++) {
      assertThat(json.path("classes").path(k).path("class").stringValue()).isEqualTo("" + k);
      sum += json.path("classes").path(k).path("nll_nats").doubleValue();
    }
    assertThat(sum / 10).isCloseTo(json.path("nll_nats").doubleValue(), within(1e-6));
    assertThat(json.path("nll_nats_without_class").isNumber()).isTrue();
  }

  /// The numbers of a file, without its metadata, which has seconds in it.
  private static String weights(Path file) throws IOException {
    String all = Files.readString(file, ISO_8859_1);
    return all.substring(
        8
            + (int)
                ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).getLong());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "-0.1", "NaN"})
  void refusesToHideTooMany(String share) {
    Cli.here(TRAIN + " --classes --class-dropout %s", data, run, share)
        .mistake("--class-dropout must be at least 0 and below 1 but is ");
  }

  @Test
  void refusesToHideWhatNobodyIsTold() {
    Cli.here(TRAIN + " --class-dropout 0.1", data, run)
        .mistake("--class-dropout hides the classes of --classes, which was not given");
  }

  @Test
  void refusesImagesWithoutLabels() throws IOException {
    Cli.here(TRAIN + CLASSES + " --epochs 1", data, run).ok();
    Files.delete(data.resolve("t10k-labels-idx1-ubyte"));
    Cli.here("evaluate %s --backend cpu", run)
        .mistake("data has no labels, which a model with classes needs");
    Files.delete(data.resolve("train-labels-idx1-ubyte"));
    Cli.here(TRAIN + CLASSES, data, temp.resolve("other"))
        .mistake("data has no labels, which a model with classes needs");
    Cli.here("train made --backend cpu --run %s --resume --epochs 2", run)
        .mistake("data has no labels, which a model with classes needs");
  }

  @Test
  void refusesOtherClassesThanTheRuns() throws IOException {
    Cli.here(TRAIN + " --epochs 1", data, run).ok();
    Cli.here("train made --backend cpu --run %s --resume --epochs 2 --classes", run)
        .mistake("--classes true differs from the run's false");
    Path conditional = temp.resolve("conditional");
    Cli.here(TRAIN + CLASSES + " --epochs 1", data, conditional).ok();
    Cli.here("train made --backend cpu --run %s --resume --class-dropout 0.5", conditional)
        .mistake("--class-dropout 0.5 differs from the run's 0.25");
    label("train", IntStream.range(0, 60).map(k -> (k + 1) % 10).toArray());
    Cli.here("train made --backend cpu --run %s --resume --epochs 2", conditional)
        .mistake("the classes or labels of its data have changed since the run began");
    label("t10k", IntStream.range(0, 20).map(k -> k == 7 ? 11 : 3).toArray());
    Cli.here("evaluate %s --backend cpu", conditional)
        .mistake("data: image 7 is of the class '11', which is none of the 10");
  }

  @Test
  void refusesAClassOfWhichNothingCanBeLearnt() throws IOException {
    label("train", IntStream.range(0, 60).map(k -> k % 2 == 0 ? 0 : 2).toArray());
    label("t10k", new int[20]);
    Cli.here(TRAIN + CLASSES, data, run)
        .mistake("data: no training image is of the class '1'; add some, or take the class away");
    assertThat(run).doesNotExist();
  }

  /// As many as pictures or NumPy may have, and a picture that lies beside its classes.
  @Test
  void refusesTooManyClassesAndImagesOfNone() {
    var shape = new ImageShape(1, 2);
    int[] labels = IntStream.range(0, 1001).toArray();
    var many = new Dataset("many", shape, new byte[2 * 1001], Labels.numbered(labels));
    assertThatThrownBy(() -> RunData.Classes.of(many))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(
            "many has 1,001 classes; a model can be conditioned on at most 1,000");
    labels[7] = -1;
    var beside = new Dataset("some", shape, new byte[2 * 1001], Labels.numbered(labels));
    assertThatThrownBy(() -> RunData.Classes.of(beside))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(
            "some: 1 of 1,001 images are of no class; put each into the folder");
  }
}
