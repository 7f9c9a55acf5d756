package dev.hindsight.train;

import dev.hindsight.format.FormatException;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;
import tools.jackson.databind.JsonNode;

/// One line of `metrics.jsonl`.
///
/// @param epoch from 1
/// @param step training steps done since the run began
/// @param nllNats negative log-likelihood of an image
/// @param learningRate that of the last step
/// @param imagesPerSecond of the training steps of this process; evaluations do not count
/// @param seconds how long all training steps of the run took, in whichever processes
/// @param standardError of `nllNats`; NaN where nobody measured it
public record Metric(
    Kind kind,
    int epoch,
    long step,
    double nllNats,
    double learningRate,
    double imagesPerSecond,
    double seconds,
    double standardError) {
  private static final String CHECKSUM = ",\"crc32c\":\"";

  /// On which images it was measured. A run that holds images out has a line of [#TEST] at its end
  /// alone; one whose epoch was chosen by test images has one after each epoch.
  public enum Kind {
    TRAIN,
    VALIDATION,
    TEST;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// The same of other weights.
  public Metric of(Likelihood found) {
    return new Metric(
        kind,
        epoch,
        step,
        found.nats(),
        learningRate,
        imagesPerSecond,
        seconds,
        found.standardError());
  }

  /// `84.32 ± 0.28`; without the error where nobody measured it.
  public String nats() {
    String form = Double.isFinite(standardError) ? "%.2f ± %.2f" : "%.2f";
    return String.format(Locale.ROOT, form, nllNats, standardError);
  }

  /// One line of JSON, whose last part is the CRC-32C of all before it. What is not finite is
  /// `null`, since JSON has no word for it.
  ///
  /// @param shape of the images
  String toJson(ImageShape shape) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", kind.word());
    json.put("epoch", epoch);
    json.put("step", step);
    json.put("nll_nats", nllNats);
    json.put("bits_per_dim", shape.bitsPerDim(nllNats));
    json.put("lr", learningRate);
    json.put("images_per_s", imagesPerSecond);
    json.put("seconds", seconds);
    if (Double.isFinite(standardError)) {
      json.put("standard_error", standardError);
    }
    String line = Json.line(json);
    return withChecksum(line.substring(0, line.length() - 1));
  }

  /// @param open a line without its last brace
  private static String withChecksum(String open) {
    var crc = new CRC32C();
    crc.update(open.getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "%s%s%08x\"}", open, CHECKSUM, crc.getValue());
  }

  /// The opposite of [#toJson].
  static Metric parse(String where, String line) {
    JsonNode json = Json.parse(where, line);
    String open = line.substring(0, Math.max(0, line.lastIndexOf(CHECKSUM)));
    if (!line.equals(withChecksum(open))) {
      throw new FormatException(
          where + ": damaged: its CRC-32C is another one; restore the file or start a new run");
    }
    return new Metric(
        kind(where, json),
        (int) integer(where, json, "epoch", Integer.MAX_VALUE),
        integer(where, json, "step", Long.MAX_VALUE),
        number(where, json, "nll_nats"),
        number(where, json, "lr"),
        number(where, json, "images_per_s"),
        number(where, json, "seconds"),
        json.has("standard_error") ? number(where, json, "standard_error") : Double.NaN);
  }

  private static Kind kind(String where, JsonNode json) {
    for (Kind kind : Kind.values()) {
      if (json.path("kind").isString() && json.path("kind").stringValue().equals(kind.word())) {
        return kind;
      }
    }
    throw wrong(where, json, "kind", "train, validation or test");
  }

  private static long integer(String where, JsonNode json, String key, long most) {
    JsonNode value = json.path(key);
    boolean fits = value.isIntegralNumber() && value.canConvertToLong();
    if (!fits || value.longValue() < 0 || value.longValue() > most) {
      throw wrong(where, json, key, "a whole number");
    }
    return value.longValue();
  }

  private static double number(String where, JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (value.isNull()) {
      return Double.NaN;
    }
    if (!value.isNumber()) {
      throw wrong(where, json, key, "a number or null");
    }
    return value.doubleValue();
  }

  private static FormatException wrong(String where, JsonNode json, String key, String expected) {
    return new FormatException(
        "%s: %s is %s; expected %s; restore the file or start a new run"
            .formatted(where, key, json.path(key), expected));
  }
}
