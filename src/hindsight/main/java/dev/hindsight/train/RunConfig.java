package dev.hindsight.train;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Holdout;
import dev.hindsight.exchange.Shards;
import dev.hindsight.format.BoundedFile;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.Sha256;
import dev.hindsight.model.ModelConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.node.ObjectNode;

/// A run's `config.json`: everything that decides its bits.
///
/// @param model one of Hindsight's own
/// @param data name of the data set, or the folder that it was in when the run last began or went
///   on
/// @param dataSha256 of the training pixels; a resumed run must see the same
/// @param validation how many of the training images choose the epoch instead; 0 = the test images
///   choose it
/// @param backend that trained it; another one gives other rounding
/// @param precision by label, likewise; the last one where it went on in another
/// @param shards into how many a batch is cut, see [dev.hindsight.exchange.Shards]
/// @param numerics what else decided its last bits, as [dev.hindsight.backend.Backend#numerics]
///   says it; one more for each time that it went on with others; empty where nobody said
public record RunConfig(
    String hindsight,
    ModelConfig model,
    String preset,
    Recipe recipe,
    String data,
    String dataSha256,
    int validation,
    long seed,
    String backend,
    String precision,
    int shards,
    List<String> numerics) {
  private static final String CHECKSUM = "checksum";
  private static final String END = "\n}\n";

  /// That of the largest MADE is a tenth of it.
  private static final long MOST_BYTES = 16L << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .addMixIn(ModelConfig.class, Named.class)
          .registerSubtypes(
              Arrays.stream(BuiltInModel.values())
                  .map(model -> new NamedType(model.config(), model.label()))
                  .toArray(NamedType[]::new))
          .build();

  /// A model's config says first which one's it is.
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
  private interface Named {}

  public RunConfig {
    Shards cut = new Shards(shards);
    cut.requireBatch(recipe.batch());
    numerics = List.copyOf(numerics);
    model.parameters(); // or there are too many
  }

  /// Of a run whose batches are not cut.
  public RunConfig(
      String hindsight,
      ModelConfig model,
      String preset,
      Recipe recipe,
      String data,
      String dataSha256,
      int validation,
      long seed,
      String backend,
      String precision,
      List<String> numerics) {
    this(
        hindsight,
        model,
        preset,
        recipe,
        data,
        dataSha256,
        validation,
        seed,
        backend,
        precision,
        Shards.ONE.count(),
        numerics);
  }

  /// The images that the run learns from and those that choose its epoch.
  ///
  /// @param data all training images
  public Holdout images(Dataset data, Dataset test) {
    return validation > 0 ? Holdout.of(data, validation) : new Holdout(data, test);
  }

  public RunConfig withRecipe(Recipe changed) {
    return new RunConfig(
        hindsight,
        model,
        preset,
        changed,
        data,
        dataSha256,
        validation,
        seed,
        backend,
        precision,
        shards,
        numerics);
  }

  /// Whether some of the training images choose the epoch, so that test images need not.
  public boolean holdsOut() {
    return validation > 0;
  }

  /// On which images the epochs are measured that the best one is chosen of.
  public Metric.Kind chooser() {
    return holdsOut() ? Metric.Kind.VALIDATION : Metric.Kind.TEST;
  }

  /// The same run, whose images are in another place.
  public RunConfig withData(String place) {
    return new RunConfig(
        hindsight,
        model,
        preset,
        recipe,
        place,
        dataSha256,
        validation,
        seed,
        backend,
        precision,
        shards,
        numerics);
  }

  /// The same run, which goes on in another precision: a checkpoint is fp32 in all of them.
  public RunConfig withPrecision(String now) {
    return new RunConfig(
        hindsight,
        model,
        preset,
        recipe,
        data,
        dataSha256,
        validation,
        seed,
        backend,
        now,
        shards,
        numerics);
  }

  /// The same run, which goes on with these numerics.
  public RunConfig withNumerics(String now) {
    List<String> all = new ArrayList<>(numerics);
    all.add(now);
    return new RunConfig(
        hindsight,
        model,
        preset,
        recipe,
        data,
        dataSha256,
        validation,
        seed,
        backend,
        precision,
        shards,
        all);
  }

  /// Whether the next epoch would have other bits than where the run was trained so far. Where
  /// either is unknown it has not.
  public boolean roundsOtherwise(String now) {
    return !numerics.isEmpty() && !now.isEmpty() && !numerics.getLast().equals(now);
  }

  /// What this run has otherwise than another one that would train the same, in words; null where
  /// it has nothing. More epochs are the same run where the learning rate does not depend on how
  /// many there are.
  public @Nullable String difference(RunConfig wanted) {
    String differs = "was trained with %s %s, not %s";
    if (!model.name().equals(wanted.model.name())) {
      return "is a run of %s, not of %s".formatted(model.name(), wanted.model.name());
    }
    if (!preset.equals(wanted.preset)) {
      return differs.formatted("--preset", preset, wanted.preset);
    }
    if (!backend.equals(wanted.backend)) {
      return differs.formatted("--backend", backend, wanted.backend);
    }
    if (!precision.equals(wanted.precision)) {
      return differs.formatted("--precision", precision, wanted.precision);
    }
    if (shards != wanted.shards) {
      return differs.formatted("--shards", shards, wanted.shards);
    }
    if (seed != wanted.seed) {
      return differs.formatted("--seed", seed, wanted.seed);
    }
    if (!dataSha256.equals(wanted.dataSha256)) {
      return data.equals(wanted.data)
          ? "was trained on other images of '%s'".formatted(data)
          : differs.formatted("--data", data, wanted.data);
    }
    if (validation != wanted.validation) {
      return differs.formatted("--validation", validation, wanted.validation);
    }
    boolean goesOn =
        recipe.schedule() == Schedule.CONSTANT && recipe.epochs() <= wanted.recipe.epochs();
    if (!(goesOn ? recipe.withEpochs(wanted.recipe.epochs()) : recipe).equals(wanted.recipe)) {
      return "was trained with %s, not with %s"
          .formatted(recipe.describe(), wanted.recipe.describe());
    }
    return model.equals(wanted.model) ? null : "is a " + model.name() + " of another size";
  }

  /// The file, the last line of which is the SHA-256 of all others: one flipped bit anywhere is
  /// found. Who edits the file on purpose deletes that line.
  public byte[] toJson() {
    String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    String digits = Sha256.digits(text.getBytes(StandardCharsets.UTF_8));
    String open = text.substring(0, text.lastIndexOf(END));
    return (open + checksumLine(digits) + END).getBytes(StandardCharsets.UTF_8);
  }

  private static String checksumLine(String digits) {
    return ",\n  \"%s\" : \"%s\"".formatted(CHECKSUM, digits);
  }

  /// From what [#toJson] gives, whose last line may lack.
  ///
  /// @throws JacksonException when it is no config
  /// @throws FormatException when its checksum is another one
  public static RunConfig of(byte[] bytes) {
    if (!(JSON.readTree(bytes) instanceof ObjectNode object)) {
      throw new FormatException("not a run's config.json (it is no JSON object)");
    }
    JsonNode checksum = object.remove(CHECKSUM);
    if (checksum != null) {
      requireChecksum(bytes, checksum.asString(""));
    }
    return JSON.treeToValue(object, RunConfig.class);
  }

  private static void requireChecksum(byte[] bytes, String wanted) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1); // a character a byte
    String signed = text.replace(checksumLine(wanted), "");
    if (!Sha256.digits(signed.getBytes(StandardCharsets.ISO_8859_1)).equals(wanted)) {
      throw new FormatException(
          "damaged: its checksum is another one; use another copy, or delete the line"
              + " \"checksum\" where you changed it on purpose");
    }
  }

  /// Whether a file was edited on purpose: it has no checksum.
  static boolean isEdited(Path path) {
    return !JSON.readTree(BoundedFile.read(path, MOST_BYTES)).has(CHECKSUM);
  }

  /// Reads a run's `config.json`.
  ///
  /// @throws FormatException when it is none, or damaged
  public static RunConfig read(Path path) {
    byte[] bytes = BoundedFile.read(path, MOST_BYTES);
    try {
      return of(bytes);
    } catch (JacksonException e) {
      throw new FormatException(
          "%s: not a run's config.json (%s); use another copy, or train again"
              .formatted(path, e.getOriginalMessage().lines().findFirst().orElse("damaged")));
    } catch (FormatException e) {
      throw new FormatException(path + ": " + e.getMessage());
    }
  }
}
