package dev.hindsight.bench;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Arguments;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Families;
import dev.hindsight.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Where the time of a step goes: a backend whose ops are timed from outside, one by one.
///
/// On a backend that computes while the program goes on, each op is waited for, so that the sum is
/// longer than a step without a profile.
final class OpProfile {
  /// The op that ends a step, once.
  private static final String LAST = "adam";

  private static final int SHAPES = 2; // of its tensors tell one call from another

  private final Map<String, List<Cost>> costs = new LinkedHashMap<>(); // by call

  private boolean begun;

  private record Cost(double seconds, long heapBytes) {}

  /// One kind of call.
  ///
  /// @param calls in a step
  /// @param seconds of all of them
  /// @param heapBytes that all of them allocate on the Java heap
  record Row(String call, long calls, double seconds, long heapBytes) {
    private Map<String, Object> json(double step) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("call", call);
      row.put("calls", calls);
      row.put("seconds", seconds);
      row.put("share", seconds / step);
      row.put("heap_bytes", heapBytes);
      return row;
    }
  }

  /// The backend to run steps on.
  Backend watch(Backend backend) {
    return (Backend) watched(backend, Backend.class, backend, "");
  }

  private Object watched(Backend backend, Class<?> type, Object target, String family) {
    InvocationHandler handler =
        (proxy, method, arguments) -> call(backend, target, family, method, arguments);
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }

  private Object call(
      Backend backend, Object target, String family, Method method, Object[] arguments)
      throws Throwable {
    long before = allocated();
    long start = System.nanoTime();
    try {
      Object result = method.invoke(target, arguments);
      if (Families.isFamily(method)) {
        return watched(backend, method.getReturnType(), result, method.getName());
      }
      if (arguments != null && Arguments.of(arguments).getFirst() instanceof Tensor) {
        backend.synchronize();
        double seconds = (System.nanoTime() - start) / 1e9;
        String op = Families.opName(family, method);
        if (op.equals(LAST) && !begun) {
          begun = true; // the first step is left out, and with it all that came before
          costs.clear();
          return result;
        }
        costs
            .computeIfAbsent(name(op, arguments), unknown -> new ArrayList<>())
            .add(new Cost(seconds, allocated() - before));
      }
      return result;
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static long allocated() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getTotalThreadAllocatedBytes();
  }

  private static String name(String op, Object[] arguments) {
    String shapes =
        Arguments.of(arguments).stream()
            .filter(Tensor.class::isInstance)
            .limit(SHAPES)
            .map(tensor -> ((Tensor) tensor).shape().toString())
            .collect(Collectors.joining(" "));
    return op + " " + shapes;
  }

  /// The calls of a step, the longest first, and what lies between them.
  ///
  /// @param step seconds, by the clock of whoever ran it
  List<Map<String, Object>> json(double step) {
    List<Row> rows = rows();
    double ops = rows.stream().mapToDouble(Row::seconds).sum();
    Row between = new Row("between ops", 1, Math.max(0, step - ops), 0);
    return Stream.concat(rows.stream(), Stream.of(between)).map(row -> row.json(step)).toList();
  }

  /// The calls of a step, the longest first.
  private List<Row> rows() {
    long steps =
        costs.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(LAST + " "))
            .mapToLong(entry -> entry.getValue().size())
            .sum();
    return costs.entrySet().stream()
        .filter(entry -> entry.getValue().size() >= steps)
        .map(
            entry -> {
              long calls = entry.getValue().size() / steps;
              List<Cost> found = entry.getValue();
              double seconds = median(found.stream().map(Cost::seconds));
              long heap = median(found.stream().map(Cost::heapBytes));
              return new Row(entry.getKey(), calls, calls * seconds, calls * heap);
            })
        .sorted(Comparator.comparingDouble(Row::seconds).reversed())
        .toList();
  }

  private static <T extends Comparable<T>> T median(Stream<T> values) {
    List<T> sorted = values.sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
