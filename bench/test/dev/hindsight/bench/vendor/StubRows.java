package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.bench.vendor.StubCalls.Call;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Runs vendor rows with stub libraries, and hands what they were asked to checks.
abstract class StubRows {
  final Backend backend;
  final DeviceClock clock;
  final VendorBench vendors;
  final StubCalls log;

  StubRows(Backend backend, DeviceClock clock, VendorBench vendors, StubCalls log) {
    this.backend = backend;
    this.clock = clock;
    this.vendors = vendors;
    this.log = log;
  }

  interface Check {
    void check(Seen seen);
  }

  record Seen(OpCase opCase, CaseTensors tensors, Scope scope, List<Call> calls, VendorRow row) {
    long at(String operand) {
      return tensors.get(operand).address();
    }
  }

  final float[] read(Seen seen, long address, int count) {
    return backend.readFloats(new Tensor(seen.scope(), address, Shape.of(count)));
  }

  static void has(Call call, Map<String, Object> wanted) {
    wanted.forEach(
        (name, value) ->
            assertThat(call.get(name)).as("%s of %s", name, call).isEqualTo("" + value));
  }

  static OpCase named(String name) {
    return OpCases.all().stream()
        .filter(each -> each.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name));
  }

  /// Runs the forward phase and, for its row, the backward phase.
  void run(String name, String phase, Check check) {
    OpCase opCase = named(name);
    try (Scope scope = backend.open("case")) {
      var tensors = new CaseTensors(backend, scope, opCase);
      opCase.forward().run(backend, tensors::get);
      if (phase.equals("backward")) {
        Objects.requireNonNull(opCase.backward()).run(backend, tensors::get);
      }
      DeviceTime ours = clock.launches(() -> {});
      log.take();
      VendorRow row = vendors.row(opCase, phase, tensors, scope, ours).orElseThrow();
      check.check(new Seen(opCase, tensors, scope, log.take(), row));
      System.out.println("ok: %s %s in %s".formatted(name, phase, backend.precision().label()));
    }
  }

  final float[] halves(Seen seen, long address, int count) {
    return backend.readFloats(new Tensor(seen.scope(), address, Shape.of(count), ElementType.BF16));
  }

  /// By double arithmetic: 8 bits of significand, to nearest, ties to even.
  static float[] rounded(float[] values) {
    float[] rounded = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      double unit = Math.scalb(1.0, Math.getExponent(values[k]) - 7);
      rounded[k] = (float) (Math.rint(values[k] / unit) * unit);
    }
    return rounded;
  }

  /// CUDNN_DATA_BFLOAT16 or CUDNN_DATA_FLOAT.
  final int cudnnType() {
    return backend.precision() == Precision.BF16 ? 9 : 0;
  }

  /// CUDNN_FMA_MATH, _DEFAULT_MATH, _TENSOR_OP_MATH.
  final int cudnnMath() {
    return switch (backend.precision()) {
      case FP32 -> 3;
      case TF32 -> 0;
      case BF16 -> 1;
    };
  }

  static void math(Seen seen, Call call, int math) {
    Call set =
        seen.calls().stream()
            .filter(each -> each.function().equals("math"))
            .filter(each -> each.get("d").equals(call.get("how")))
            .findFirst()
            .orElseThrow();
    has(set, Map.of("math", math));
  }

  static void dims(Seen seen, Call call, String descriptor, String dims) {
    has(StubCalls.described(seen.calls(), call.get(descriptor)), Map.of("dims", dims));
  }
}
