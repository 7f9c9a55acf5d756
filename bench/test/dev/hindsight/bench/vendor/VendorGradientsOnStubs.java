package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.vendor.StubCalls.Call;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Vendor rows of the backward phase, for [VendorRowsOnStubs].
final class VendorGradientsOnStubs extends StubRows {
  VendorGradientsOnStubs(Backend backend, DeviceClock clock, VendorBench vendors, StubCalls log) {
    super(backend, clock, vendors, log);
  }

  /// @param both whether there is cuDNN too
  /// @param all whether to run what has no precision
  void all(boolean both, boolean all) {
    run("linear 31x32x33", "backward", this::linear);
    run("linearGelu 31x32x33", "backward", this::linear);
    run("linearAdd 31x32x33", "backward", this::linear);
    run("maskedLinear 31x32x33 relu", "backward", this::masked);
    if (both) {
      run("causalConv1d 2x37x32x65 width 3 dilation 2", "backward", this::causal);
    }
    if (all) {
      run("maskedConv2d 2x11x13x4 to 8 up to 5x5", "backward", this::images);
      run("triangularSoftmax 2x33x33 scale 0.7", "backward", this::softmax);
      run("lstm 5x3x33", "backward", this::lstm);
    }
  }

  private static void ended(Seen seen) {
    assertThat(seen.row().time()).as(seen.row().text()).isNotNull();
    assertThat(seen.row().phase()).isEqualTo("backward");
    assertThat(seen.row().difference()).as("the stub's gradients are 0").isEqualTo(1);
  }

  private static List<Call> calls(Seen seen, String function) {
    return seen.calls().stream().filter(call -> call.function().equals(function)).toList();
  }

  /// Numbers as a library found them, against ours: rounded in bf16.
  private void holds(Seen seen, Call call, String argument, String operand) {
    float[] ours = backend.readFloats(seen.tensors().get(operand));
    long at = call.address(argument);
    boolean half = backend.precision() == Precision.BF16;
    float[] theirs = half ? halves(seen, at, ours.length) : read(seen, at, ours.length);
    assertThat(theirs).as("%s of %s", argument, call).containsExactly(half ? rounded(ours) : ours);
  }

  // x is 31 x 32, w is 33 x 32 and dy 31 x 33, row after row. In column-major order that is xᵀ
  // (32 x 31), wᵀ (32 x 33) and dyᵀ (33 x 31). dxᵀ (32 x 31) = wᵀ·dyᵀ, and dwᵀ (32 x 33) = xᵀ·dy,
  // whose second factor is the transpose of what is there.
  private List<Call> products(Seen seen, int betaOfWeights) {
    ended(seen);
    String function = backend.precision() == Precision.FP32 ? "cublasSgemm" : "cublasGemmEx";
    assertThat(seen.row().functions()).contains("2 x " + function);
    List<Call> products = calls(seen, function);
    Call ofInput = products.get(0);
    has(
        ofInput,
        Map.of(
            "opA", 0, "opB", 0, "m", 32, "n", 31, "k", 33, "lda", 32, "ldb", 33, "ldc", 32, "alpha",
            1, "beta", 1));
    Call ofWeights = products.get(1);
    has(
        ofWeights,
        Map.of(
            "opA",
            0,
            "opB",
            1,
            "m",
            32,
            "n",
            33,
            "k",
            31,
            "lda",
            32,
            "ldb",
            33,
            "ldc",
            32,
            "alpha",
            1,
            "beta",
            betaOfWeights));
    if (backend.precision() != Precision.FP32) {
      boolean half = backend.precision() == Precision.BF16;
      int type = half ? 14 : 0; // CUDA_R_16BF, CUDA_R_32F
      int compute = half ? 68 : 77; // CUBLAS_COMPUTE_32F, _FAST_TF32
      has(ofInput, Map.of("typeA", type, "typeB", type, "typeC", type, "compute", compute));
      has(ofWeights, Map.of("typeA", type, "typeB", type, "typeC", 0, "compute", compute));
    }
    holds(seen, ofInput, "a", "w");
    holds(seen, ofInput, "b", "dy"); // as our backward phase has left it, before the activation
    holds(seen, ofWeights, "a", "x");
    holds(seen, ofWeights, "b", "dy");
    assertThat(ofInput.get("c")).isNotEqualTo(ofWeights.get("c"));
    return products;
  }

  private void linear(Seen seen) {
    products(seen, 1);
  }

  private void masked(Seen seen) {
    products(seen, 0);
    assertThat(seen.row().functions()).endsWith("+ multiply_mask");
    Degrees degrees = OpCall.of(seen.opCase(), backend, seen.tensors()).argument(3, Degrees.class);
    try (Blas filling = new Filling(seen)) {
      MaskedGradients gradients =
          MaskedGradients.of(backend, seen.scope(), filling, degrees, seen.tensors());
      gradients.run();
      float[] dw = backend.readFloats(gradients.dw());
      for (int k = 0; k < dw.length; k++) {
        float wanted = degrees.exists(k / 32, k % 32) ? 1.5f : 0;
        assertThat(dw[k]).as("weight %d", k).isEqualTo(wanted);
      }
    }
  }

  /// Every product is full of 1.5.
  private final class Filling implements Blas {
    private final Seen seen;

    Filling(Seen seen) {
      this.seen = seen;
    }

    @Override
    public String describe() {
      return "1.5";
    }

    @Override
    public void multiply(Gemm p) {
      backend.fill(new Tensor(seen.scope(), p.c(), Shape.of(p.m() * p.n())), 1.5f);
    }

    @Override
    public void close() {}
  }

  private void causal(Seen seen) { // 2 images of 37 numbers, 32 to 65 channels, 3 taps 2 apart
    Call call = convolution(seen);
    dims(seen, call, "xd", "2,32,1,41"); // 2·2 zeros on the left
    dims(seen, call, "wd", "65,32,1,3");
    dims(seen, call, "yd", "2,65,1,37");
    has(
        StubCalls.described(seen.calls(), call.get("how")),
        Map.of("pad", "0,0", "stride", "1,1", "dilation", "2,2", "mode", 1, "type", 0));
    holds(seen, call, "dy", "dy"); // channels last, as ours
    Call ofFilter = StubCalls.last(seen.calls(), "cudnnConvolutionBackwardFilter");
    float[] x = backend.readFloats(seen.tensors().get("x"));
    int padded = 2 * 41 * 32;
    boolean half = backend.precision() == Precision.BF16;
    long at = ofFilter.address("x");
    float[] given = half ? halves(seen, at, padded) : read(seen, at, padded);
    float[] ours = half ? rounded(x) : x;
    for (int k = 0; k < padded; k++) {
      int column = k / 32 % 41 - 4;
      int image = k / 32 / 41;
      float wanted = column < 0 ? 0 : ours[(image * 37 + column) * 32 + k % 32];
      assertThat(given[k]).as("input %d", k).isEqualTo(wanted);
    }
  }

  private void images(Seen seen) {
    Call call = convolution(seen);
    dims(seen, call, "xd", "2,4,11,13");
    dims(seen, call, "wd", "8,4,5,5");
    dims(seen, call, "yd", "2,8,11,13");
    has(
        StubCalls.described(seen.calls(), call.get("how")),
        Map.of("pad", "2,2", "stride", "1,1", "dilation", "1,1", "mode", 1, "type", 0));
    holds(seen, call, "dy", "dy");
    holds(seen, StubCalls.last(seen.calls(), "cudnnConvolutionBackwardFilter"), "x", "x");
  }

  /// The gradient of the input; that of the weights is asked for with the same descriptors.
  private Call convolution(Seen seen) {
    ended(seen);
    Call ofInput = StubCalls.last(seen.calls(), "cudnnConvolutionBackwardData");
    Call ofFilter = StubCalls.last(seen.calls(), "cudnnConvolutionBackwardFilter");
    for (Call call : List.of(ofInput, ofFilter)) {
      has(call, Map.of("alpha", 1, "beta", 1, "algorithm", 1, "bytes", 40));
      assertThat(call.address("workspace")).isNotZero();
      math(seen, call, cudnnMath());
      for (String descriptor : List.of("xd", "wd", "yd")) {
        assertThat(call.get(descriptor)).isEqualTo(ofInput.get(descriptor));
        has(
            StubCalls.described(seen.calls(), call.get(descriptor)),
            Map.of("format", 1, "type", cudnnType()));
      }
    }
    assertThat(ofInput.get("dy")).isEqualTo(ofFilter.get("dy"));
    assertThat(ofInput.get("dx")).isNotEqualTo(ofFilter.get("x"));
    assertThat(ofFilter.get("dw")).isNotEqualTo(ofInput.get("w"));
    for (String search : List.of("findData", "findFilter")) {
      assertThat(calls(seen, search)).as("both layouts").hasSize(2);
    }
    Call searched =
        calls(seen, "findData").getFirst(); // channels last, which the stub makes faster
    has(
        searched,
        Map.of(
            "w", ofInput.get("wd"), "dy", ofInput.get("yd"), "dx", ofInput.get("xd"), "most", 8));
    has(
        calls(seen, "findFilter").getFirst(),
        Map.of("x", ofInput.get("xd"), "dy", ofInput.get("yd"), "dw", ofInput.get("wd")));
    assertThat(seen.row().note()).contains("dx by algorithm 1, dw by algorithm 1, NHWC");
    return ofInput;
  }

  private void softmax(Seen seen) {
    ended(seen);
    Call call = StubCalls.last(seen.calls(), "cudnnSoftmaxBackward");
    has(call, Map.of("algorithm", 1, "mode", 0, "alpha", "0.7", "beta", 1));
    has(
        StubCalls.described(seen.calls(), call.get("yd")),
        Map.of("format", 0, "type", 0, "dims", "66,33,1,1"));
    assertThat(List.of(call.get("dyd"), call.get("dxd"))).containsOnly(call.get("yd"));
    holds(seen, call, "dy", "dp");
    float[] p = backend.readFloats(seen.tensors().get("p"));
    float[] given = read(seen, call.address("y"), p.length);
    for (int k = 0; k < given.length; k++) {
      boolean above = k % 33 > k / 33 % 33;
      assertThat(given[k]).as("weight %d", k).isEqualTo(above ? 0 : p[k]);
    }
  }

  private void lstm(Seen seen) { // 5 steps, 3 images, 33 units
    ended(seen);
    Call forward = StubCalls.last(seen.calls(), "cudnnRNNForward");
    Call data = StubCalls.last(seen.calls(), "cudnnRNNBackwardData_v8");
    Call weights = StubCalls.last(seen.calls(), "cudnnRNNBackwardWeights_v8");
    assertThat(seen.calls().stream().map(Call::function).filter(f -> f.startsWith("cudnnRNN")))
        .startsWith("cudnnRNNForward", "cudnnRNNBackwardData_v8", "cudnnRNNBackwardWeights_v8");
    for (Call call : List.of(data, weights)) {
      for (String same : List.of("rnn", "lengths", "xd", "yd", "y", "hd", "hx", "weightBytes")) {
        assertThat(call.get(same)).as(same).isEqualTo(forward.get(same));
      }
      has(call, Map.of("workBytes", 400, "reserveBytes", 600));
    }
    for (String same : List.of("cd", "cx", "weights")) {
      assertThat(data.get(same)).as(same).isEqualTo(forward.get(same));
    }
    has(weights, Map.of("add", 0, "x", forward.get("x"))); // CUDNN_WGRAD_MODE_ADD
    assertThat(weights.get("dweights")).isNotEqualTo(data.get("weights"));
    float[] dh = new CaseValues(seen).of("dh"); // (6,3,33): of the state before the first step too
    assertThat(read(seen, data.address("dy"), 5 * 99))
        .containsExactly(Arrays.copyOfRange(dh, 99, 6 * 99));
    assertThat(read(seen, data.address("dhy"), 99)).containsOnly(0);
    assertThat(read(seen, data.address("dcy"), 99)).containsExactly(new CaseValues(seen).of("dc"));
    places(seen);
  }

  /// The operands of a case before anything has run on them.
  private record CaseValues(Seen seen) {
    float[] of(String operand) {
      double[] values = seen.opCase().operand(operand).values();
      float[] floats = new float[values.length];
      for (int k = 0; k < floats.length; k++) {
        floats[k] = (float) values[k];
      }
      return floats;
    }
  }

  /// The gradients of wh lie where its matrices lie, which the stub puts in an order of its own.
  private void places(Seen seen) {
    try (Cudnn cudnn = new Cudnn(clock)) {
      var tensors = new CaseTensors(backend, seen.scope(), seen.opCase());
      try (var setup = new LstmSetup(backend, seen.scope(), cudnn, tensors)) {
        assertThat(setup.ofState(backend.readFloats(setup.weights)))
            .containsExactly(backend.readFloats(tensors.get("wh")));
      }
    }
  }
}
