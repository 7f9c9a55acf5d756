package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Counts what ops launch, on a software GPU that runs some blocks of every launch at its real
/// size. Ops of one kind are counted once.
final class OpCounter {
  private final Backend backend;
  private final Map<List<@Nullable Object>, List<Counted>> known = new HashMap<>();

  /// @param backend a software GPU that counts
  OpCounter(Backend backend) {
    this.backend = backend;
  }

  /// Launches of one kernel with the same counts.
  ///
  /// @param times how many of them follow each other
  /// @param operands which tensors of the call a launch is given, by their place among them
  record Counted(KernelCounts counts, long times, List<Integer> operands) {}

  /// What a call launches.
  List<Counted> of(OpCall call) {
    List<Counted> found = known.get(call.kind());
    if (found == null) {
      found = call.steps() > 3 ? throughTime(call) : count(call, call.steps());
      known.put(call.kind(), found);
    }
    return found;
  }

  /// Two steps and three are counted; all others do what the third did. A single one is launched in
  /// another way.
  private List<Counted> throughTime(OpCall call) {
    List<Counted> two = count(call, 2);
    List<Counted> three = count(call, 3);
    long others = call.steps() - 2L;
    List<Counted> all = new ArrayList<>();
    if (two.size() == three.size()) { // all steps in one launch
      for (int k = 0; k < two.size(); k++) {
        KernelCounts longer = CountSum.onward(two.get(k).counts(), three.get(k).counts(), others);
        all.add(new Counted(longer, 1, two.get(k).operands()));
      }
    } else { // each step by itself
      all.addAll(two);
      for (Counted step : three.subList(two.size(), three.size())) {
        all.add(new Counted(step.counts(), others, step.operands()));
      }
    }
    return all;
  }

  private List<Counted> count(OpCall call, int steps) {
    try (Scope scope = backend.open("operands")) {
      List<Operand> listed = call.operands();
      List<Tensor> real = new ArrayList<>();
      for (Operand operand : listed) {
        int same = listed.indexOf(operand);
        real.add(
            same < real.size() ? real.get(same) : zeros(scope, operand, call.cut(operand, steps)));
      }
      backend.synchronize();
      Backends.takeCounts();
      call.run(backend, operand -> real.get(listed.indexOf(operand)));
      backend.synchronize();
      return Backends.takeCounts().stream()
          .map(counts -> new Counted(counts, 1, operands(counts, real)))
          .toList();
    }
  }

  private static Tensor zeros(Scope scope, Operand operand, Shape shape) {
    Tensor tensor = scope.tensor(operand.type(), shape.dims());
    scope.clear(tensor);
    return tensor;
  }

  private static List<Integer> operands(KernelCounts counts, List<Tensor> real) {
    List<Integer> found = new ArrayList<>();
    for (int k = 0; k < real.size(); k++) {
      long from = real.get(k).address();
      long to = from + real.get(k).bytes();
      boolean given = counts.addresses().stream().anyMatch(a -> a >= from && a < to);
      if (given && real.indexOf(real.get(k)) == k) {
        found.add(k);
      }
    }
    return found;
  }
}
