package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Taps;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
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

  /// The library's time for a phase, which has just run; nothing where no library has such an op.
  ///
  /// @param phase `forward` or `backward`
  /// @param scope for what the library needs
  public Optional<VendorRow> row(
      OpCase opCase, String phase, CaseTensors tensors, Scope scope, DeviceTime ours) {
    OpCall op = OpCall.of(opCase, backend, tensors);
    boolean backward = phase.equals("backward");
    if (!OPS.contains(op.op()) || (backward && leavesOut(opCase, tensors))) {
      return Optional.empty();
    }
    try {
      CaseTensors own = backward ? once(opCase, scope, op.op()) : tensors;
      VendorCall call = call(op, own, scope, backward);
      DeviceTime time = time(call);
      double apart = call.difference().getAsDouble();
      return Optional.of(
          new VendorRow(
              opCase,
              phase,
              backend.precision(),
              call.functions(),
              call.note(),
              time,
              ours.median(),
              apart,
              null));
    } catch (VendorException | OutOfMemoryException e) {
      return Optional.of(
          VendorRow.without(opCase, phase, backend.precision(), ours.median(), e.getMessage()));
    }
  }

  private VendorCall call(OpCall op, CaseTensors t, Scope scope, boolean backward) {
    return switch (op.op()) {
      case "triangularSoftmax" -> {
        var calls = new SoftmaxCalls(backend, scope, open(cudnn, "cuDNN"));
        float scale = op.argument(1, Float.class);
        yield backward
            ? calls.backward(t, scale)
            : calls.forward(t.get("scores"), scale, t.get("p"));
      }
      case "causalConv1d", "maskedConv2d" -> {
        var calls =
            new ConvolutionCalls(backend, scope, open(cudnn, "cuDNN"), convolution(op, t), t);
        yield backward ? calls.backward(t) : calls.forward(plain(op, t, scope));
      }
      default -> {
        var calls = new DenseCalls(backend, scope, open(blas, "cuBLAS"));
        Degrees degrees = op.op().equals("maskedLinear") ? op.argument(3, Degrees.class) : null;
        yield backward
            ? calls.backward(t, degrees)
            : calls.forward(t.get("x"), t.get("w"), degrees);
      }
    };
  }

  /// What a call of either convolution is as a dense one.
  static Convolution convolution(OpCall op, CaseTensors t) {
    return op.op().equals("causalConv1d")
        ? Convolution.causal(t.get("x"), t.get("w"), op.argument(3, Integer.class))
        : Convolution.masked(t.get("x"), t.get("w"), op.argument(3, Taps.class));
  }

  /// Our output without a bias.
  private Tensor plain(OpCall op, CaseTensors t, Scope scope) {
    Tensor y = scope.tensor(backend.storage(), t.get("y").shape().dims());
    if (op.op().equals("causalConv1d")) {
      int dilation = op.argument(3, Integer.class);
      backend.causalConv1d().forward(t.get("x"), t.get("w"), null, dilation, y);
    } else {
      backend.maskedConv2d().forward(t.get("x"), t.get("w"), null, op.argument(3, Taps.class), y);
    }
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
  private CaseTensors once(OpCase opCase, Scope scope, String op) {
    var tensors = new CaseTensors(backend, scope, opCase);
    if (op.equals("triangularSoftmax")) {
      backend.fill(tensors.get("dscores"), 0);
    } else {
      backend.fill(tensors.get("dx"), 0);
      backend.fill(tensors.get("dw"), 0);
    }
    opCase.forward().run(backend, tensors::get);
    Objects.requireNonNull(opCase.backward()).run(backend, tensors::get);
    return tensors;
  }

  /// Whether a case asks for some of the gradients only, which no library's call does as a whole.
  private boolean leavesOut(OpCase opCase, CaseTensors tensors) {
    OpCase.Body backward = Objects.requireNonNull(opCase.backward());
    return OpCall.all(backward, backend, tensors).getFirst().arguments().contains(null);
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
