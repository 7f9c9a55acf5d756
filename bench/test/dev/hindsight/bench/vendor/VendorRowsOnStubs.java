package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.bench.device.Effort;
import dev.hindsight.bench.vendor.StubCalls.Call;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The program of [VendorStubsTest]: runs every vendor row on the software GPU, with stub
/// libraries, and compares what they were asked with layouts computed by hand.
final class VendorRowsOnStubs extends StubRows {
  private VendorRowsOnStubs(
      Backend backend, DeviceClock clock, VendorBench vendors, StubCalls log) {
    super(backend, clock, vendors, log);
  }

  public static void main(String[] args) {
    var log = new StubCalls();
    for (Precision precision : Precision.values()) {
      try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
          DeviceClock clock = new DeviceClock(backend, Effort.SOFTWARE);
          VendorBench vendors = new VendorBench(backend, clock, line -> System.out.println(line))) {
        vendors.found().forEach(System.out::println);
        boolean both = vendors.found().size() == 2;
        boolean all = both && precision == Precision.FP32;
        new VendorRowsOnStubs(backend, clock, vendors, log).all(both, all);
        new VendorGradientsOnStubs(backend, clock, vendors, log).all(both, all);
        if (both) {
          new VendorAttentionOnStubs(backend, clock, vendors, log).all();
        }
      }
    }
  }

  private void all(boolean both, boolean all) {
    run("linear 31x32x33", "forward", this::linear);
    run("linearGelu 31x32x33", "forward", this::linear);
    run("linearAdd 31x32x33", "forward", this::linear);
    run("maskedLinear 31x32x33 relu", "forward", this::masked);
    if (both) {
      run("causalConv1d 2x37x32x65 width 3 dilation 2", "forward", this::causal);
    }
    if (all) {
      run("maskedConv2d 2x11x13x4 to 8 up to 5x5", "forward", this::images);
      run("triangularSoftmax 2x33x33 scale 0.7", "forward", this::softmax);
      run("lstm 5x3x33", "forward", this::lstm);
    }
  }

  // x is 31 x 32, w is 33 x 32 and y 31 x 33, row after row. In column-major order that is xᵀ
  // (32 x 31), wᵀ (32 x 33) and yᵀ (33 x 31), so yᵀ = (wᵀ)ᵀ·xᵀ: the first factor is transposed.
  private void product(Call call) {
    has(
        call,
        Map.of(
            "opA", 1, "opB", 0, "m", 33, "n", 31, "k", 32, "lda", 32, "ldb", 32, "ldc", 33, "alpha",
            1, "beta", 0));
    if (backend.precision() != Precision.FP32) {
      boolean half = backend.precision() == Precision.BF16;
      int type = half ? 14 : 0; // CUDA_R_16BF, CUDA_R_32F
      int compute = half ? 68 : 77; // CUBLAS_COMPUTE_32F, _FAST_TF32
      has(
          call,
          Map.of("typeA", type, "typeB", type, "typeC", type, "compute", compute, "algorithm", -1));
    }
  }

  private Call product(Seen seen) {
    String function = backend.precision() == Precision.FP32 ? "cublasSgemm" : "cublasGemmEx";
    assertThat(seen.row().functions()).endsWith(function);
    Call call = StubCalls.last(seen.calls(), function);
    product(call);
    return call;
  }

  private void linear(Seen seen) {
    Call call = product(seen);
    assertThat(seen.row().time()).as(seen.row().text()).isNotNull();
    assertThat(call.address("a")).isEqualTo(seen.at("w")); // as our op stores them
    assertThat(call.address("b")).isEqualTo(seen.at("x"));
    assertThat(seen.row().difference()).as("the stub's product is 0").isBetween(0.1, 10.0);
  }

  private void masked(Seen seen) {
    Tensor w = seen.tensors().get("w");
    float[] full = new float[33 * 32];
    Arrays.fill(full, 1.5f);
    backend.write(w, full); // also where the case has no weights
    DeviceTime ours = clock.launches(() -> {});
    vendors.row(seen.opCase(), "forward", seen.tensors(), seen.scope(), ours);
    List<Call> calls = log.take();
    Call call = product(new Seen(seen.opCase(), seen.tensors(), seen.scope(), calls, seen.row()));
    Degrees degrees = OpCall.of(seen.opCase(), backend, seen.tensors()).argument(3, Degrees.class);
    boolean half = backend.precision() == Precision.BF16;
    long a = call.address("a");
    float[] product = half ? halves(seen, a, full.length) : read(seen, a, full.length);
    int zeros = 0;
    for (int k = 0; k < full.length; k++) {
      boolean exists = degrees.exists(k / 32, k % 32);
      zeros += exists ? 0 : 1;
      assertThat(product[k]).as("weight %d", k).isEqualTo(exists ? 1.5f : 0);
    }
    assertThat(zeros).isBetween(100, 900);
  }

  private void causal(Seen seen) { // 2 images of 37 numbers, 32 to 65 channels, 3 taps 2 apart
    Call call =
        convolution(
            seen, 1, cudnnType(), cudnnMath()); // the stub says that channels last is faster
    dims(seen, call, "xd", "2,32,1,41"); // 2·2 zeros on the left
    dims(seen, call, "wd", "65,32,1,3");
    dims(seen, call, "yd", "2,65,1,37");
    has(
        StubCalls.described(seen.calls(), call.get("how")),
        Map.of("pad", "0,0", "stride", "1,1", "dilation", "2,2", "mode", 1, "type", 0));
  }

  private void images(Seen seen) {
    Call call = convolution(seen, 1, 0, 3);
    dims(seen, call, "xd", "2,4,11,13");
    dims(seen, call, "wd", "8,4,5,5");
    dims(seen, call, "yd", "2,8,11,13");
    has(
        StubCalls.described(seen.calls(), call.get("how")),
        Map.of("pad", "2,2", "stride", "1,1", "dilation", "1,1", "mode", 1, "type", 0));
    float[] w =
        backend.readFloats(seen.tensors().get("w")); // (13,8,4), row after row of the kernel
    float[] filter = read(seen, call.address("w"), 8 * 5 * 5 * 4); // (8,5,5,4)
    for (int k = 0; k < filter.length; k++) {
      int tap = k / 4 % 25;
      float wanted = tap <= 12 ? w[(tap * 8 + k / 100) * 4 + k % 4] : 0; // up to the centre
      assertThat(filter[k]).as("weight %d", k).isEqualTo(wanted);
    }
  }

  private Call convolution(Seen seen, int format, int type, int math) {
    assertThat(seen.row().time()).as(seen.row().text()).isNotNull();
    Call call = StubCalls.last(seen.calls(), "cudnnConvolutionForward");
    has(call, Map.of("alpha", 1, "beta", 0, "algorithm", 1, "bytes", 40));
    assertThat(call.address("workspace")).isNotZero();
    for (String descriptor : List.of("xd", "wd", "yd")) {
      has(
          StubCalls.described(seen.calls(), call.get(descriptor)),
          Map.of("format", format, "type", type));
    }
    math(seen, call, math);
    assertThat(seen.calls().stream().filter(each -> each.function().equals("find")))
        .as("both layouts")
        .hasSize(2);
    assertThat(seen.row().note()).contains("implicit_precomp_gemm, NHWC");
    return call;
  }

  private void softmax(Seen seen) {
    Call call = StubCalls.last(seen.calls(), "cudnnSoftmaxForward");
    has(call, Map.of("algorithm", 1, "mode", 0, "alpha", 1, "beta", 0)); // accurate, instance
    has(
        StubCalls.described(seen.calls(), call.get("xd")),
        Map.of("format", 0, "type", 0, "dims", "66,33,1,1"));
    assertThat(call.get("yd")).isEqualTo(call.get("xd"));
    float[] scores = backend.readFloats(seen.tensors().get("scores"));
    float[] given = read(seen, call.address("x"), scores.length);
    for (int k = 0; k < given.length; k++) {
      boolean above = k % 33 > k / 33 % 33;
      float wanted = above ? Float.NEGATIVE_INFINITY : 0.7f * scores[k];
      assertThat(given[k]).as("score %d", k).isEqualTo(wanted);
    }
  }

  private void lstm(Seen seen) { // 5 steps, 3 images, 33 units
    Call call = StubCalls.last(seen.calls(), "cudnnRNNForward");
    Call rnn = StubCalls.described(seen.calls(), call.get("rnn"));
    has(rnn, Map.of("algorithm", 0, "cell", 2, "bias", 0, "direction", 0, "input", 0, "type", 0));
    has(
        rnn,
        Map.of(
            "precision",
            0,
            "math",
            3,
            "inputs",
            1,
            "hidden",
            33,
            "projection",
            33,
            "layers",
            1,
            "flags",
            0));
    has(
        StubCalls.described(seen.calls(), rnn.get("dropout")),
        Map.of("dropout", 0, "states", "0x0", "bytes", 0));
    for (var pair : Map.of("xd", 1, "yd", 33).entrySet()) {
      has(
          StubCalls.described(seen.calls(), call.get(pair.getKey())),
          Map.of(
              "type",
              0,
              "layout",
              1,
              "steps",
              5,
              "batch",
              3,
              "channels",
              pair.getValue(),
              "first",
              5,
              "last",
              5));
    }
    has(
        StubCalls.described(seen.calls(), call.get("hd")),
        Map.of("type", 0, "rank", 3, "dims", "1,3,33", "strides", "99,33,1"));
    has(call, Map.of("mode", 1, "workBytes", 400, "reserveBytes", 600));
    assertThat(call.get("cd")).isEqualTo(call.get("hd"));
    float[] h0 = backend.readFloats(seen.tensors().get("h0"));
    assertThat(read(seen, call.address("hx"), h0.length))
        .containsExactly(h0); // fp32 in any precision
    assertThat(call.address("cx")).isEqualTo(seen.at("c0"));
    float[] lengths = read(seen, call.address("lengths"), 3);
    assertThat(lengths).containsOnly(Float.intBitsToFloat(5));

    int square = 33 * 33;
    float[] wh = backend.readFloats(seen.tensors().get("wh")); // i, f, g, o
    float[] packed = read(seen, call.address("weights"), 3 + 4 * square + 4 * 33);
    for (int k = 0; k < 4 * square; k++) { // the stub wants o, g, f, i
      int gate = 3 - k / square;
      assertThat(packed[3 + k]).as("%d", k).isEqualTo(wh[gate * square + k % square]);
    }
    float[] x = read(seen, call.address("x"), 15);
    float[] xw = backend.readFloats(seen.tensors().get("xw"));
    for (int k = 0; k < xw.length; k++) {
      float wx = packed[3 + 4 * square + k % (4 * 33)];
      assertThat(xw[k]).as("%d", k).isEqualTo(x[k / (4 * 33)] * wx);
    }
  }
}
