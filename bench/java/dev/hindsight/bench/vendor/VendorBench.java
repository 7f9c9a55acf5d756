package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Taps;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.DeviceRow;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.catalogue.Call;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Times NVIDIA's libraries on the tensors of a case. One that is missing or fails is a line, and
/// the others go on.
public final class VendorBench implements AutoCloseable {
  private static final Set<String> OPS =
      Set.of(
          "linear",
          "linearGelu",
          "linearAdd",
          "maskedLinear",
          "causalConv1d",
          "maskedConv2d",
          "triangularSoftmax");

  private final Backend backend;
  private final DeviceClock clock;
  private final @Nullable Blas blas;
  private final @Nullable Cudnn cudnn;

  /// Opens the libraries.
  ///
  /// @param notices takes a line for each: its version, or why it is missing
  public VendorBench(Backend backend, DeviceClock clock, Consumer<String> notices) {
    this.backend = backend;
    this.clock = clock;
    blas = open(Blas::new, Blas::describe, notices);
    cudnn = open(Cudnn::new, Cudnn::describe, notices);
  }

  private <T> @Nullable T open(
      Function<DeviceClock, T> library, Function<T, String> describe, Consumer<String> notices) {
    try {
      T opened = library.apply(clock);
      notices.accept(describe.apply(opened));
      return opened;
    } catch (VendorException e) {
      notices.accept("not available: " + e.getMessage());
      return null;
    }
  }

  /// The library's time for a phase beside ours, which has just run, or why there is none; nothing
  /// where no library has such an op. In the row `ours_us` is in the same run as `us`, and
  /// `largest_difference` of the results is a share of the largest number.
  public Optional<Map<String, @Nullable Object>> row(DeviceRow ours) {
    OpCase opCase = ours.opCase();
    Phase phase = ours.phase();
    if (!OPS.contains(opCase.op()) || leavesOut(phase)) {
      return Optional.empty();
    }
    Map<String, @Nullable Object> row = opCase.columns(phase);
    row.put("precision", backend.precision().label());
    try (Scope scope = backend.open("compared")) {
      VendorCall call = call(opCase, phase, ours.tensors(), scope);
      row.put("vendor", call.functions());
      row.put("note", call.note());
      DeviceTime time = time(call);
      row.putAll(time.json());
      row.put("ours_us", ours.time().median());
      row.put("vendor_by_ours", time.median() / ours.time().median());
      row.put("largest_difference", call.difference().getAsDouble());
      return Optional.of(row);
    } catch (VendorException | OutOfMemoryException e) {
      Map<String, @Nullable Object> failed = opCase.columns(phase);
      failed.put("precision", backend.precision().label());
      failed.put("vendor", "-");
      failed.put("note", "");
      failed.put("failure", e.getMessage());
      return Optional.of(failed);
    }
  }

  private VendorCall call(OpCase opCase, Phase phase, CaseTensors timed, Scope scope) {
    boolean backward = phase.name().equals("backward");
    CaseTensors t = backward ? once(opCase, scope) : timed;
    var given = new Given(backend, scope);
    Call forward = forward(opCase);
    return switch (opCase.op()) {
      case "triangularSoftmax" -> {
        float scale = forward.argument(1, Float.class);
        var calls = new SoftmaxCalls(given, open(cudnn, "cuDNN"), scale);
        yield backward ? calls.backward(t) : calls.forward(t);
      }
      case "causalConv1d", "maskedConv2d" -> {
        var calls = new ConvolutionCalls(given, open(cudnn, "cuDNN"), convolution(opCase, t), t);
        yield backward ? calls.backward(t) : calls.forward(plain(forward, t, scope));
      }
      default -> {
        var calls = new DenseCalls(given, open(blas, "cuBLAS"));
        Degrees degrees =
            opCase.op().equals("maskedLinear") ? forward.argument(3, Degrees.class) : null;
        yield backward ? calls.backward(t, degrees) : calls.forward(t, degrees);
      }
    };
  }

  private static Call forward(OpCase opCase) {
    return (Call) opCase.forward().calls().getLast();
  }

  /// What a case of either convolution is as a dense one.
  static Convolution convolution(OpCase opCase, CaseTensors t) {
    Call call = forward(opCase);
    return opCase.op().equals("causalConv1d")
        ? Convolution.causal(t.get("x"), t.get("w"), call.argument(3, Integer.class))
        : Convolution.masked(t.get("x"), t.get("w"), call.argument(3, Taps.class));
  }

  /// Our output without a bias.
  private Tensor plain(Call forward, CaseTensors t, Scope scope) {
    Tensor y = scope.tensor(backend.storage(), t.get("y").shape().dims());
    forward.without(Set.of("b")).run(backend, name -> name.equals("y") ? y : t.get(name));
    return y;
  }

  private static <T> T open(@Nullable T library, String name) {
    if (library == null) {
      throw new VendorException(name + " is not available here");
    }
    return library;
  }

  /// Tensors of their own, on which each phase has run once from gradients of 0: timed calls have
  /// added to the gradients of the case.
  private CaseTensors once(OpCase opCase, Scope scope) {
    var tensors = new CaseTensors(backend, scope, opCase);
    for (OpCase.Gradient gradient : opCase.gradients()) {
      backend.fill(tensors.get(gradient.gradient()), 0);
    }
    opCase.phases().forEach(phase -> phase.run(backend, tensors::get));
    return tensors;
  }

  /// Whether a case asks for some of the gradients only, which no library's call does as a whole.
  private static boolean leavesOut(Phase phase) {
    return phase.name().equals("backward")
        && phase.calls().getFirst() instanceof Call call
        && call.arguments().contains(null);
  }

  /// As a graph, or where the call cannot be captured, as it comes.
  private DeviceTime time(VendorCall call) {
    call.run().run(); // a failure of its own is reported as such
    try {
      return clock.graph(call.functions(), call.run());
    } catch (BackendException | VendorException e) {
      return clock.launches(call.run());
    }
  }

  @Override
  public void close() {
    if (cudnn != null) {
      cudnn.close();
    }
    if (blas != null) {
      blas.close();
    }
  }
}
