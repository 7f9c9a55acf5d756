package dev.hindsight.predict;

import dev.hindsight.backend.Arguments;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Families;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.Precision;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A backend that computes nothing and has no memory: it notes what it is asked for. So a step of
/// any size is listed in milliseconds, with the addresses that it would have.
final class StepListing implements Memory {
  private static final long BASE = 1L << 40;
  private static final long UNIT = 1L << 20;

  private final ScopePool pool = new ScopePool(this);
  private final Map<String, Object> families = new HashMap<>();
  private final Precision precision;
  private final Backend backend;
  private List<Event> events = new ArrayList<>();
  private long next = BASE;

  /// What a step does, in order.
  sealed interface Event {
    record Op(OpCall call) implements Event {}

    /// Bytes set to one value.
    record Fill(long address, long bytes) implements Event {}

    record Copy(Operand from, Operand to) implements Event {}

    /// Bytes that come from the host.
    record Write(Operand to) implements Event {}
  }

  StepListing(Precision precision) {
    this.precision = precision;
    this.backend = (Backend) proxy(Backend.class, this::ofBackend);
  }

  Backend backend() {
    return backend;
  }

  /// What was noted since the last call.
  List<Event> take() {
    List<Event> taken = events;
    events = new ArrayList<>();
    return taken;
  }

  private static Object proxy(Class<?> type, InvocationHandler handler) {
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }

  private @Nullable Object ofBackend(
      Object self, Method method, @Nullable Object @Nullable [] given) {
    Object[] arguments = given == null ? new Object[0] : given;
    return switch (method.getName()) {
      case "name" -> "cuda";
      case "describe" -> "a list of ops";
      case "precision" -> precision;
      case "storage" -> precision.storage();
      case "open" -> pool.open((String) arguments[0]);
      case "graph" -> Graph.plain((Backend) self);
      case "reservedBytes" -> pool.reservedBytes();
      case "asynchronous" -> true;
      case "synchronize", "close" -> null;
      case "readFloats" -> new float[size(arguments)];
      case "readLater" -> {
        float[] none = new float[size(arguments)];
        yield (Supplier<float[]>) () -> none;
      }
      case "readDoubles" -> new double[size(arguments)];
      case "readInts" -> new int[size(arguments)];
      case "write" -> note(new Event.Write(operand(arguments[0])));
      case "fill" -> {
        Operand to = operand(arguments[0]);
        yield note(new Event.Fill(to.address(), to.bytes()));
      }
      case "copy" -> note(new Event.Copy(operand(arguments[0]), operand(arguments[1])));
      case "toString" -> "StepListing";
      default ->
          Families.isFamily(method)
              ? families.computeIfAbsent(
                  method.getName(),
                  _ -> proxy(method.getReturnType(), (_, op, a) -> noteOp(method, op, a)))
              : noteOp(null, method, arguments);
    };
  }

  private static int size(Object[] arguments) {
    return Math.toIntExact(((Tensor) arguments[0]).size());
  }

  private static Operand operand(Object tensor) {
    return Operand.of((Tensor) tensor);
  }

  private @Nullable Object noteOp(
      @Nullable Method family, Method op, @Nullable Object @Nullable [] arguments) {
    if (op.getReturnType() != void.class) {
      throw new IllegalStateException(
          "a step asked its backend %s, which a list of ops cannot answer".formatted(op.getName()));
    }
    List<@Nullable Object> all = new ArrayList<>();
    for (Object argument : Arguments.of(arguments)) {
      all.add(
          switch (argument) {
            case Tensor tensor -> Operand.of(tensor);
            case Gradient(Tensor tensor, boolean fresh) ->
                new OpCall.Sum(Operand.of(tensor), fresh);
            case null, default -> argument;
          });
    }
    return note(new Event.Op(new OpCall(family, op, all)));
  }

  private @Nullable Object note(Event event) {
    events.add(event);
    return null;
  }

  // ---- memory that is not there

  @Override
  public long reserve(long bytes, String label) {
    long address = next;
    next += (bytes + UNIT - 1) / UNIT * UNIT;
    return address;
  }

  @Override
  public void release(long address) {}

  @Override
  public void zero(long address, long bytes) {
    note(new Event.Fill(address, bytes));
  }
}
