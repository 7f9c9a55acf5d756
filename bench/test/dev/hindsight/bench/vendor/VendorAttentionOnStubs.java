package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.vendor.StubCalls.Call;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Attention's vendor rows, for [VendorRowsOnStubs]: 1 image of 31 positions, 2 heads of 16.
final class VendorAttentionOnStubs extends StubRows {
  VendorAttentionOnStubs(Backend backend, DeviceClock clock, VendorBench vendors, StubCalls log) {
    super(backend, clock, vendors, log);
  }

  void all() {
    run("causalAttention 1x31 heads 2x16", "forward", this::forward);
    run("causalAttention 1x31 heads 2x16", "backward", this::backward);
  }

  private void forward(Seen seen) {
    assertThat(seen.row().difference()).as("the stub's y is 0").isEqualTo(1);
    Call call = asked(seen, "cudnnMultiHeadAttnForward", List.of("qd", "kd", "vd", "yd"));
    has(call, Map.of("position", -1, "residual", "0x0", "weightBytes", 0));
    assertThat(call.address("reserve")).as("training").isNotZero();
    assertThat(call.address("y")).isNotZero();
  }

  private void backward(Seen seen) {
    assertThat(seen.row().difference()).as("the stub's gradients are 0").isEqualTo(1);
    Call call = asked(seen, "cudnnMultiHeadAttnBackwardData", List.of("dyd", "dqd", "dkd", "dvd"));
    Call forward = StubCalls.last(seen.calls(), "cudnnMultiHeadAttnForward");
    for (String same : List.of("attention", "q", "k", "v", "reserve", "windows")) {
      assertThat(call.get(same)).as(same).isEqualTo(forward.get(same));
    }
    assertThat(List.of(call.get("dq"), call.get("dk"), call.get("dv"))).doesNotHaveDuplicates();
    float[] dy = backend.readFloats(seen.tensors().get("dy")); // (1,31,2·16)
    float[] given = read(seen, call.address("dy"), dy.length);
    for (int k = 0; k < given.length; k++) {
      assertThat(given[k]).as("%d", k).isEqualTo(dy[k / 16 % 31 * 32 + k / 16 / 31 * 16 + k % 16]);
    }
  }

  private Call asked(Seen seen, String function, List<String> sequences) {
    assertThat(seen.row().time()).as(seen.row().text()).isNotNull();
    assertThat(seen.row().text())
        .contains("not as a graph"); // which would read windows that are gone
    assertThat(seen.row().functions()).isEqualTo(function);
    Call call = StubCalls.last(seen.calls(), function);
    has(call, Map.of("windows", triangle(), "workBytes", 800, "reserveBytes", 1200));
    boolean half = backend.precision() == Precision.BF16;
    has(
        StubCalls.described(seen.calls(), call.get("attention")),
        Map.of(
            "mode",
            0, // all queries see one set of keys; no biases
            "heads",
            1, // a head is a sequence of its own
            "scale",
            "0.25", // 1/√16
            "type",
            0,
            "precision",
            0,
            "math",
            half ? 2 : 0, // CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION, CUDNN_DEFAULT_MATH
            "dropout",
            "0x0",
            "sizes",
            "16,16,16",
            "projected",
            "0,0,0,0",
            "most",
            "31,31,2,1"));
    for (String sequence : sequences) { // time, batch, beam, vector; batch outermost
      has(
          StubCalls.described(seen.calls(), call.get(sequence)),
          Map.of(
              "type",
              0,
              "rank",
              4,
              "dims",
              "31,2,1,16",
              "axes",
              "1,2,0,3",
              "count",
              2,
              "first",
              31,
              "last",
              31,
              "padding",
              "0x0"));
    }
    for (String lengths : List.of("qLengths", "kLengths")) {
      assertThat(read(seen, call.address(lengths), 2)).containsOnly(Float.intBitsToFloat(31));
    }
    float[] qkv = backend.readFloats(seen.tensors().get("qkv")); // (1,31,3·2·16)
    List<String> parts = List.of("q", "k", "v");
    for (int part = 0; part < 3; part++) {
      float[] given = read(seen, call.address(parts.get(part)), 2 * 31 * 16);
      for (int k = 0; k < given.length; k++) {
        int head = k / 16 / 31;
        int position = k / 16 % 31;
        assertThat(given[k])
            .as("%s %d", parts.get(part), k)
            .isEqualTo(qkv[position * 96 + part * 32 + head * 16 + k % 16]);
      }
    }
    return call;
  }

  /// Position t sees the keys from 0 to before t + 1.
  private static String triangle() {
    return IntStream.range(0, 31).mapToObj(t -> "0-" + (t + 1)).collect(Collectors.joining(","));
  }
}
