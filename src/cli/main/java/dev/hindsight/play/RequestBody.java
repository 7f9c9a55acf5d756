package dev.hindsight.play;

import dev.hindsight.format.FormatException;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// A request of the page, a JSON object. A field that is missing or out of range is an [HttpError].
record RequestBody(JsonNode json) {
  private static final int BAD = 400;
  private static final long EXACT = 1L << 53; // JavaScript's whole numbers end there

  static RequestBody of(byte[] body) throws HttpError {
    try {
      JsonNode json = Json.parse("body", new String(body, StandardCharsets.UTF_8));
      if (!json.isObject()) {
        throw new HttpError(BAD, "the body is JSON but not an object");
      }
      return new RequestBody(json);
    } catch (FormatException e) {
      throw new HttpError(BAD, "the body is not JSON; wanted an object");
    }
  }

  /// One of some names; empty where there is none.
  String oneOf(String name, List<String> names) throws HttpError {
    JsonNode value = json.path(name);
    String text = value.isString() ? value.stringValue() : "";
    if (!(value.isMissingNode() || text.isEmpty() || names.contains(text))
        || !(value.isMissingNode() || value.isString())) {
      throw new HttpError(
          BAD, "'%s' must be one of %s but is %s".formatted(name, names, brief(value)));
    }
    return text;
  }

  int whole(String name, int least, int most) throws HttpError {
    return (int) number(name, least, most);
  }

  /// Any seed that JavaScript can hold exactly.
  long seed() throws HttpError {
    return number("seed", -EXACT, EXACT);
  }

  private long number(String name, long least, long most) throws HttpError {
    JsonNode value = json.path(name);
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      throw new HttpError(
          BAD,
          "'%s' must be a whole number from %d to %d but is %s"
              .formatted(name, least, most, brief(value)));
    }
    return value.longValue();
  }

  float fraction(String name, double least, double most) throws HttpError {
    JsonNode value = json.path(name);
    double number = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (!(number >= least && number <= most)) {
      throw new HttpError(
          BAD,
          "'%s' must be a number from %s to %s but is %s"
              .formatted(name, least, most, brief(value)));
    }
    return (float) number;
  }

  /// The levels of all values, see [LevelText].
  float[] image(String name, ImageShape shape) throws HttpError {
    JsonNode value = json.path(name);
    try {
      float[] image = LevelText.levels(value.isString() ? value.stringValue() : "");
      if (image.length == shape.values() && isOf(image, shape.levels())) {
        return image;
      }
    } catch (IllegalArgumentException _) {
      // no Base64
    }
    throw new HttpError(
        BAD,
        "'%s' is no image; wanted Base64 of %d bytes, each a level from 0 to %d"
            .formatted(name, shape.values(), shape.levels() - 1));
  }

  private static boolean isOf(float[] image, int levels) {
    for (float level : image) {
      if (level >= levels) {
        return false;
      }
    }
    return true;
  }

  /// The start of a value, for a message.
  private static String brief(JsonNode value) {
    String text = value.isMissingNode() ? "missing" : value.toString();
    return text.length() <= 30 ? text : text.substring(0, 30) + "...";
  }
}
