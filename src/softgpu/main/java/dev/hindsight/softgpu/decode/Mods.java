package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.PtxException;
import dev.hindsight.softgpu.ptx.Type;
import java.util.ArrayList;
import java.util.List;

/// The modifiers of an instruction that no one has asked for yet. What is left in the end is not
/// supported, and that is an error: nothing is ignored silently.
final class Mods {
  private final List<String> left;
  private final Instruction source;
  private final String file;

  Mods(Instruction source, String file) {
    this.source = source;
    this.file = file;
    this.left = new ArrayList<>(source.opcode().subList(1, source.opcode().size()));
  }

  /// Takes this modifier if it is there.
  boolean take(String modifier) {
    return left.remove(modifier);
  }

  /// Takes this modifier, which must be there.
  void want(String modifier) {
    if (!take(modifier)) {
      throw error("wanted ." + modifier);
    }
  }

  /// Takes whichever of these is there; one must be.
  String one(String... modifiers) {
    String found = oneOf("", modifiers);
    if (found.isEmpty()) {
      int last = modifiers.length - 1;
      String others = String.join(", .", List.of(modifiers).subList(0, last));
      throw error("wanted ." + others + " or ." + modifiers[last]);
    }
    return found;
  }

  /// Takes either of these; whether it was the first.
  boolean either(String first, String second) {
    return one(first, second).equals(first);
  }

  /// Takes all of these that are there; true if at least one was.
  boolean takeAny(String... modifiers) {
    int before = left.size();
    drop(modifiers);
    return left.size() < before;
  }

  /// Takes all of these that are there; true if none was missing.
  boolean takeAll(String... modifiers) {
    int before = left.size();
    drop(modifiers);
    return left.size() == before - modifiers.length;
  }

  /// Takes whichever of these is there, else gives the fallback.
  String oneOf(String fallback, String... modifiers) {
    for (String modifier : modifiers) {
      if (left.remove(modifier)) {
        return modifier;
      }
    }
    return fallback;
  }

  /// Takes the first modifier that matches this pattern as a whole, else gives "".
  String takeMatching(String pattern) {
    for (String modifier : left) {
      if (modifier.matches(pattern)) {
        left.remove(modifier);
        return modifier;
      }
    }
    return "";
  }

  /// Takes modifiers that change nothing here, such as cache hints.
  void drop(String... modifiers) {
    for (String modifier : modifiers) {
      left.remove(modifier);
    }
  }

  /// Takes all modifiers that start with this.
  void dropPrefix(String prefix) {
    left.removeIf(m -> m.startsWith(prefix));
  }

  /// Takes the first type in the list.
  Type type() {
    for (String modifier : left) {
      Type type = Type.of(modifier);
      if (type != null) {
        left.remove(modifier);
        return type;
      }
    }
    throw error("wanted a type");
  }

  void done() {
    if (!left.isEmpty()) {
      throw error("modifier ." + left.getFirst() + " is not supported");
    }
  }

  PtxException error(String what) {
    return new PtxException(file + " line " + source.line() + ": " + source.name() + ": " + what);
  }
}
