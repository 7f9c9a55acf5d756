package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUDA_HOST_NODE_PARAMS;
import jcuda.driver.CUDA_MEMCPY3D;
import jcuda.driver.CUDA_MEMSET_NODE_PARAMS;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GraphCallsTest extends DriverTest {
  private static final CUgraphNode[] NOTHING = {};

  private final CUgraph graph = new CUgraph();
  private final CUgraphExec exec = new CUgraphExec();
  private final CUstream stream = new CUstream();
  private final CUdeviceptr x = new CUdeviceptr();

  @BeforeEach
  void make() {
    ok(cuGraphCreate(graph, 0));
    ok(cuStreamCreate(stream, 0));
    ok(cuMemAlloc(x, 16));
    ok(cuMemsetD32(x, 0, 4));
  }

  private CUDA_MEMSET_NODE_PARAMS fill(int value) {
    CUDA_MEMSET_NODE_PARAMS fill = new CUDA_MEMSET_NODE_PARAMS();
    fill.dst = x; // JCuda 12.6 drops the byte offset of this pointer
    fill.value = value;
    fill.elementSize = 4;
    fill.width = 1;
    fill.height = 1;
    return fill;
  }

  private CUgraphNode addFill(CUgraph to, int value, CUgraphNode... after) {
    CUgraphNode node = new CUgraphNode();
    ok(cuGraphAddMemsetNode(node, to, after, after.length, fill(value), context));
    return node;
  }

  private CUDA_MEMCPY3D copy(int to, int from) {
    CUDA_MEMCPY3D copy = new CUDA_MEMCPY3D();
    copy.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
    copy.srcDevice = x.withByteOffset(4L * from);
    copy.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = x.withByteOffset(4L * to);
    copy.WidthInBytes = 4;
    copy.Height = 1;
    copy.Depth = 1;
    return copy;
  }

  private CUgraphNode addCopy(int to, int from, CUgraphNode... after) {
    CUgraphNode node = new CUgraphNode();
    ok(cuGraphAddMemcpyNode(node, graph, after, after.length, copy(to, from), context));
    return node;
  }

  private int[] run() {
    ok(cuGraphInstantiate(exec, graph, 0));
    ok(cuGraphLaunch(exec, stream));
    return TestKernels.ints(x, 4);
  }

  @Test
  void nodesRunAfterWhatTheyDependOn() {
    CUgraphNode last = addCopy(2, 1);
    CUgraphNode copy = addCopy(1, 0);
    CUgraphNode fill = addFill(graph, 9);
    CUgraphNode[] from = {fill, fill, copy};
    CUgraphNode[] to = {last, copy, last};
    ok(cuGraphAddDependencies(graph, from, to, 3));
    assertThat(run()).containsExactly(9, 9, 9, 0);
  }

  @Test
  void shapeOfTheGraphIsTold() {
    CUgraphNode a = addFill(graph, 1);
    CUgraphNode b = addCopy(1, 0, a);
    CUgraphNode c = addCopy(2, 1, a, b);
    long[] count = {0};
    ok(cuGraphGetNodes(graph, null, count));
    assertThat(count[0]).isEqualTo(3);
    CUgraphNode[] three = new CUgraphNode[3];
    ok(cuGraphGetNodes(graph, three, count));
    assertThat(three).containsExactly(a, b, c);
    CUgraphNode[] from = new CUgraphNode[3];
    CUgraphNode[] to = new CUgraphNode[3];
    ok(cuGraphGetEdges(graph, from, to, count));
    assertThat(from).containsExactly(a, a, b);
    assertThat(to).containsExactly(b, c, c);
    CUgraphNode[] root = new CUgraphNode[1];
    ok(cuGraphGetRootNodes(graph, root, count));
    assertThat(root).containsExactly(a);
    CUgraphNode[] two = new CUgraphNode[2];
    ok(cuGraphNodeGetDependencies(c, two, count));
    assertThat(two).containsExactly(a, b);
    ok(cuGraphNodeGetDependentNodes(a, two, count));
    assertThat(two).containsExactly(b, c);
    ok(cuGraphRemoveDependencies(graph, new CUgraphNode[] {b}, new CUgraphNode[] {c}, 1));
    fails(
        cuGraphRemoveDependencies(graph, new CUgraphNode[] {b}, new CUgraphNode[] {c}, 1),
        CudaResult.INVALID_VALUE);
    ok(cuGraphDestroyNode(b));
    ok(cuGraphGetNodes(graph, null, count));
    assertThat(count[0]).isEqualTo(2);
    int[] type = {-1};
    ok(cuGraphNodeGetType(c, type));
    assertThat(type[0]).as("memcpy").isEqualTo(1);
  }

  @Test
  void aCycleIsRefused() {
    CUgraphNode a = addFill(graph, 1);
    CUgraphNode b = addCopy(1, 0, a);
    ok(cuGraphAddDependencies(graph, new CUgraphNode[] {b}, new CUgraphNode[] {a}, 1));
    fails(cuGraphInstantiate(exec, graph, 0), CudaResult.INVALID_VALUE);
  }

  @Test
  void parametersOfNodesAndOfTheExecutableAreApart() {
    CUgraphNode fill = addFill(graph, 1);
    CUgraphNode copy = addCopy(1, 0, fill);
    assertThat(run()).containsExactly(1, 1, 0, 0);
    ok(cuGraphExecMemsetNodeSetParams(exec, fill, fill(5), context));
    ok(cuGraphExecMemcpyNodeSetParams(exec, copy, copy(3, 0), context));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.ints(x, 4)).containsExactly(5, 1, 0, 5);
    ok(cuGraphMemcpyNodeSetParams(copy, copy(2, 0)));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.ints(x, 4)).containsExactly(5, 1, 0, 5);
    assertThat(run()).containsExactly(1, 1, 1, 5);
    assertThat(cuGraphExecMemsetNodeSetParams(exec, copy, fill(5), context))
        .as("a memset in place of a copy")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    CUDA_MEMSET_NODE_PARAMS told = new CUDA_MEMSET_NODE_PARAMS();
    ok(cuGraphMemsetNodeGetParams(fill, told));
    assertThat(told.value).isEqualTo(1);
    assertThat(told.elementSize).isEqualTo(4);
    assertThat(told.width).isEqualTo(1);
    CUDA_MEMCPY3D back = new CUDA_MEMCPY3D();
    ok(cuGraphMemcpyNodeGetParams(copy, back));
    assertThat(back.WidthInBytes).isEqualTo(4);
    assertThat(back.dstMemoryType).isEqualTo(CUmemorytype.CU_MEMORYTYPE_DEVICE);
  }

  @Test
  void clonesRunOnTheirOwn() {
    CUgraphNode fill = addFill(graph, 3);
    addCopy(1, 0, fill);
    CUgraph clone = new CUgraph();
    ok(cuGraphClone(clone, graph));
    CUgraphNode twin = new CUgraphNode();
    ok(cuGraphNodeFindInClone(twin, fill, clone));
    assertThat(twin).isNotEqualTo(fill);
    ok(cuGraphDestroy(graph));
    fails(cuGraphDestroy(graph), CudaResult.INVALID_HANDLE);
    CUgraphExec exec = new CUgraphExec();
    ok(cuGraphInstantiate(exec, clone, 0));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.ints(x, 4)).containsExactly(3, 3, 0, 0);
  }

  @Test
  void childrenHostFunctionsAndEventsAreNodesToo() {
    CUgraph child = new CUgraph();
    ok(cuGraphCreate(child, 0));
    addFill(child, 8);
    CUgraphNode whole = new CUgraphNode();
    ok(cuGraphAddChildGraphNode(whole, graph, NOTHING, 0, child));
    CUgraph told = new CUgraph();
    ok(cuGraphChildGraphNodeGetGraph(whole, told));
    assertThat(told).isNotEqualTo(child);
    CUevent event = new CUevent();
    ok(cuEventCreate(event, 0));
    CUgraphNode record = new CUgraphNode();
    ok(cuGraphAddEventRecordNode(record, graph, new CUgraphNode[] {whole}, 1, event));
    CUgraphNode wait = new CUgraphNode();
    ok(cuGraphAddEventWaitNode(wait, graph, new CUgraphNode[] {record}, 1, event));
    CUgraphNode empty = new CUgraphNode();
    ok(cuGraphAddEmptyNode(empty, graph, new CUgraphNode[] {wait}, 1));
    List<Object> seen = new ArrayList<>();
    CUDA_HOST_NODE_PARAMS host = new CUDA_HOST_NODE_PARAMS();
    host.fn = seen::add;
    host.userData = "called";
    CUgraphNode call = new CUgraphNode();
    ok(cuGraphAddHostNode(call, graph, new CUgraphNode[] {empty}, 1, host));
    float[] milliseconds = {0};
    fails(cuEventElapsedTime(milliseconds, event, event), CudaResult.INVALID_HANDLE);
    assertThat(run()).containsExactly(8, 0, 0, 0);
    assertThat(seen).containsExactly("called");
    ok(cuEventElapsedTime(milliseconds, event, event));
    // JCuda 12.6 frees a host function after its first call, so such a graph must not run again.
  }
}
