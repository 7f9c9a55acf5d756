package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.predict.GpuRates;
import dev.hindsight.tensor.Scope;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Times cases on the device of a `cuda` backend.
///
/// @param software whether that is the software GPU
/// @param predictedFor the GPU whose prediction stands beside the time; null for none
/// @param effort how often each is repeated
public record DeviceBench(
    Backend backend, boolean software, @Nullable GpuRates predictedFor, Effort effort) {

  /// What takes rows.
  public interface Rows {
    /// One op in one direction.
    void op(DeviceRow row);

    /// After each phase, to time something else on the same tensors.
    ///
    /// @param phase `forward` or `backward`
    /// @param scope ends with the comparison
    default void compare(
        OpCase opCase, String phase, CaseTensors tensors, Scope scope, DeviceTime ours) {}
  }

  /// The GPU to predict for: that of a name, else the one at hand where its rates are known; on the
  /// software GPU an H100.
  ///
  /// @param name may be null
  /// @throws dev.hindsight.error.UserException when no GPU of this name is known
  public static Optional<GpuRates> predictedFor(
      @Nullable String name, DeviceClock clock, boolean software) {
    if (name != null || software) {
      return Optional.of(GpuRates.named(name == null ? "H100" : name));
    }
    return GpuRates.ofDevice(clock.deviceName());
  }

  /// Times both phases of each case, and hands over each row when it is there.
  ///
  /// @param notices takes lines for people
  public void run(DeviceClock clock, List<OpCase> cases, Rows rows, Consumer<String> notices) {
    try (var predictions = new CasePredictions(predictedFor, backend.precision(), cases, notices)) {
      for (OpCase any : cases) {
        OpCase opCase = any.in(backend.storage());
        try (Scope scope = backend.open("case")) {
          Ceilings ceilings = Ceilings.measure(backend, clock);
          CaseTensors tensors = new CaseTensors(backend, scope, opCase);
          var timed = new Timed(clock, opCase, tensors, ceilings, predictions);
          hand(timed.row("forward", opCase.forward()), tensors, rows);
          if (opCase.backward() != null) {
            hand(timed.row("backward", opCase.backward()), tensors, rows);
          }
        }
      }
    }
  }

  private void hand(DeviceRow row, CaseTensors tensors, Rows rows) {
    rows.op(row);
    try (Scope scope = backend.open("compared")) {
      rows.compare(row.opCase(), row.phase(), tensors, scope, row.time());
    }
  }

  private final class Timed {
    private final DeviceClock clock;
    private final OpCase opCase;
    private final CaseTensors tensors;
    private final Ceilings ceilings;
    private final CasePredictions predictions;

    Timed(
        DeviceClock clock,
        OpCase opCase,
        CaseTensors tensors,
        Ceilings ceilings,
        CasePredictions predictions) {
      this.clock = clock;
      this.opCase = opCase;
      this.tensors = tensors;
      this.ceilings = ceilings;
      this.predictions = predictions;
    }

    DeviceRow row(String phase, OpCase.Body body) {
      DeviceTime time = clock.graph(opCase.toString(), () -> body.run(backend, tensors::get));
      Double predicted = predictions.microseconds(opCase, phase, time.calls());
      String of = predictedFor == null ? "" : predictedFor.name();
      return new DeviceRow(
          opCase, phase, backend.precision(), time, ceilings, predicted, of, software);
    }
  }
}
