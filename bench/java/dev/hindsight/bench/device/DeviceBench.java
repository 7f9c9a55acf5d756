package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.Scope;
import java.util.List;

/// Times cases on the device of a `cuda` backend.
///
/// @param software whether that is the software GPU
public record DeviceBench(Backend backend, DeviceClock clock, boolean software) {

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

  /// Times both phases of each case, and hands over each row when it is there.
  public void run(List<OpCase> cases, Rows rows) {
    for (OpCase any : cases) {
      OpCase opCase = any.in(backend.storage());
      try (Scope scope = backend.open("case")) {
        Ceilings ceilings = Ceilings.measure(backend, clock);
        var tensors = new CaseTensors(backend, scope, opCase);
        phase(opCase, "forward", opCase.forward(), tensors, ceilings, rows);
        if (opCase.backward() != null) {
          phase(opCase, "backward", opCase.backward(), tensors, ceilings, rows);
        }
      }
    }
  }

  private void phase(
      OpCase opCase,
      String phase,
      OpCase.Body body,
      CaseTensors tensors,
      Ceilings ceilings,
      Rows rows) {
    DeviceTime time = clock.graph(opCase.toString(), () -> body.run(backend, tensors::get));
    rows.op(new DeviceRow(opCase, phase, backend.precision(), time, ceilings, software));
    try (Scope scope = backend.open("compared")) {
      rows.compare(opCase, phase, tensors, scope, time);
    }
  }
}
