package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.Shape;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the threads of a kernel ask for. To launch, a thread gets room for parameters, fills it,
/// and launches what it filled.
public final class Children {
  /// The most that a kernel takes.
  private static final int PARAMETER_BYTES = 32_764;

  /// The handle of a stream whose work follows the kernel that launches into it.
  private static final long TAIL = 3;

  private record Prepared(long kernel, Shape shape) {}

  private final DeviceMemory memory;
  private final Map<Long, Prepared> prepared = new HashMap<>();
  private final List<ChildWork> asked = new ArrayList<>();

  Children(DeviceMemory memory) {
    this.memory = memory;
  }

  /// The address of room for the parameters of a launch.
  synchronized long prepare(long kernel, Shape shape) {
    long room = memory.allocate(PARAMETER_BYTES, "parameters of a launch by a kernel");
    prepared.put(room, new Prepared(kernel, shape));
    return room;
  }

  /// Takes the parameters from the room; false where it is none.
  synchronized boolean launch(long room, long stream) {
    Prepared launch = prepared.remove(room);
    Allocation found = launch == null ? null : memory.find(room, PARAMETER_BYTES);
    if (launch == null || found == null) {
      return false;
    }
    byte[] parameters = found.bytes().toArray(ValueLayout.JAVA_BYTE);
    memory.free(room);
    asked.add(new ChildWork.Launch(launch.kernel, launch.shape, parameters, stream == TAIL));
    return true;
  }

  synchronized void copy(long target, long source, long bytes, long stream) {
    asked.add(new ChildWork.Copy(target, source, bytes, stream == TAIL));
  }

  synchronized void fill(long target, int value, long bytes, long stream) {
    asked.add(new ChildWork.Fill(target, (byte) value, bytes, stream == TAIL));
  }

  /// All of it, in order.
  public synchronized List<ChildWork> end() {
    prepared.keySet().forEach(memory::free);
    return List.copyOf(asked);
  }
}
