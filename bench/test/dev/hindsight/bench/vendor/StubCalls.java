package dev.hindsight.bench.vendor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the stub libraries noted since the last look.
final class StubCalls {
  private final Path log = Path.of(System.getenv("HINDSIGHT_STUB_LOG"));
  private int seen;

  /// A call with its arguments.
  record Call(String function, Map<String, String> arguments) {
    static Call of(String line) {
      String[] words = line.split(" ", -1);
      Map<String, String> arguments = new LinkedHashMap<>();
      for (int k = 1; k < words.length; k++) {
        String[] pair = words[k].split("=", 2);
        arguments.put(pair[0], pair[1].equals("(nil)") ? "0x0" : pair[1]);
      }
      return new Call(words[0], arguments);
    }

    String get(String name) {
      String value = arguments.get(name);
      if (value == null) {
        throw new AssertionError("%s has no %s".formatted(this, name));
      }
      return value;
    }

    long address(String name) {
      return Long.decode(get(name));
    }
  }

  List<Call> take() {
    try {
      List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
      List<Call> calls = lines.subList(seen, lines.size()).stream().map(Call::of).toList();
      seen = lines.size();
      return calls;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The last call of a function.
  static Call last(List<Call> calls, String function) {
    return calls.reversed().stream()
        .filter(call -> call.function().equals(function))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no %s among %s".formatted(function, calls)));
  }

  /// The call that set up a descriptor.
  static Call described(List<Call> calls, String descriptor) {
    return calls.stream()
        .filter(call -> descriptor.equals(call.arguments().get("d")))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing describes " + descriptor));
  }
}
