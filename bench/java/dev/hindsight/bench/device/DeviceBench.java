package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.tensor.Scope;
import java.util.List;
import java.util.function.Consumer;

/// Times cases on the device of a `cuda` backend.
public record DeviceBench(Backend backend, DeviceClock clock) {

  /// Times both phases of each case, and hands over each row while its tensors are there.
  public void run(List<OpCase> cases, Consumer<DeviceRow> rows) {
    for (OpCase any : cases) {
      OpCase opCase = any.in(backend.storage());
      try (Scope scope = backend.open("case")) {
        Ceilings ceilings = Ceilings.measure(backend, clock);
        var tensors = new CaseTensors(backend, scope, opCase);
        for (Phase phase : opCase.phases()) {
          DeviceTime time = clock.graph(opCase.toString(), () -> phase.run(backend, tensors::get));
          rows.accept(new DeviceRow(opCase, phase, tensors, backend.precision(), time, ceilings));
        }
      }
    }
  }
}
