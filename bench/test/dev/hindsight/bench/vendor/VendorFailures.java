package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.Effort;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Scope;
import java.util.List;

/// A program of [VendorStubsTest]: two rows with whatever libraries there are, and what is said.
final class VendorFailures {
  private VendorFailures() {}

  public static void main(String[] args) {
    List<String> names = List.of("linear 1x1x1", "causalConv1d 1x1x1x1 width 1 dilation 1");
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.STANDARD);
        DeviceClock clock = new DeviceClock(backend, Effort.SOFTWARE);
        VendorBench vendors = new VendorBench(backend, clock, line -> System.out.println(line))) {
      for (OpCase opCase : OpCases.all()) {
        if (names.contains(opCase.toString())) {
          try (Scope scope = backend.open("case")) {
            var tensors = new CaseTensors(backend, scope, opCase);
            opCase.forward().run(backend, tensors::get);
            vendors
                .row(opCase, "forward", tensors, scope, clock.launches(() -> {}))
                .ifPresent(row -> System.out.println(row.text().strip()));
          }
        }
      }
    }
  }
}
