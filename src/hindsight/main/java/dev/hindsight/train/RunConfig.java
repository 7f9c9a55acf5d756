package dev.hindsight.train;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.hindsight.error.Printable;
import dev.hindsight.exchange.Shards;
import dev.hindsight.format.BoundedFile;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.Sha256;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.CategoricalHead;
import dev.hindsight.model.Head;
import dev.hindsight.model.LogisticMixtureHead;
import dev.hindsight.model.ModelConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
public record RunConfig(
    String hindsight,
    ModelConfig model,
    String preset,
    Recipe recipe,
    RunData data,
    long seed,
    Arithmetic arithmetic) {
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
          .addMixIn(Head.class, Named.class)
          .registerSubtypes(
              new NamedType(BernoulliHead.class, BernoulliHead.NAME),
              new NamedType(CategoricalHead.class, CategoricalHead.NAME),
              new NamedType(LogisticMixtureHead.class, LogisticMixtureHead.NAME))
          .registerSubtypes(BuiltInModel.configs())
          .build();

  /// A model's config begins with the model's name, a head with the head's.
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
  private interface Named {}

  public RunConfig {
    new Shards(arithmetic.shards()).requireBatch(recipe.batch());
    model.parameters(); // or there are too many
  }

  public RunConfig with(Recipe other) {
    return with(other, data, arithmetic);
  }

  public RunConfig with(RunData other) {
    return with(recipe, other, arithmetic);
  }

  public RunConfig with(Arithmetic other) {
    return with(recipe, data, other);
  }

  private RunConfig with(Recipe newRecipe, RunData newData, Arithmetic newArithmetic) {
    return new RunConfig(hindsight, model, preset, newRecipe, newData, seed, newArithmetic);
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
    Arithmetic other = wanted.arithmetic;
    if (!arithmetic.backend().equals(other.backend())) {
      return differs.formatted("--backend", arithmetic.backend(), other.backend());
    }
    if (!arithmetic.precision().equals(other.precision())) {
      return differs.formatted("--precision", arithmetic.precision(), other.precision());
    }
    if (arithmetic.shards() != other.shards()) {
      return differs.formatted("--shards", arithmetic.shards(), other.shards());
    }
    if (seed != wanted.seed) {
      return differs.formatted("--seed", seed, wanted.seed);
    }
    if (!data.sha256().equals(wanted.data.sha256())) {
      return data.name().equals(wanted.data.name())
          ? "was trained on other images of '%s'".formatted(data.name())
          : differs.formatted("--data", data.name(), wanted.data.name());
    }
    ImageShape shape = model.shape();
    if (!shape.equals(wanted.model.shape())) {
      return "is of images of %s, not of %s".formatted(shape, wanted.model.shape());
    }
    if (!model.head().equals(wanted.model.head())) {
      return differs.formatted("--head", model.head().describe(), wanted.model.head().describe());
    }
    if (model.classes() != wanted.model.classes()) {
      return "was trained with %d classes, not with %d"
          .formatted(model.classes(), wanted.model.classes());
    }
    if (model.orders() != wanted.model.orders()) {
      return "was trained in %d orders of the pixels, not in %d"
          .formatted(model.orders(), wanted.model.orders());
    }
    if (!data.classes().equals(wanted.data.classes())) {
      return "was trained with other classes of '%s'".formatted(data.name());
    }
    if (data.validation() != wanted.data.validation()) {
      return differs.formatted("--validation", data.validation(), wanted.data.validation());
    }
    boolean constant = recipe.rate().schedule() == Schedule.CONSTANT;
    boolean goesOn = constant && recipe.epochs() <= wanted.recipe.epochs();
    if (!(goesOn ? recipe.withEpochs(wanted.recipe.epochs()) : recipe).equals(wanted.recipe)) {
      return "was trained with %s, not with %s"
          .formatted(recipe.describe(shape), wanted.recipe.describe(shape));
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
    dropOrders(object.path("model"));
    return JSON.treeToValue(object, RunConfig.class);
  }

  /// A MADE's file may say in how many orders of the pixels it was trained: in 1.
  private static void dropOrders(JsonNode model) {
    if (!(model instanceof ObjectNode fields)) {
      return;
    }
    dropOrders(fields.path("model")); // of one in several raster orders
    if (fields.path("name").asString("").equals(BuiltInModel.MADE.label())
        && fields.has("orders")) {
      JsonNode orders = fields.remove("orders");
      fields.remove("orderSeed");
      if (orders.asInt(0) != 1) {
        throw new FormatException(
            "MADE of several orders of the pixels (%s) is gone; draw it with commit 5d48bc89, the last"
                    .formatted(Printable.brief(orders))
                + " that does, or train again, with --symmetries for several orders");
      }
    }
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
