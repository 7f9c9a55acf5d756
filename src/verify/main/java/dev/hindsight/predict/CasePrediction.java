package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.predict.Prediction.Op;
import dev.hindsight.predict.StepListing.Event;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// How long an op of the catalogue would take on a GPU: a prediction.
///
/// @param opCase the case, as it is written
/// @param phase `forward` or `backward`
/// @param firstMicroseconds with nothing of it in L2
/// @param nextMicroseconds right after itself
/// @param limit what most of the latter is spent on
public record CasePrediction(
    String opCase, String phase, double firstMicroseconds, double nextMicroseconds, String limit) {

  /// The mean of so many calls in a row.
  public double microseconds(int calls) {
    return (firstMicroseconds + (calls - 1) * nextMicroseconds) / calls;
  }

  /// Predicts both phases of each case, in order. Opens the software GPU.
  public static void each(
      List<OpCase> cases, Precision precision, GpuRates gpu, Consumer<CasePrediction> found) {
    gpu.require(precision);
    try (Backend counting = Backends.openSoftwareGpu(StepPrediction.sampling(gpu), precision)) {
      var counter = new OpCounter(counting);
      for (OpCase opCase : cases) {
        var listed = new Listed(opCase, precision);
        found.accept(listed.predict(gpu, counter, "forward", opCase.forward()));
        if (opCase.backward() != null) {
          found.accept(listed.predict(gpu, counter, "backward", opCase.backward()));
        }
      }
    }
  }

  /// A case whose tensors lie nowhere.
  private static final class Listed {
    private final OpCase opCase;
    private final StepListing listing;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final List<Operand> held = new ArrayList<>(); // before forward
    private final List<Operand> added = new ArrayList<>(); // whose old values count

    Listed(OpCase opCase, Precision precision) {
      this.opCase = opCase;
      listing = new StepListing(precision);
      Scope scope = listing.backend().open("case");
      for (var operand : opCase.operands()) {
        Tensor tensor = scope.tensor(operand.type(precision.storage()), operand.shape().dims());
        tensors.put(operand.name(), tensor);
        if (operand.role() != Role.OUT) {
          held.add(Operand.of(tensor));
        }
        if (operand.role() == Role.GRADIENT || operand.role() == Role.UPDATED) {
          added.add(Operand.of(tensor));
        }
      }
    }

    CasePrediction predict(GpuRates gpu, OpCounter counter, String phase, OpCase.Body body) {
      listing.take();
      body.run(listing.backend(), tensors::get);
      List<Event> events = listing.take();
      boolean forward = phase.equals("forward");
      List<Operand> holding = forward ? held : tensors.values().stream().map(Operand::of).toList();
      var walk = new StepWalk(gpu, counter, List.of(), added);
      double[] times = new double[2];
      List<Op> ops = List.of();
      for (int k = 0; k < times.length; k++) {
        walk.begin(holding);
        events.forEach(walk::take);
        ops = walk.ops();
        times[k] = ops.stream().mapToDouble(Op::microseconds).sum();
      }
      String limit =
          ops.stream()
              .max(Comparator.comparingDouble(Op::microseconds))
              .map(op -> op.limit().label())
              .orElse("nothing");
      return new CasePrediction(opCase.toString(), phase, times[0], times[1], limit);
    }
  }
}
