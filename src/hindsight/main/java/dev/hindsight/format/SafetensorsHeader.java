package dev.hindsight.format;

import dev.hindsight.format.Safetensors.NumberType;
import dev.hindsight.format.Safetensors.StoredTensor;
import dev.hindsight.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The checked header of a safetensors file: its tensors tile the rest of the file without hole or
/// overlap.
///
/// @param entries by name, in the order of their bytes
record SafetensorsHeader(Map<String, String> metadata, SequencedMap<String, StoredTensor> entries) {
  private static final Set<String> FIELDS = Set.of("dtype", "shape", "data_offsets");

  /// @param where the file's name for messages
  /// @param dataBytes how many bytes follow the header
  static SafetensorsHeader parse(String where, byte[] header, long dataBytes) {
    return new Parser(where, dataBytes).parse(header);
  }

  private record Parser(String where, long dataBytes) {

    SafetensorsHeader parse(byte[] header) {
      if (header.length == 0 || header[0] != '{') {
        throw wrong(
            header.length == 0
                ? "the header is empty; expected a JSON object"
                : "the header starts with byte 0x%02x; expected '{'".formatted(header[0]));
      }
      JsonNode root = readJson(header);
      Map<String, String> metadata = new TreeMap<>();
      List<Map.Entry<String, StoredTensor>> found = new ArrayList<>();
      for (var property : root.properties()) {
        if (property.getKey().equals(Safetensors.METADATA)) {
          metadata.putAll(metadata(property.getValue()));
        } else {
          found.add(Map.entry(property.getKey(), entry(property.getKey(), property.getValue())));
        }
      }
      return new SafetensorsHeader(
          Collections.unmodifiableMap(metadata),
          Collections.unmodifiableSequencedMap(tiled(found)));
    }

    private JsonNode readJson(byte[] header) {
      try {
        String text =
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
        return Json.tree(text);
      } catch (CharacterCodingException _) {
        throw wrong("the header is not UTF-8; expected a JSON object");
      } catch (JacksonException e) {
        throw wrong("the header is not strict JSON (%s)".formatted(Json.reason(e)));
      }
    }

    private Map<String, String> metadata(JsonNode node) {
      if (!node.isObject()) {
        throw wrong("__metadata__ must be an object of strings");
      }
      Map<String, String> metadata = new TreeMap<>();
      for (var property : node.properties()) {
        if (!property.getValue().isString()) {
          throw wrong("__metadata__ '%s' must be a string".formatted(property.getKey()));
        }
        metadata.put(property.getKey(), property.getValue().stringValue());
      }
      return metadata;
    }

    private StoredTensor entry(String name, JsonNode node) {
      if (!node.isObject() || !Set.copyOf(node.propertyNames()).equals(FIELDS)) {
        throw wrong("tensor '%s' must have exactly dtype, shape and data_offsets".formatted(name));
      }
      NumberType type = type(name, node.get("dtype"));
      Shape shape = shape(name, node.get("shape"));
      long[] offsets = numbers(name, "data_offsets", node.get("data_offsets"), Long.MAX_VALUE);
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw wrong(
            "tensor '%s' has data_offsets %s; expected [begin, end]"
                .formatted(name, Arrays.toString(offsets)));
      }
      if (offsets[1] > dataBytes) {
        throw wrong(
            "truncated: tensor '%s' ends at byte %d of the data but there are %d"
                .formatted(name, offsets[1], dataBytes));
      }
      long needed = bytes(name, type, shape);
      if (needed != offsets[1] - offsets[0]) {
        throw wrong(
            "tensor '%s' is %s %s, which takes %d bytes, but its data_offsets span %d"
                .formatted(name, type, shape, needed, offsets[1] - offsets[0]));
      }
      return new StoredTensor(type, shape, offsets[0]);
    }

    private NumberType type(String name, JsonNode node) {
      String dtype = node.isString() ? node.stringValue() : node.toString();
      for (NumberType type : NumberType.values()) {
        if (type.name().equals(dtype)) {
          return type;
        }
      }
      throw wrong(
          "tensor '%s' has dtype %s; Hindsight reads %s, so convert it"
              .formatted(name, dtype, Arrays.toString(NumberType.values())));
    }

    private Shape shape(String name, JsonNode node) {
      return Shape.of(
          Arrays.stream(numbers(name, "shape", node, Integer.MAX_VALUE))
              .mapToInt(Math::toIntExact)
              .toArray());
    }

    private long bytes(String name, NumberType type, Shape shape) {
      try {
        long size = shape.size();
        if (size <= Integer.MAX_VALUE - 8) { // the longest array of Java
          return size * type.bytes;
        }
      } catch (ArithmeticException _) {
        // too large even for a long: the same answer
      }
      throw wrong("tensor '%s' has shape %s, more than can be read".formatted(name, shape));
    }

    private long[] numbers(String name, String field, JsonNode node, long most) {
      if (!node.isArray()) {
        throw wrong("tensor '%s' has %s %s; expected a list".formatted(name, field, node));
      }
      long[] numbers = new long[node.size()];
      for (int i = 0; i < numbers.length; i++) {
        JsonNode number = node.get(i);
        if (!number.isIntegralNumber()
            || !number.canConvertToLong()
            || number.longValue() < 0
            || number.longValue() > most) {
          throw wrong(
              "tensor '%s' has %s in its %s; expected whole numbers from 0 to %d"
                  .formatted(name, number, field, most));
        }
        numbers[i] = number.longValue();
      }
      return numbers;
    }

    private SequencedMap<String, StoredTensor> tiled(List<Map.Entry<String, StoredTensor>> found) {
      found.sort(
          Map.Entry.<String, StoredTensor>comparingByValue(
                  (a, b) ->
                      a.begin() != b.begin()
                          ? Long.compare(a.begin(), b.begin())
                          : Long.compare(a.end(), b.end())) // empty ones first
              .thenComparing(Map.Entry.comparingByKey()));
      SequencedMap<String, StoredTensor> entries = new LinkedHashMap<>();
      long next = 0;
      for (var named : found) {
        StoredTensor entry = named.getValue();
        if (entry.begin() != next) {
          throw wrong(
              "%s before tensor '%s': it starts at byte %d but the one before ends at %d"
                  .formatted(
                      entry.begin() < next ? "overlap" : "hole",
                      named.getKey(),
                      entry.begin(),
                      next));
        }
        next = entry.end();
        entries.put(named.getKey(), entry);
      }
      if (next != dataBytes) {
        throw wrong(
            "%d bytes follow the last tensor, which ends at byte %d"
                .formatted(dataBytes - next, next));
      }
      return entries;
    }

    private FormatException wrong(String what) {
      return SafetensorsReader.damaged(where, what);
    }
  }
}
