package dev.hindsight.format;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/// JSON that is read strictly: a key given twice or text after the end is an error.
public final class Json {
  private static final long MOST_BYTES = 64L << 20;

  private static final JsonMapper STRICT =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /// The one value in a text.
  ///
  /// @param where the file's name, and perhaps the line, for the message
  /// @throws FormatException when the text is not one JSON value
  public static JsonNode parse(String where, String text) {
    try {
      JsonNode node = tree(text);
      if (node.isMissingNode()) {
        throw notJson(where, "it is empty");
      }
      return node;
    } catch (JacksonException e) {
      throw notJson(where, reason(e));
    }
  }

  /// Reads a file that holds one JSON value.
  ///
  /// @throws FormatException when it cannot be read or is not JSON
  public static JsonNode read(Path path) {
    return parse(path.toString(), text(path, MOST_BYTES));
  }

  /// The text of a file of JSON.
  ///
  /// @param most bytes that are read
  /// @throws FormatException when it is longer, cannot be read or is not UTF-8
  public static String text(Path path, long most) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(BoundedFile.read(path, most));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException _) {
      throw notJson(path.toString(), "it is not UTF-8");
    }
  }

  /// Maps, lists, arrays, records, strings and numbers in one line. What is not finite becomes
  /// `null`, since JSON has no word for it.
  public static String line(Object value) {
    return STRICT.writeValueAsString(finite(value));
  }

  /// The same, indented for people.
  public static String pretty(Object value) {
    return STRICT.writerWithDefaultPrettyPrinter().writeValueAsString(finite(value)) + "\n";
  }

  /// A record that [#line] wrote.
  public static <T> T record(String line, Class<T> type) {
    return STRICT.readValue(line, type);
  }

  /// Jackson would write the string `"NaN"` where a number belongs.
  private static JsonNode finite(Object value) {
    return finite(STRICT.<JsonNode>valueToTree(value));
  }

  private static JsonNode finite(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        object.propertyNames().forEach(name -> object.set(name, finite(object.get(name))));
        yield object;
      }
      case ArrayNode array -> {
        for (int i = 0; i < array.size(); i++) {
          array.set(i, finite(array.get(i)));
        }
        yield array;
      }
      case JsonNode number
          when number.isFloatingPointNumber() && !Double.isFinite(number.doubleValue()) ->
          NullNode.instance;
      default -> node;
    };
  }

  static JsonNode tree(String text) {
    return STRICT.readTree(text);
  }

  /// Why Jackson refused, without its view of the source, which spans lines.
  static String reason(JacksonException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("no reason given");
  }

  private static FormatException notJson(String where, String reason) {
    return new FormatException(
        where + ": not JSON (" + reason + "); restore the file or start a new run");
  }
}
