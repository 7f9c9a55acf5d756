package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.Taps;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.bench.vendor.DenseLayer.Layer;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Times NVIDIA's libraries on the tensors of a case. One that is missing or fails is a line, and
/// the others go on.
public final class VendorBench implements AutoCloseable {
  private static final String NO_FUSED_ATTENTION =
      "not compared: cuDNN 9 has fused attention in its graph API alone, which JCudnn 11.7 reaches"
          + " only descriptor by descriptor; bench/pytorch/compare.py times it as PyTorch calls it";

  private final Backend backend;
  private final DeviceClock clock;
  private final @Nullable Blas blas;
  private final @Nullable Cudnn cudnn;
  private final List<String> found = new ArrayList<>();

  /// Opens the libraries.
  ///
  /// @param notices takes a line for each that is missing
  /// @throws dev.hindsight.error.UserException where a file of a library's name is none
  public VendorBench(Backend backend, DeviceClock clock, Consumer<String> notices) {
    this.backend = backend;
    this.clock = clock;
    blas = open(() -> BlasLibrary.open(clock), notices);
    cudnn = open(() -> new Cudnn(clock), notices);
    if (blas != null) {
      found.add(blas.describe());
    }
    if (cudnn != null) {
      found.add(cudnn.describe());
    }
  }

  private static <T> @Nullable T open(Supplier<T> library, Consumer<String> notices) {
    try {
      return library.get();
    } catch (VendorException e) {
      notices.accept("not available: " + e.getMessage());
      return null;
    }
  }

  /// Which libraries there are.
  public List<String> found() {
    return List.copyOf(found);
  }

  /// The library's time for the forward phase, which has just run; nothing where no library has
  /// such an op.
  ///
  /// @param scope for what the library needs
  public Optional<VendorRow> row(OpCase opCase, CaseTensors tensors, Scope scope, DeviceTime ours) {
    OpCall op = OpCall.of(opCase, backend, tensors);
    String wanted = wanted(op.op());
    if (wanted == null) {
      return Optional.empty();
    }
    Precision precision = precision(op.op());
    if (op.op().equals("causalAttention")) {
      return Optional.of(
          VendorRow.without(opCase, precision, wanted, ours.median(), NO_FUSED_ATTENTION));
    }
    if ((wanted.equals("cuBLAS") ? blas : cudnn) == null) {
      return Optional.of(
          VendorRow.without(
              opCase, precision, wanted, ours.median(), "not compared: not available here"));
    }
    try (VendorCall call = call(op, opCase, tensors, scope)) {
      DeviceTime time = time(call);
      return Optional.of(
          new VendorRow(
              opCase,
              precision,
              call.functions(),
              call.note(),
              time,
              ours.median(),
              call.difference(),
              null));
    } catch (VendorException | OutOfMemoryException e) {
      String why = String.valueOf(e.getMessage());
      return Optional.of(VendorRow.without(opCase, precision, wanted, ours.median(), why));
    }
  }

  /// As a graph, or where the library cannot be captured, as it comes.
  private DeviceTime time(VendorCall call) {
    call.run(); // a failure of its own is told as such
    try {
      return clock.graph(call.functions(), call::run);
    } catch (BackendException | VendorException e) {
      return clock.launches(call::run);
    }
  }

  private static @Nullable String wanted(String op) {
    return switch (op) {
      case "linear", "linearGelu", "linearAdd", "maskedLinear" -> "cuBLAS";
      case "causalConv1d", "maskedConv2d", "triangularSoftmax", "lstm", "causalAttention" ->
          "cuDNN";
      default -> null;
    };
  }

  private Precision precision(String op) {
    return switch (op) {
      case "triangularSoftmax", "lstm" -> Precision.FP32; // theirs; ours of bf16 read half as much
      default -> backend.precision();
    };
  }

  private VendorCall call(OpCall op, OpCase opCase, CaseTensors tensors, Scope scope) {
    return switch (op.op()) {
      case "linear" -> {
        Tensor y = op.argument(4, Tensor.class);
        yield dense(op, scope, null, op.argument(3, Activation.class), y);
      }
      case "linearGelu" ->
          dense(op, scope, null, Activation.IDENTITY, op.argument(3, Tensor.class)); // before GELU
      case "linearAdd" -> {
        Tensor residual = op.argument(3, Tensor.class);
        yield dense(op, scope, residual, Activation.IDENTITY, op.argument(4, Tensor.class));
      }
      case "maskedLinear" -> {
        Activation f = op.argument(4, Activation.class);
        Layer layer = layer(op, null, f, op.argument(7, Tensor.class));
        yield MaskedLayer.of(backend, scope, open(blas), op.argument(3, Degrees.class), layer);
      }
      case "causalConv1d", "maskedConv2d" -> convolved(op, scope);
      case "triangularSoftmax" ->
          new CudnnSoftmax(
              backend,
              scope,
              open(cudnn),
              x(op),
              op.argument(1, Float.class),
              op.argument(2, Tensor.class));
      case "lstm" ->
          new CudnnLstm(
              backend,
              scope,
              open(cudnn),
              tensors,
              () -> opCase.forward().run(backend, tensors::get));
      default -> throw new IllegalArgumentException("no library for " + op.op());
    };
  }

  private static <T> T open(@Nullable T library) {
    if (library == null) {
      throw new IllegalStateException("asked a library that is not open");
    }
    return library;
  }

  private static Tensor x(OpCall op) {
    return op.argument(0, Tensor.class);
  }

  private static Tensor w(OpCall op) {
    return op.argument(1, Tensor.class);
  }

  private static Layer layer(OpCall op, @Nullable Tensor residual, Activation f, Tensor result) {
    return new Layer(x(op), w(op), op.argument(2, Tensor.class), residual, f, result);
  }

  private VendorCall dense(
      OpCall op, Scope scope, @Nullable Tensor residual, Activation f, Tensor result) {
    return DenseLayer.of(backend, scope, open(blas), layer(op, residual, f, result));
  }

  /// What a call of either convolution is as a dense one.
  static Convolution convolution(OpCall op, Backend backend) {
    float[] xs = backend.readFloats(x(op));
    float[] ws = backend.readFloats(w(op));
    return op.op().equals("causalConv1d")
        ? Convolution.causal(x(op), w(op), op.argument(3, Integer.class), xs, ws)
        : Convolution.masked(x(op), w(op), op.argument(3, Taps.class), xs, ws);
  }

  private VendorCall convolved(OpCall op, Scope scope) {
    return CudnnConvolution.fastest(
        backend,
        scope,
        open(cudnn),
        convolution(op, backend),
        op.argument(2, Tensor.class),
        op.argument(4, Tensor.class));
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
