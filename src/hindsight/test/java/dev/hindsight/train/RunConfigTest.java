package dev.hindsight.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.FormatException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.random.RandomKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunConfigTest {
  private static final ModelConfig LSTM = new LstmConfig(ImageShape.MNIST, 8, 1);

  static final RunConfig EXAMPLE = config(LSTM, "base");

  private static Recipe recipe(int epochs, Schedule schedule) {
    return Recipe.of(epochs, 32, 1e-3f).withSchedule(schedule).withClipNorm(1).startingFromMeans();
  }

  private static RunConfig config(ModelConfig model, String preset) {
    return new RunConfig(
        "1",
        model,
        preset,
        recipe(4, Schedule.COOLDOWN),
        new RunData("mnist", "a", 1000),
        0,
        new Arithmetic("cpu", "fp32", 1, List.of("oneDNN")));
  }

  @Test
  void aRunIsTheSameAsItselfAndNotAsOneOfAnotherModel() {
    assertThat(EXAMPLE.difference(EXAMPLE)).isNull();
    ModelConfig other = new PixelCnnConfig(ImageShape.MNIST, 8, 1, 3, 0, false);
    assertThat(EXAMPLE.difference(config(other, "base")))
        .isEqualTo("is a run of lstm, not of pixelcnn");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"hidden\" : 8 | \"hidden\" : 9 | is a lstm of another size",
        "\"base\" | \"reference\" | was trained with --preset base, not reference",
        "\"a\" | \"b\" | was trained on other images of 'mnist'",
        "\"seed\" : 0 | \"seed\" : 7 | was trained with --seed 0, not 7",
        "\"fp32\" | \"tf32\" | was trained with --precision fp32, not tf32",
        "\"cpu\" | \"cuda\" | was trained with --backend cpu, not cuda",
        "\"shards\" : 1 | \"shards\" : 4 | was trained with --shards 1, not 4",
        "\"mnist\"(?s)(.*)\"a\" | \"fashion\"$1\"b\" | was trained with --data mnist, not fashion",
        "\"epochs\" : 4 | \"epochs\" : 5 | was trained with 4 epochs, batch 32, ",
      })
  void saysInWhatAnotherRunDiffers(String pattern, String other, String said) {
    assertThat(EXAMPLE.difference(reads(pattern, other))).startsWith(said);
  }

  /// [#EXAMPLE] where its file says something else.
  private static RunConfig reads(String pattern, String other) {
    String json = new String(EXAMPLE.toJson(), UTF_8);
    String changed = json.replaceFirst(pattern, other);
    assertThat(changed).as(pattern).isNotEqualTo(json);
    return RunConfig.of(edited(changed).getBytes(UTF_8));
  }

  /// As whoever edits the file on purpose leaves it.
  private static String edited(String json) {
    return json.replaceFirst(",\\s+\"checksum\" : \"[0-9a-f]{64}\"", "");
  }

  /// A cooldown ends with the last epoch, a constant rate knows of no last one.
  @Test
  void moreEpochsAtAConstantRateAreTheSameRun() {
    RunConfig shorter = EXAMPLE.with(recipe(4, Schedule.CONSTANT));
    RunConfig longer = shorter.with(recipe(6, Schedule.CONSTANT));
    assertThat(shorter.difference(longer)).isNull();
    assertThat(longer.difference(shorter)).startsWith("was trained with 6 epochs");
  }

  @ParameterizedTest
  @EnumSource
  void everyModelIsReadAsItWasWritten(BuiltInModel model, @TempDir Path temp) throws IOException {
    Dataset data = Datasets.open("mnist10k", Split.TRAIN).first(10);
    for (String preset : model.presets()) {
      ModelConfig sizes = model.preset(preset).config(Sizes.none(), data, 7);
      RunConfig written = config(sizes, preset);
      assertThat(sizes.name()).isEqualTo(model.label());
      Path file = temp.resolve("config.json");
      Files.write(file, written.toJson());
      assertThat(RunConfig.read(file)).isEqualTo(written);
    }
  }

  @Test
  void theModelIsWrittenAsItsNameAndItsSizes() {
    String json = new String(EXAMPLE.toJson(), UTF_8);
    assertThat(json)
        .startsWith(
            """
            {
              "hindsight" : "1",
              "model" : {
                "name" : "lstm",
                "shape" : {
                  "height" : 28,
                  "width" : 28,
                  "channels" : 1,
                  "levels" : 2
                },
                "head" : {
                  "name" : "bernoulli"
                },
                "classes" : 0,
                "hidden" : 8,
                "layers" : 1
              },
              "preset" : "base",
              "recipe" : {
            """)
        .containsPattern(",\n  \"checksum\" : \"[0-9a-f]{64}\"\n}\n$");
  }

  @Test
  void theLastNumericsDecide() {
    assertThat(EXAMPLE.arithmetic().roundsOtherwise("oneDNN")).isFalse();
    assertThat(EXAMPLE.arithmetic().roundsOtherwise("")).isFalse(); // a backend that says nothing
    assertThat(EXAMPLE.arithmetic().roundsOtherwise("loops")).isTrue();
    Arithmetic moved = EXAMPLE.arithmetic().withNumerics("loops");
    assertThat(moved.numerics()).containsExactly("oneDNN", "loops");
    assertThat(moved.roundsOtherwise("loops")).isFalse();
    assertThat(moved.roundsOtherwise("oneDNN")).isTrue();
    assertThat(EXAMPLE.difference(EXAMPLE.with(moved))).isNull(); // the same run, wherever
  }

  @Test
  void aKeyThatNobodyKnowsOrThatComesTwiceIsOneLine(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(EXAMPLE.toJson(), UTF_8);
    for (String more : List.of("\"sede\" : 1", "\"seed\" : 1")) {
      Files.writeString(file, edited(json).replaceFirst("\\{", "{ " + more + ","));
      assertThatThrownBy(() -> RunConfig.read(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("config.json: not a run's config.json (")
          .hasMessageContaining(more.substring(1, 5))
          .hasMessageNotContaining("\n");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aMadeHasOneOrder(int orders, @TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    MadeConfig made = MadeConfig.random(ImageShape.MNIST, 4, 1, RandomKey.of(0));
    for (ModelConfig model :
        List.of(made, new SymmetricConfig(made.with(new BernoulliHead(), 2), 2))) {
      RunConfig written = config(model, "base");
      String fields = "\"TORCH\", \"orders\" : %d, \"orderSeed\" : 5".formatted(orders);
      String json = edited(new String(written.toJson(), UTF_8));
      Files.writeString(file, json.replace("\"TORCH\"", fields));
      if (orders == 1) {
        assertThat(RunConfig.read(file)).isEqualTo(written);
      } else {
        assertThatThrownBy(() -> RunConfig.read(file))
            .isInstanceOf(UserException.class)
            .hasMessage(
                "%s: MADE of several orders of the pixels (3) is gone; draw it with commit 5d48bc89,"
                    + " the last that does, or train again, with --symmetries for several orders",
                file);
      }
    }
  }

  @Test
  void aModelThatNobodyKnowsIsOneLine(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(EXAMPLE.toJson(), UTF_8);
    Files.writeString(file, edited(json).replace("lstm", "vae"));
    assertThatThrownBy(() -> RunConfig.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("config.json: not a run's config.json (")
        .hasMessageContaining("'vae'")
        .hasMessageContaining("use another copy, or train again");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "null", "[]", "3", "true", "\"config\"", "{}", "{\"model\" : null}"})
  void whatIsNoConfigIsOneLine(String text, @TempDir Path temp) throws IOException {
    Path file = Files.writeString(temp.resolve("config.json"), text);
    assertThatThrownBy(() -> RunConfig.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file + ": not a run's config.json (")
        .hasMessageNotContaining("\n");
  }

  /// Of any byte: settings, spaces between them, and the checksum itself.
  @Test
  void anyFlippedBitIsFound(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    byte[] bytes = EXAMPLE.toJson();
    for (int bit = 0; bit < 8 * bytes.length; bit += 7) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, bytes);
      assertThatThrownBy(() -> RunConfig.read(file))
          .as("bit %d of byte %d", bit % 8, bit / 8)
          .isInstanceOf(FormatException.class)
          .hasMessageNotContaining("\n");
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
    Files.write(file, bytes);
    assertThat(RunConfig.read(file)).isEqualTo(EXAMPLE);
  }

  @Test
  void whoEditsItOnPurposeDeletesTheChecksum(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(EXAMPLE.toJson(), UTF_8).replace("\"seed\" : 0", "\"seed\" : 7");
    Files.writeString(file, json);
    assertThatThrownBy(() -> RunConfig.read(file))
        .hasMessageContaining("delete the line \"checksum\" where you changed it on purpose");
    Files.writeString(file, edited(json));
    assertThat(RunConfig.read(file)).isEqualTo(reads("\"seed\" : 0", "\"seed\" : 7"));
  }

  @Test
  void aFileThatIsMuchTooLongIsNotParsed(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    Files.write(file, new byte[(16 << 20) + 1]);
    assertThatThrownBy(() -> RunConfig.read(file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("is longer than 16777216 bytes, the limit");
  }

  @Test
  void moreLayersThanAnyModelHasAreRefusedBeforeOneIsMade(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String one =
        new String(
            config(MadeConfig.random(ImageShape.MNIST, 1, 1, RandomKey.of(0)), "base").toJson(),
            UTF_8);
    String many = String.join(", ", Collections.nCopies(100_000, "[ 1 ]"));
    Files.writeString(file, edited(one).replaceFirst("\\[ \\[ \\d+ ] ]", "[ " + many + " ]"));
    assertThatThrownBy(() -> RunConfig.read(file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("made: --layers must be from 1 to 1024 but is 100000");
  }
}
