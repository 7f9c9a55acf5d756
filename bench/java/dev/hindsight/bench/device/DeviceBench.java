package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.Scope;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/// Times cases on the device of a `cuda` backend.
///
/// @param software whether that is the software GPU
public record DeviceBench(Backend backend, DeviceClock clock, boolean software) {
  private static final String FORWARD = "forward";
  private static final List<String> BOTH = List.of(FORWARD, "backward");

  /// What is timed beside a phase on its tensors, after it.
  public interface Beside {
    /// Compares.
    ///
    /// @param phase `forward` or `backward`
    /// @param scope ends with the comparison
    void compare(OpCase opCase, String phase, CaseTensors tensors, Scope scope, DeviceTime ours);
  }

  /// Times both phases of each case, and hands over each row when it is there.
  public void run(List<OpCase> cases, Consumer<DeviceRow> rows, Beside beside) {
    for (OpCase any : cases) {
      OpCase opCase = any.in(backend.storage());
      try (Scope scope = backend.open("case")) {
        Ceilings ceilings = Ceilings.measure(backend, clock);
        var tensors = new CaseTensors(backend, scope, opCase);
        for (String phase : opCase.backward() == null ? List.of(FORWARD) : BOTH) {
          OpCase.Body body = phase.equals(FORWARD) ? opCase.forward() : opCase.backward();
          DeviceTime time =
              clock.graph(
                  opCase.toString(), () -> Objects.requireNonNull(body).run(backend, tensors::get));
          rows.accept(new DeviceRow(opCase, phase, backend.precision(), time, ceilings, software));
          try (Scope compared = backend.open("compared")) {
            beside.compare(opCase, phase, tensors, compared, time);
          }
        }
      }
    }
  }
}
