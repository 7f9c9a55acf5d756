package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Times NVIDIA's libraries on the tensors of a case. One that is missing or fails is a line, and
/// the others go on.
public final class VendorBench implements AutoCloseable {
  private final Backend backend;
  private final DeviceClock clock;
  private final @Nullable Blas blas;
  private final @Nullable Cudnn cudnn;
  private final VendorCalls calls;
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
    calls = new VendorCalls(backend, blas, cudnn);
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

  /// The library's time for a phase, which has just run; nothing where no library has such an op.
  ///
  /// @param phase `forward` or `backward`
  /// @param scope for what the library needs
  public Optional<VendorRow> row(
      OpCase opCase, String phase, CaseTensors tensors, Scope scope, DeviceTime ours) {
    OpCall op = OpCall.of(opCase, backend, tensors);
    String wanted = VendorCalls.library(op.op());
    boolean backward = phase.equals("backward");
    if (wanted == null || (backward && leavesOut(opCase, tensors))) {
      return Optional.empty();
    }
    Precision precision = calls.precision(op.op());
    if (!calls.has(wanted)) {
      return Optional.of(
          VendorRow.without(
              opCase, phase, precision, wanted, ours.median(), "not compared: not available here"));
    }
    try (VendorCall call =
        backward ? calls.backward(op, opCase, scope) : calls.forward(op, opCase, tensors, scope)) {
      DeviceTime time = time(call);
      return Optional.of(
          new VendorRow(
              opCase,
              phase,
              precision,
              call.functions(),
              call.note(),
              time,
              ours.median(),
              call.difference(),
              null));
    } catch (VendorException | OutOfMemoryException e) {
      String why = String.valueOf(e.getMessage());
      return Optional.of(VendorRow.without(opCase, phase, precision, wanted, ours.median(), why));
    }
  }

  /// Whether a case asks for some of the gradients only, which no library's call does as a whole.
  private boolean leavesOut(OpCase opCase, CaseTensors tensors) {
    OpCase.Body backward = Objects.requireNonNull(opCase.backward());
    return OpCall.all(backward, backend, tensors).getFirst().arguments().contains(null);
  }

  /// As a graph, or where the call cannot be captured, as it comes.
  private DeviceTime time(VendorCall call) {
    call.run(); // a failure of its own is told as such
    if (!call.fitsGraph()) {
      return clock.launches(call::run);
    }
    try {
      return clock.graph(call.functions(), call::run);
    } catch (BackendException | VendorException e) {
      return clock.launches(call::run);
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
