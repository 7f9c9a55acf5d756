package dev.hindsight.softgpu.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Launches in clusters by the driver's C functions, of which JCuda 12.6 lacks some: what they
/// take, and what they refuse.
class ClusterCallsTest extends DriverTest {
  private static final int COOPERATIVE = 2;
  private static final int CLUSTER = 4;
  private static final int N = 700;

  /// Kernels that say something of clusters when they are compiled.
  private static final String PTX =
      """
      .version 8.0
      .target sm_90
      .address_size 64
      .visible .entry explicit() .explicitcluster { ret; }
      .visible .entry pairs() .explicitcluster .reqnctapercluster 2, 1, 1 { ret; }
      .visible .entry four() .maxntid 128 .maxclusterrank 4 { ret; }
      """;

  private final Arena arena = Arena.ofAuto();
  private final long out = arena.allocate(64, 8).address();
  private long sum;
  private long x;
  private long y;

  /// Calls a function of `libcuda.so.1`; its arguments are Integer or Long.
  private static int call(String name, Object... arguments) {
    MemoryLayout[] types =
        Arrays.stream(arguments)
            .map(a -> a instanceof Integer ? JAVA_INT : JAVA_LONG)
            .toArray(MemoryLayout[]::new);
    Object result =
        CFunction.call(Shim.exported(name), FunctionDescriptor.of(JAVA_INT, types), arguments);
    return (int) Objects.requireNonNull(result);
  }

  private long made(String name, Object... more) {
    Object[] all = new Object[more.length + 1];
    all[0] = out;
    System.arraycopy(more, 0, all, 1, more.length);
    ok(call(name, all));
    return Host.getLong(out);
  }

  private int number(String name, Object... more) {
    made(name, more);
    return Host.getInt(out);
  }

  private long module(String ptx) {
    return made("cuModuleLoadData", arena.allocateFrom(ptx).address());
  }

  private long function(long module, String name) {
    return made("cuModuleGetFunction", module, arena.allocateFrom(name).address());
  }

  @BeforeEach
  void load() {
    sum = function(module(TestKernels.text("/dev/hindsight/softgpu/cluster.ptx")), "cluster_sum");
    int[] values = IntStream.range(0, N).toArray();
    x = made("cuMemAlloc_v2", 4L * N);
    ok(call("cuMemcpyHtoD_v2", x, arena.allocateFrom(JAVA_INT, values).address(), 4L * N));
    y = made("cuMemAlloc_v2", 64L);
    ok(call("cuMemsetD8_v2", y, 0, 64L));
  }

  private int[] sums(int count) {
    MemorySegment to = arena.allocate(4L * count, 4);
    ok(call("cuMemcpyDtoH_v2", to.address(), y, 4L * count));
    return to.toArray(JAVA_INT);
  }

  /// A `CUlaunchConfig` of blocks of 64 threads; `attributes` are numbers and three values each.
  private long config(int blocks, long stream, int... attributes) {
    MemorySegment config = arena.allocate(56, 8);
    int[] extents = {blocks, 1, 1, 64, 1, 1, 0};
    MemorySegment.copy(extents, 0, config, JAVA_INT, 0, extents.length);
    int count = attributes.length / 4;
    MemorySegment list = arena.allocate(72L * Math.max(1, count), 8);
    for (int i = 0; i < count; i++) {
      list.set(JAVA_INT, 72L * i, attributes[4 * i]);
      MemorySegment.copy(attributes, 4 * i + 1, list, JAVA_INT, 72L * i + 8, 3);
    }
    config.set(JAVA_LONG, 32, stream);
    config.set(JAVA_LONG, 40, list.address());
    config.set(JAVA_INT, 48, count);
    return config.address();
  }

  private long parameters() {
    MemorySegment values = arena.allocate(24, 8);
    values.set(JAVA_LONG, 0, x);
    values.set(JAVA_LONG, 8, y);
    values.set(JAVA_INT, 16, N);
    MemorySegment pointers = arena.allocate(24, 8);
    for (int i = 0; i < 3; i++) {
      pointers.setAtIndex(JAVA_LONG, i, values.address() + 8L * i);
    }
    return pointers.address();
  }

  private int launch(int blocks, int... attributes) {
    return call("cuLaunchKernelEx", config(blocks, 0, attributes), sum, parameters(), 0L);
  }

  private static int all() {
    return N * (N - 1) / 2;
  }

  @Test
  void aLaunchNamesItsClusters() {
    ok(launch(6, CLUSTER, 2, 1, 1));
    assertThat(sums(4)).containsExactly(all(), all(), all(), 0);
    ok(call("cuMemsetD8_v2", y, 0, 64L));
    ok(launch(6, CLUSTER, 3, 1, 1, COOPERATIVE, 1, 0, 0));
    assertThat(sums(3)).containsExactly(all(), all(), 0);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    fails(launch(5, CLUSTER, 2, 1, 1), CudaResult.INVALID_CLUSTER_SIZE);
    fails(launch(6, CLUSTER, 2, 2, 1), CudaResult.INVALID_CLUSTER_SIZE);
    fails(launch(6, CLUSTER, 2, 0, 1), CudaResult.INVALID_CLUSTER_SIZE);
    fails(launch(9, CLUSTER, 9, 1, 1), CudaResult.INVALID_CLUSTER_SIZE);
    ok(call("cuFuncSetAttribute", sum, 14, 1));
    ok(launch(9, CLUSTER, 9, 1, 1));
    ok(launch(16, CLUSTER, 16, 1, 1));
    fails(launch(17, CLUSTER, 17, 1, 1), CudaResult.INVALID_CLUSTER_SIZE);
    assertThat(sums(2)).containsExactly(all(), 0);
  }

  private int empty(long kernel, int blocks, int... attributes) {
    return call("cuLaunchKernelEx", config(blocks, 0, attributes), kernel, 0L, 0L);
  }

  @Test
  void kernelsSayWhichClustersTheyTake() {
    long module = module(PTX);
    long explicit = function(module, "explicit");
    fails(empty(explicit, 4), CudaResult.INVALID_CLUSTER_SIZE);
    ok(empty(explicit, 4, CLUSTER, 1, 1, 1));
    long pairs = function(module, "pairs");
    ok(empty(pairs, 4));
    fails(empty(pairs, 5), CudaResult.INVALID_CLUSTER_SIZE);
    fails(empty(pairs, 4, CLUSTER, 4, 1, 1), CudaResult.INVALID_CLUSTER_SIZE);
    long four = function(module, "four");
    ok(empty(four, 8, CLUSTER, 4, 1, 1));
    fails(empty(four, 8, CLUSTER, 8, 1, 1), CudaResult.INVALID_CLUSTER_SIZE);
    assertThat(number("cuFuncGetAttribute", 10, explicit)).isEqualTo(1);
    assertThat(number("cuFuncGetAttribute", 10, four)).isZero();
    assertThat(number("cuFuncGetAttribute", 11, pairs)).isEqualTo(2);
    assertThat(number("cuFuncGetAttribute", 12, pairs)).isEqualTo(1);
    fails(call("cuFuncSetAttribute", pairs, 11, 4), CudaResult.NOT_PERMITTED);
    fails(call("cuFuncSetAttribute", pairs, 10, 1), CudaResult.INVALID_VALUE);
  }

  @Test
  void attributesOfAFunctionNameClustersToo() {
    assertThat(number("cuFuncGetAttribute", 11, sum)).isZero();
    ok(call("cuFuncSetAttribute", sum, 11, 2));
    fails(launch(4), CudaResult.INVALID_CLUSTER_SIZE);
    ok(call("cuFuncSetAttribute", sum, 12, 1));
    ok(call("cuFuncSetAttribute", sum, 13, 1));
    assertThat(number("cuFuncGetAttribute", 13, sum)).isEqualTo(1);
    ok(call("cuLaunchKernel", sum, 4, 1, 1, 64, 1, 1, 0, 0L, parameters(), 0L));
    assertThat(sums(3)).containsExactly(all(), all(), 0);
    ok(call("cuFuncSetAttribute", sum, 15, 2));
    assertThat(number("cuFuncGetAttribute", 15, sum)).isEqualTo(2);
    fails(call("cuFuncSetAttribute", sum, 14, 2), CudaResult.INVALID_VALUE);
    fails(call("cuFuncSetAttribute", sum, 15, 3), CudaResult.INVALID_VALUE);
  }

  @Test
  void occupancyCountsClusters() {
    int resident = number("cuOccupancyMaxActiveBlocksPerMultiprocessor", sum, 64, 0L);
    assertThat(number("cuOccupancyMaxActiveClusters", sum, config(10, 0, CLUSTER, 5, 1, 1)))
        .isEqualTo(resident * 8 / 5);
    fails(
        call("cuOccupancyMaxActiveClusters", out, sum, config(10, 0)),
        CudaResult.INVALID_CLUSTER_SIZE);
    fails(
        call("cuOccupancyMaxActiveClusters", out, sum, config(10, 0, CLUSTER, 4, 1, 1)),
        CudaResult.INVALID_CLUSTER_SIZE);
    assertThat(number("cuOccupancyMaxPotentialClusterSize", sum, config(10, 0))).isEqualTo(8);
    ok(call("cuFuncSetAttribute", sum, 14, 1));
    assertThat(number("cuOccupancyMaxPotentialClusterSize", sum, config(10, 0))).isEqualTo(16);
    long pairs = function(module(PTX), "pairs");
    assertThat(number("cuOccupancyMaxPotentialClusterSize", pairs, config(8, 0))).isEqualTo(2);
    assertThat(number("cuOccupancyMaxActiveClusters", pairs, config(8, 0)))
        .isEqualTo(number("cuOccupancyMaxActiveBlocksPerMultiprocessor", pairs, 64, 0L) * 4);
    assertThat(number("cuDeviceGetAttribute", 120, 0)).as("clusters are there").isEqualTo(1);
  }

  private long launchable(long graph) {
    long exec = made("cuGraphInstantiateWithFlags", graph, 0L);
    ok(call("cuGraphLaunch", exec, 0L));
    return exec;
  }

  @Test
  void graphsKeepClusters() {
    long stream = made("cuStreamCreate", 1);
    ok(call("cuStreamBeginCapture_v2", stream, 0));
    ok(call("cuLaunchKernelEx", config(6, stream, CLUSTER, 3, 1, 1), sum, parameters(), 0L));
    ok(call("cuStreamEndCapture", stream, out));
    long graph = Host.getLong(out);
    Host.putLong(out + 8, 1);
    ok(call("cuGraphGetNodes", graph, out, out + 8));
    long node = Host.getLong(out);
    launchable(graph);
    assertThat(sums(3)).containsExactly(all(), all(), 0);
    ok(call("cuGraphKernelNodeGetAttribute", node, CLUSTER, out));
    assertThat(Host.at(out, 12).toArray(JAVA_INT)).containsExactly(3, 1, 1);
    MemorySegment other = arena.allocateFrom(JAVA_INT, 2, 1, 1, 0);
    ok(call("cuGraphKernelNodeSetAttribute", node, CLUSTER, other.address()));
    launchable(graph);
    assertThat(sums(4)).containsExactly(all(), all(), all(), 0);
    other.set(JAVA_INT, 0, 4);
    fails(
        call("cuGraphKernelNodeSetAttribute", node, CLUSTER, other.address()),
        CudaResult.INVALID_CLUSTER_SIZE);
    MemorySegment struct = arena.allocate(72, 8);
    ok(call("cuGraphKernelNodeGetParams_v2", node, struct.address()));
    struct.set(JAVA_INT, 8, 2);
    ok(call("cuMemsetD8_v2", y, 0, 64L));
    ok(call("cuGraphKernelNodeSetParams_v2", node, struct.address()));
    launchable(graph);
    assertThat(sums(2)).as("one cluster of two").containsExactly(all(), 0);
    long alone = made("cuGraphAddKernelNode_v2", graph, 0L, 0L, struct.address());
    ok(call("cuGraphKernelNodeCopyAttributes", alone, node));
    ok(call("cuGraphKernelNodeGetAttribute", alone, CLUSTER, out));
    assertThat(Host.getInt(out)).isEqualTo(2);
  }
}
