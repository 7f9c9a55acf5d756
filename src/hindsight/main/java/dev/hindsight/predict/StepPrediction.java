package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.predict.CacheModel.Touch;
import dev.hindsight.predict.OpCounter.Counted;
import dev.hindsight.predict.StepListing.Event;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.TrainingStep;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// How long a training step would take on a GPU that nobody needs to have: a prediction.
///
/// @param ops in the order of the step, the same op of the same shape once
public record StepPrediction(
    String model,
    String preset,
    int batch,
    Precision precision,
    GpuRates gpu,
    long parameters,
    List<Op> ops) {
  /// Blocks of a launch that are counted: enough for all kinds of tiles that a kernel has.
  static final int SAMPLED_BLOCKS = 8;

  /// One op of the step.
  ///
  /// @param calls of this op with these shapes
  /// @param launches of all of them
  public record Op(String label, int calls, List<LaunchTime> launches) {
    /// Microseconds of all calls.
    public double microseconds() {
      return launches.stream().mapToDouble(LaunchTime::microseconds).sum();
    }

    /// The launch that takes longest.
    public LaunchTime longest() {
      return launches.stream()
          .max(Comparator.comparingDouble(LaunchTime::microseconds))
          .orElseThrow();
    }
  }

  /// Predicts a step of a model.
  ///
  /// @param model its name, with `preset` for people
  /// @param config the model's sizes
  /// @param batch images
  public static StepPrediction of(
      String model,
      String preset,
      ModelConfig config,
      Recipe recipe,
      int batch,
      Precision precision,
      GpuRates gpu) {
    gpu.require(precision);
    var listing = new StepListing(precision);
    Listed listed = list(listing, config, recipe, batch);
    var how = SoftwareGpu.sampling(gpu.multiprocessors(), SAMPLED_BLOCKS, gpu.sharedBytesOfBlock());
    try (Backend counting = Backends.openSoftwareGpu(how, precision)) {
      var walk = new Walk(gpu, new OpCounter(counting), listed);
      listed.events.forEach(walk::take);
      return new StepPrediction(
          model, preset, batch, precision, gpu, listed.parameters, walk.ops());
    }
  }

  /// What a step does, and which memory outlives it.
  private record Listed(
      List<Event> events, Operand values, List<Operand> updated, long parameters) {}

  private static Listed list(StepListing listing, ModelConfig config, Recipe recipe, int batch) {
    Backend backend = listing.backend();
    try (AutoregressiveModel fresh = config.create(backend, RandomKey.of(0))) {
      var flat = fresh.parameters().flat();
      var adam = new Adam(backend, fresh.parameters(), recipe.weightDecay(), recipe.clipNorm());
      try (TrainingStep step = new TrainingStep(backend, fresh, adam, false)) {
        float[] pixels = new float[batch * AutoregressiveModel.PIXELS];
        step.run(pixels, batch, 1e-4f); // reserves
        listing.take();
        step.run(pixels, batch, 1e-4f);
      }
      return new Listed(
          listing.take(),
          Operand.of(flat.value()),
          Stream.of(flat.grad(), flat.firstMoment(), flat.secondMoment()).map(Operand::of).toList(),
          fresh.parameters().count());
    }
  }

  /// Goes through a step, event after event.
  private static final class Walk {
    private final GpuRates gpu;
    private final OpCounter counter;
    private final Listed listed;
    private final MachineCode code;
    private final CacheModel cache;
    private final Set<Long> known = new HashSet<>(); // addresses that hold something
    private final Set<Long> zeroed = new HashSet<>(); // and nobody has added to yet
    private final Map<String, List<LaunchTime>> launches = new LinkedHashMap<>();
    private final Map<String, Integer> calls = new LinkedHashMap<>();

    Walk(GpuRates gpu, OpCounter counter, Listed listed) {
      this.gpu = gpu;
      this.counter = counter;
      this.listed = listed;
      this.code = MachineCode.shipped(gpu.architecture());
      this.cache = new CacheModel(gpu.l2Bytes());
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
    /// reach a tensor writes it, and the first to reach zeros adds to them. Gradients and moments
    /// of the parameters are added to, and their values change together with the moments.
    private Touch touch(Operand operand, List<Operand> operands) {
      boolean born = zeroed.remove(operand.address());
      boolean value = operand.within(listed.values);
      boolean added = listed.updated.stream().anyMatch(operand::within);
      boolean fresh = known.add(operand.address()) && !value && !added;
      boolean update = value && operands.stream().anyMatch(o -> o.within(listed.updated.getLast()));
      return new Touch(
          operand.address(), operand.bytes(), !fresh, fresh || born || added || update);
    }

    private void add(String label, List<LaunchTime> times) {
      if (!times.isEmpty()) {
        calls.merge(label, 1, Integer::sum);
        launches.computeIfAbsent(label, _ -> new ArrayList<>()).addAll(times);
      }
    }

    List<Op> ops() {
      List<Op> ops = new ArrayList<>();
      launches.forEach(
          (label, times) -> ops.add(new Op(label, calls.getOrDefault(label, 0), times)));
      return ops;
    }
  }

  /// Microseconds of the step.
  public double microseconds() {
    return ops.stream().mapToDouble(Op::microseconds).sum();
  }

  /// Launches, memsets and copies.
  public int nodes() {
    return ops.stream().mapToInt(op -> op.launches().size()).sum();
  }

  long flops() {
    return launches().mapToLong(LaunchTime::flops).sum();
  }

  long memoryBytes() {
    return launches().mapToLong(LaunchTime::memoryBytes).sum();
  }

  private Stream<LaunchTime> launches() {
    return ops.stream().flatMap(op -> op.launches().stream());
  }
}
