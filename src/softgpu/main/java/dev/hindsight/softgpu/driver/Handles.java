package dev.hindsight.softgpu.driver;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Opaque handles that C callers hold. A handle is never used twice, so one that was destroyed is
/// recognised for ever.
final class Handles {
  private static final long FIRST = 0x5047_0000L;
  private static final long STEP = 0x10;

  private final Map<Long, Object> live = new HashMap<>();
  private long next = FIRST;

  long add(Object target) {
    next += STEP;
    live.put(next, target);
    return next;
  }

  /// The object behind a handle; INVALID_HANDLE where it is none or is something else.
  <T> T get(long handle, Class<T> type) {
    Object target = live.get(handle);
    if (!type.isInstance(target)) {
      String got =
          target != null
              ? "a " + target.getClass().getSimpleName()
              : handle == 0
                  ? "null"
                  : FIRST < handle && handle <= next ? "a destroyed one" : "none";
      throw new DriverException(
          CudaResult.INVALID_HANDLE,
          String.format("wanted the handle of a %s, got %s", type.getSimpleName(), got));
    }
    return type.cast(target);
  }

  /// The handle of an object, or 0.
  @SuppressWarnings("ReferenceEquality") // a handle is of one object
  long of(Object target) {
    return live.entrySet().stream()
        .filter(each -> each.getValue() == target)
        .mapToLong(Map.Entry::getKey)
        .findFirst()
        .orElse(0);
  }

  /// All that are of this kind.
  <T> List<T> all(Class<T> type) {
    return live.values().stream().filter(type::isInstance).map(type::cast).toList();
  }

  void remove(long handle) {
    live.remove(handle);
  }
}
