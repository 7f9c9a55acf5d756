package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/// Follows the lines of a [Scenario]; the head of `scenarios.txt` says what they mean.
final class ScenarioRun {
  private final TestDevice device;
  private final String kernel;
  private final Map<String, Long> addresses = new HashMap<>();
  private final Set<String> halves = new HashSet<>();
  private float[] results = {};

  ScenarioRun(TestDevice device, String kernel) {
    this.device = device;
    this.kernel = kernel;
  }

  float[] results(List<String> lines) {
    Deque<String> left = new ArrayDeque<>(lines);
    while (!left.isEmpty()) {
      Deque<String> words = words(left.pop());
      String first = words.pop();
      switch (first) {
        case "launch", "together" -> launch(words, first.equals("together"));
        case "result", "result+1" -> result(words, first.equals("result") ? 0 : 1);
        default -> addresses.put(first, allocate(first, words, left));
      }
    }
    return results;
  }

  /// `3*X` is X three times.
  private static Deque<String> words(String line) {
    Deque<String> words = new ArrayDeque<>();
    for (String word : line.split(" ", -1)) {
      String[] parts = word.split("\\*", 2);
      words.addAll(
          parts.length == 1
              ? List.of(word)
              : Collections.nCopies(Integer.parseInt(parts[0]), parts[1]));
    }
    return words;
  }

  private static int number(Deque<String> words) {
    return Integer.parseInt(words.pop());
  }

  private long allocate(String name, Deque<String> words, Deque<String> left) {
    words.pop(); // =
    String type = words.pop();
    if (type.equals("int")) {
      return device.ints(name, plan(left));
    }
    boolean half = type.equals("bf16") || (type.equals("stored") && kernel.endsWith("_bf16"));
    if (half) {
      halves.add(name);
    }
    if (words.getFirst().matches("empty|zeros")) {
      int zeros = words.pop().equals("zeros") ? number(words) : 0;
      words.remove("of");
      int bytes = half ? Short.BYTES : Float.BYTES;
      long address = device.memory().allocate((long) bytes * number(words), name);
      if (zeros > 0) {
        MemorySegment source = MemorySegment.ofArray(new byte[bytes * zeros]);
        device.memory().copyIn(address, source, source.byteSize());
      }
      return address;
    }
    float[] values = values(words);
    return half ? device.bf16(name, values) : device.floats(name, values);
  }

  private int[] plan(Deque<String> left) {
    Stream.Builder<Integer> plan = Stream.builder();
    while (left.peek() != null && left.getFirst().matches("(\\d+ )?rows? .*")) {
      Deque<String> words = words(left.pop());
      int times = words.getFirst().equals("row") ? 1 : number(words);
      words.pop(); // row
      for (int k = 0; k < times; k++) {
        for (String word : words) {
          if (word.startsWith("@")) {
            long address = address(word.substring(1));
            plan.add((int) address).add((int) (address >>> Integer.SIZE));
          } else {
            plan.add(Integer.parseInt(word));
          }
        }
      }
    }
    return plan.build().mapToInt(Integer::intValue).toArray();
  }

  private static float[] values(Deque<String> words) {
    String recipe = words.pop();
    int count = recipe.equals("is") ? words.size() : number(words);
    float[] values = new float[count];
    switch (recipe) {
      case "is" -> {
        for (int k = 0; k < count; k++) {
          values[k] = Float.parseFloat(words.pop());
        }
      }
      case "numbers" -> {
        Random random = new Random(number(words));
        for (int k = 0; k < count; k++) {
          values[k] = 0.25f + random.nextFloat();
        }
      }
      case "steps" -> {
        int step = number(words);
        int modulus = number(words);
        for (int k = 0; k < count; k++) {
          values[k] = k * step % modulus;
        }
      }
      default -> throw new IllegalArgumentException(recipe);
    }
    change(values, words);
    return values;
  }

  private static void change(float[] values, Deque<String> words) {
    int every = 1;
    while (!words.isEmpty()) {
      String how = words.pop();
      float by = Float.parseFloat(words.pop());
      if (how.equals("every")) {
        every = (int) by;
      } else if (how.equals("last")) {
        values[values.length - 1] = by;
      } else {
        for (int k = 0; k < values.length; k += every) {
          values[k] =
              switch (how) {
                case "minus" -> values[k] - by;
                case "over" -> values[k] / by;
                case "times" -> values[k] * by;
                default -> throw new IllegalArgumentException(how);
              };
        }
      }
    }
  }

  private void launch(Deque<String> words, boolean together) {
    Dim3 grid = extent(words.pop());
    Dim3 block = extent(words.pop());
    int shared = number(words);
    List<Object> values = words.stream().map(this::parameter).toList();
    device.launch(kernel, grid, block, shared, together, values);
  }

  private static Dim3 extent(String text) {
    int[] each = Arrays.stream(text.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    return each.length == 1 ? new Dim3(each[0]) : new Dim3(each[0], each[1]);
  }

  private Object parameter(String word) {
    if (word.matches("[a-z].*")) {
      return address(word);
    }
    String digits = word.substring(0, word.length() - 1);
    return word.endsWith("L")
        ? (Object) Long.parseLong(digits)
        : word.endsWith("f") ? (Object) Float.parseFloat(digits) : (Object) Integer.parseInt(word);
  }

  private long address(String place) {
    int plus = place.indexOf('+');
    String name = name(place);
    long base = Objects.requireNonNull(addresses.get(name), name);
    return plus < 0 ? base : base + Long.parseLong(place.substring(plus + 1));
  }

  private static String name(String place) {
    return place.replaceFirst("\\+.*", "");
  }

  private void result(Deque<String> words, int plus) {
    String place = words.pop();
    int count = number(words);
    boolean half = halves.contains(name(place));
    float[] read = half ? device.bf16(address(place), count) : device.floats(address(place), count);
    int from = results.length;
    results = Arrays.copyOf(results, from + count);
    for (int k = 0; k < count; k++) {
      results[from + k] = plus + read[k];
    }
  }
}
