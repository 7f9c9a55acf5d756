package dev.hindsight.predict;

import dev.hindsight.predict.CacheModel.Touch;
import dev.hindsight.predict.OpCounter.Counted;
import dev.hindsight.predict.Prediction.Op;
import dev.hindsight.predict.StepListing.Event;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Goes through what a step or an op asks for, event after event, and predicts the time of each.
final class StepWalk {
  private final GpuRates gpu;
  private final OpCounter counter;
  private final List<Operand> values;
  private final List<Operand> updated;
  private final MachineCode code;
  private final CacheModel cache;
  private final Set<Long> known = new HashSet<>(); // addresses that hold something
  private final Set<Long> zeroed = new HashSet<>(); // and nobody has added to yet
  private final Map<String, List<LaunchTime>> launches = new LinkedHashMap<>();
  private final Map<String, Integer> calls = new LinkedHashMap<>();

  /// @param values of the parameters; a second is their copy in another type, which is not read
  ///   where they change
  /// @param updated gradients and moments that outlive the step, the second moments last
  StepWalk(GpuRates gpu, OpCounter counter, List<Operand> values, List<Operand> updated) {
    this.gpu = gpu;
    this.counter = counter;
    this.values = values;
    this.updated = updated;
    this.code = MachineCode.shipped(gpu.architecture());
    this.cache = new CacheModel(gpu.l2().bytes());
  }

  void take(Event event) {
    switch (event) {
      case Event.Write(Operand to) -> known.add(to.address());
      case Event.Fill(long address, long bytes) -> {
        known.add(address);
        zeroed.add(address);
        long memory = cache.run(List.of(new Touch(address, bytes, false, true)));
        add("memset", List.of(LaunchTime.ofMemory("memset", gpu, bytes, memory)));
      }
      case Event.Copy(Operand from, Operand to) -> {
        known.add(to.address());
        long bytes = from.bytes();
        long memory =
            cache.run(
                List.of(
                    new Touch(from.address(), bytes, true, false),
                    new Touch(to.address(), bytes, false, true)));
        add("memcpy", List.of(LaunchTime.ofMemory("memcpy", gpu, 2 * bytes, memory)));
      }
      case Event.Op(OpCall call) -> add(call.label(), predict(call));
    }
  }

  private List<LaunchTime> predict(OpCall call) {
    List<LaunchTime> times = new ArrayList<>();
    for (Counted counted : counter.of(call)) {
      List<Operand> operands = counted.operands().stream().map(call.operands()::get).toList();
      List<Touch> touches = operands.stream().map(t -> touch(t, operands)).toList();
      long memory = cache.run(touches) / counted.times();
      var time = LaunchTime.of(gpu, code.of(counted.counts().kernel()), counted.counts(), memory);
      for (long n = 0; n < counted.times(); n++) {
        times.add(time);
      }
    }
    return times;
  }

  /// What a launch does with an operand. Nobody reads what nobody has written, so the first to
  /// reach a tensor writes it, and the first to reach zeros adds to them. Gradients and moments of
  /// the parameters are added to, and their values change together with the moments.
  private Touch touch(Operand operand, List<Operand> operands) {
    boolean born = zeroed.remove(operand.address());
    boolean value = values.stream().anyMatch(operand::within);
    boolean added = updated.stream().anyMatch(operand::within);
    boolean fresh = known.add(operand.address()) && !value && !added;
    boolean update = value && operands.stream().anyMatch(o -> o.within(updated.getLast()));
    boolean copy = value && !operand.within(values.getFirst());
    boolean read = !fresh && !(copy && update);
    return new Touch(operand.address(), operand.bytes(), read, fresh || born || added || update);
  }

  private void add(String label, List<LaunchTime> times) {
    if (!times.isEmpty()) {
      calls.merge(label, 1, Integer::sum);
      launches.computeIfAbsent(label, _ -> new ArrayList<>()).addAll(times);
    }
  }

  List<Op> ops() {
    List<Op> ops = new ArrayList<>();
    launches.forEach((label, times) -> ops.add(new Op(label, calls.getOrDefault(label, 0), times)));
    return ops;
  }
}
