package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.DeviceMemory;
import java.util.HashMap;
import java.util.Map;

/// Memory that graphs allocate. Its place is known when the node is made; it is there from when the
/// node runs until somebody frees it, in the graph or elsewhere.
final class GraphMemory {
  /// `CUgraphMem_attribute`: bytes in use, the most so far, and the same of what is reserved.
  static final int ATTRIBUTES = 4;

  private final Driver driver;
  private final Map<Long, Long> live = new HashMap<>();
  private long used;
  private long high;

  GraphMemory(Driver driver) {
    this.driver = driver;
  }

  /// A node that allocates so many bytes.
  Work.Allocate node(long bytes, String name) {
    DriverException.require(bytes > 0, "wanted a positive number of bytes, got %d", bytes);
    return new Work.Allocate(driver.memory().reserve(bytes), bytes, name);
  }

  void allocate(Work.Allocate work) {
    DeviceMemory memory = driver.memory();
    memory.allocateAt(work.address(), work.bytes(), work.name());
    driver.context().allocations.add(work.address());
    live.put(work.address(), work.bytes());
    used += work.bytes();
    high = Math.max(high, used);
  }

  /// Before a launch of a graph: what its nodes allocated and nobody freed yet is freed, or refuses
  /// the launch.
  void beforeLaunch(CudaGraphExec exec) {
    for (GraphNode node : exec.graph().nodes) {
      if (node.work instanceof Work.Allocate work && live.containsKey(work.address())) {
        DriverException.require(
            exec.freesBefore(),
            "the graph allocates %,d bytes at 0x%x, which its launch before did and nobody freed"
                + " since; free it, or instantiate with"
                + " CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH",
            work.bytes(),
            work.address());
        driver.contexts.free(work.address());
      }
    }
  }

  /// Notes that memory was freed, whoever allocated it.
  void freed(long address) {
    Long bytes = live.remove(address);
    used -= bytes == null ? 0 : bytes;
  }

  long attribute(int number) {
    return number % 2 == 0 ? used : high;
  }

  void forgetHighest() {
    high = used;
  }
}
