package dev.hindsight.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RunConfigTest {
  private static final ModelConfig LSTM = new LstmConfig(8, 1);

  static final RunConfig EXAMPLE = config(LSTM, "base", 4, "a", 0, "fp32");

  private static Recipe recipe(int epochs, Schedule schedule) {
    return new Recipe(epochs, 32, 1e-3f, schedule, 0, 1, true, Binarize.THRESHOLD);
  }

  private static RunConfig config(
      ModelConfig model, String preset, int epochs, String sha256, long seed, String precision) {
    return new RunConfig(
        "1",
        model,
        preset,
        recipe(epochs, Schedule.COOLDOWN),
        "mnist",
        sha256,
        1000,
        seed,
        "cpu",
        precision,
        List.of("oneDNN"));
  }

  @Test
  void saysInWhatAnotherRunDiffers() {
    RunConfig one = config(LSTM, "base", 4, "a", 0, "fp32");
    assertThat(one.difference(one)).isNull();
    assertThat(
            one.difference(
                config(new PixelCnnConfig(8, 1, 3, 0, false), "base", 4, "a", 0, "fp32")))
        .isEqualTo("is a run of lstm, not of pixelcnn");
    assertThat(one.difference(config(new LstmConfig(9, 1), "base", 4, "a", 0, "fp32")))
        .isEqualTo("is a lstm of another size");
    assertThat(one.difference(config(LSTM, "reference", 4, "a", 0, "fp32")))
        .isEqualTo("was trained with --preset base, not reference");
    assertThat(one.difference(config(LSTM, "base", 4, "b", 0, "fp32")))
        .isEqualTo("was trained on other images of 'mnist'");
    assertThat(one.difference(config(LSTM, "base", 4, "a", 7, "fp32")))
        .isEqualTo("was trained with --seed 0, not 7");
    assertThat(one.difference(config(LSTM, "base", 4, "a", 0, "tf32")))
        .isEqualTo("was trained with --precision fp32, not tf32");
    assertThat(one.difference(reads("\"cpu\"", "\"cuda\"")))
        .isEqualTo("was trained with --backend cpu, not cuda");
    assertThat(one.difference(reads("\"shards\" : 1", "\"shards\" : 4")))
        .isEqualTo("was trained with --shards 1, not 4");
    assertThat(one.difference(reads("\"mnist\"(?s)(.*)\"a\"", "\"fashion\"$1\"b\"")))
        .isEqualTo("was trained with --data mnist, not fashion");
    assertThat(one.difference(config(LSTM, "base", 5, "a", 0, "fp32")))
        .startsWith("was trained with 4 epochs, batch 32, ")
        .contains(", not with 5 epochs, ");
  }

  /// [#EXAMPLE] where its file says something else.
  private static RunConfig reads(String pattern, String other) {
    String json = new String(EXAMPLE.toJson(), UTF_8);
    String changed = json.replaceFirst(pattern, other);
    assertThat(changed).as(pattern).isNotEqualTo(json);
    return RunConfig.of(changed.getBytes(UTF_8));
  }

  /// A cooldown ends with the last epoch, a constant rate knows of no last one.
  @Test
  void moreEpochsAtAConstantRateAreTheSameRun() {
    RunConfig shorter = config(LSTM, "base", 4, "a", 0, "fp32");
    shorter = shorter.withRecipe(recipe(4, Schedule.CONSTANT));
    RunConfig longer = shorter.withRecipe(recipe(6, Schedule.CONSTANT));
    assertThat(shorter.difference(longer)).isNull();
    assertThat(longer.difference(shorter)).startsWith("was trained with 6 epochs");
  }

  @ParameterizedTest
  @EnumSource
  void everyModelIsReadAsItWasWritten(BuiltInModel model, @TempDir Path temp) throws IOException {
    Dataset data = Datasets.open("mnist10k", Split.TRAIN).first(10);
    for (String preset : model.presets()) {
      ModelConfig sizes = model.preset(preset).config(Sizes.none(), data, 7);
      RunConfig written = config(sizes, preset, 4, "a", 0, "fp32");
      assertThat(sizes.name()).isEqualTo(model.label());
      Path file = temp.resolve("config.json");
      Files.write(file, written.toJson());
      assertThat(RunConfig.read(file)).isEqualTo(written);
    }
  }

  /// Runs of earlier versions say it in these words.
  @Test
  void theModelIsWrittenAsItsNameAndItsSizes() {
    String json = new String(config(LSTM, "base", 4, "a", 0, "fp32").toJson(), UTF_8);
    assertThat(json)
        .startsWith(
            """
            {
              "hindsight" : "1",
              "model" : {
                "name" : "lstm",
                "hidden" : 8,
                "layers" : 1
              },
              "preset" : "base",
              "recipe" : {
            """)
        .endsWith("}\n");
  }

  /// A run of before images were held out was chosen by test images.
  @Test
  void aConfigWithoutValidationIsRead(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(EXAMPLE.toJson(), UTF_8);
    String entry = "  \"validation\" : 1000,\n";
    assertThat(json).contains(entry);
    Files.writeString(file, json.replace(entry, ""));
    RunConfig old = RunConfig.read(file);
    assertThat(old.validation()).isZero();
    assertThat(old.difference(EXAMPLE)).isEqualTo("was trained with --validation 0, not 1000");
    assertThat(Protocol.of(old).describe())
        .isEqualTo("pixels by threshold; epoch chosen on test images");
  }

  /// What was added to models and runs later is read as what they had before.
  @ParameterizedTest
  @CsvSource({
    "made, 'orders : 1, orderSeed : 0'",
    "pixelcnn, residualBlocks : 0",
    "lstm, shards : 1",
  })
  void aConfigOfBeforeThisWasThereIsRead(String model, String added, @TempDir Path temp)
      throws IOException {
    Dataset data = Datasets.open("mnist10k", Split.TRAIN).first(10);
    ModelConfig sizes = BuiltInModel.labelled(model).preset("base").config(Sizes.none(), data, 7);
    RunConfig written = config(sizes, "base", 4, "a", 0, "fp32");
    String json = new String(written.toJson(), UTF_8);
    for (String entry : added.split(", ", -1)) {
      String line = "\"" + entry.replace(" :", "\" :");
      String without = json.replaceFirst(",\\s*" + Pattern.quote(line) + "(?=[,\\s])", "");
      assertThat(without).as(line).isNotEqualTo(json);
      json = without;
    }
    Path file = temp.resolve("config.json");
    Files.writeString(file, json);
    assertThat(RunConfig.read(file)).isEqualTo(written);
  }

  @Test
  void aRecipeOfBeforeTheseWereThereHasNoneOfThem(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(EXAMPLE.toJson(), UTF_8);
    String entries =
        ",\n    \"warmUp\" : 0,\n    \"ema\" : 0.0,\n    \"patience\" : 0,\n    \"shear\" : 0.0";
    assertThat(json).contains(entries);
    Files.writeString(file, json.replace(entries, ""));
    assertThat(RunConfig.read(file)).isEqualTo(EXAMPLE);
  }

  /// A run of before numerics were written goes on everywhere, as it did.
  @Test
  void aConfigWithoutNumericsIsRead(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(EXAMPLE.toJson(), UTF_8);
    String entry = ",\n  \"numerics\" : [ \"oneDNN\" ]";
    assertThat(json).contains(entry);
    Files.writeString(file, json.replace(entry, ""));
    RunConfig old = RunConfig.read(file);
    assertThat(old.numerics()).isEmpty();
    assertThat(old.withNumerics("oneDNN")).isEqualTo(EXAMPLE);
    assertThat(old.roundsOtherwise("anything")).isFalse();
  }

  /// A PixelRNN of before there were others had Row LSTMs.
  @Test
  void aPixelRnnThatDoesNotSayWhichHasRowLstms(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    RunConfig rows = config(new PixelRnnConfig(8, 1), "base", 4, "a", 0, "fp32");
    RunConfig diagonal = config(new PixelRnnConfig(8, 1, Kind.DIAGONAL), "base", 4, "a", 0, "fp32");
    String json = new String(rows.toJson(), UTF_8);
    String entry = ",\n    \"lstm\" : \"ROW\"";
    assertThat(json).contains(entry);
    Files.writeString(file, json.replace(entry, ""));
    assertThat(RunConfig.read(file)).isEqualTo(rows);
    assertThat(rows.difference(diagonal)).isEqualTo("is a pixel-rnn of another size");
    Files.write(file, diagonal.toJson());
    assertThat(RunConfig.read(file)).isEqualTo(diagonal);
  }

  @Test
  void theLastNumericsDecide() {
    assertThat(EXAMPLE.roundsOtherwise("oneDNN")).isFalse();
    assertThat(EXAMPLE.roundsOtherwise("")).isFalse(); // a backend that says nothing
    assertThat(EXAMPLE.roundsOtherwise("loops")).isTrue();
    RunConfig moved = EXAMPLE.withNumerics("loops");
    assertThat(moved.numerics()).containsExactly("oneDNN", "loops");
    assertThat(moved.roundsOtherwise("loops")).isFalse();
    assertThat(moved.roundsOtherwise("oneDNN")).isTrue();
    assertThat(EXAMPLE.difference(moved)).isNull(); // the same run, wherever
  }

  @Test
  void aKeyThatNobodyKnowsOrThatComesTwiceIsOneLine(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(EXAMPLE.toJson(), UTF_8);
    for (String more : List.of("\"sede\" : 1", "\"seed\" : 1")) {
      Files.writeString(file, json.replaceFirst("\\{", "{ " + more + ","));
      assertThatThrownBy(() -> RunConfig.read(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("config.json: not a run's config.json (")
          .hasMessageContaining(more.substring(1, 5))
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void aModelThatNobodyKnowsIsOneLine(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("config.json");
    String json = new String(config(LSTM, "base", 4, "a", 0, "fp32").toJson(), UTF_8);
    Files.writeString(file, json.replace("lstm", "vae"));
    assertThatThrownBy(() -> RunConfig.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("config.json: not a run's config.json (")
        .hasMessageContaining("'vae'")
        .hasMessageContaining("use another run or train again");
  }
}
