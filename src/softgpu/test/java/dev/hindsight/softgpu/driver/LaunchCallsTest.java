package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import jcuda.Pointer;
import jcuda.driver.CUDA_KERNEL_NODE_PARAMS;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("deprecation") // launches of CUDA 3 are still in use
class LaunchCallsTest extends DriverTest {
  private TestKernels kernels = new TestKernels(new CUmodule());

  @BeforeEach
  void load() {
    kernels = TestKernels.load();
  }

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] made = new float[count];
    for (int i = 0; i < count; i++) {
      made[i] = random.nextFloat() - 0.5f;
    }
    return made;
  }

  @Test
  void vectorsAreAdded() {
    int n = 1000;
    float[] x = random(n, 1);
    float[] y = random(n, 2);
    CUdeviceptr z = TestKernels.floats(new float[n]);
    Pointer parameters =
        Pointer.to(
            Pointer.to(TestKernels.floats(x)),
            Pointer.to(TestKernels.floats(y)),
            Pointer.to(z),
            Pointer.to(new int[] {n}));
    ok(TestKernels.launch(kernels.function("add"), 8, 128, 0, parameters));
    float[] wanted = new float[n];
    for (int i = 0; i < n; i++) {
      wanted[i] = x[i] + y[i];
    }
    assertThat(TestKernels.floats(z, n)).containsExactly(wanted);
  }

  /// JCuda holds the arrays critically while a launch or copy is in Java.
  @Test
  void collectionsDuringCallsDoNoHarm() throws InterruptedException {
    AtomicBoolean stop = new AtomicBoolean();
    Thread collector =
        new Thread(
            () -> {
              while (!stop.get()) {
                System.gc();
              }
            });
    collector.start();
    CUfunction multiply = kernels.function("multiply");
    CUdeviceptr x = TestKernels.floats(1, 3);
    for (int i = 0; i < 20; i++) {
      Pointer parameters =
          Pointer.to(Pointer.to(x), Pointer.to(new float[] {2}), Pointer.to(new int[] {2}));
      ok(TestKernels.launch(multiply, 1, 32, 0, parameters));
      assertThat(TestKernels.floats(x, 2)).containsExactly(2 << i, 3 * (2 << i));
    }
    stop.set(true);
    collector.join();
  }

  @Test
  void tilesMultiplyMatrices() {
    int n = 48;
    float[] a = random(n * n, 3);
    float[] b = random(n * n, 4);
    CUdeviceptr c = TestKernels.floats(new float[n * n]);
    Pointer parameters =
        Pointer.to(
            Pointer.to(TestKernels.floats(a)),
            Pointer.to(TestKernels.floats(b)),
            Pointer.to(c),
            Pointer.to(new int[] {n}));
    ok(cuLaunchKernel(kernels.function("tiled"), 3, 3, 1, 16, 16, 1, 0, null, parameters, null));
    float[] back = TestKernels.floats(c, n * n);
    for (int row = 0; row < n; row++) {
      for (int col = 0; col < n; col++) {
        float sum = 0;
        for (int k = 0; k < n; k++) {
          sum = Math.fma(a[row * n + k], b[k * n + col], sum);
        }
        assertThat(back[row * n + col]).as("c[%d,%d]", row, col).isEqualTo(sum);
      }
    }
  }

  @Test
  void parametersOfAllSizesArrive() {
    CUdeviceptr out = new CUdeviceptr();
    ok(cuMemAlloc(out, 40));
    Pointer parameters =
        Pointer.to(
            Pointer.to(new byte[] {-3}),
            Pointer.to(new double[] {1.25}),
            Pointer.to(new short[] {-300}),
            Pointer.to(new long[] {1L << 40}),
            Pointer.to(new float[] {0.5f}),
            Pointer.to(out));
    ok(TestKernels.launch(kernels.function("mixed"), 1, 1, 0, parameters));
    double[] back = new double[5];
    ok(cuMemcpyDtoH(Pointer.to(back), out, 40));
    assertThat(back).containsExactly(-3, 1.25, -300, 1L << 40, 0.5);
  }

  @Test
  void parametersOfCuda3Arrive() {
    CUfunction multiply = kernels.function("multiply");
    CUdeviceptr x = TestKernels.floats(1, 2, 3, 4);
    ok(cuFuncSetBlockShape(multiply, 2, 1, 1));
    ok(cuFuncSetSharedSize(multiply, 0));
    ok(cuParamSetv(multiply, 0, Pointer.to(x), 8));
    ok(cuParamSetf(multiply, 8, 2.5f));
    ok(cuParamSeti(multiply, 12, 4));
    ok(cuParamSetSize(multiply, 16));
    ok(cuLaunchGrid(multiply, 2, 1));
    assertThat(TestKernels.floats(x, 4)).containsExactly(2.5f, 5, 7.5f, 10);
    ok(cuLaunch(multiply));
    assertThat(TestKernels.floats(x, 4)).containsExactly(6.25f, 12.5f, 7.5f, 10);
    ok(cuLaunchGridAsync(multiply, 1, 1, new CUstream()));
    assertThat(TestKernels.floats(x, 2)).containsExactly(15.625f, 31.25f);
    fails(cuParamSeti(multiply, 14, 1), CudaResult.INVALID_VALUE);
  }

  @Test
  void dynamicSharedMemoryHasItsLimit() {
    CUdeviceptr x = TestKernels.ints(1, 2, 3, 4);
    CUfunction reverse = kernels.function("reverse");
    ok(TestKernels.launch(reverse, 1, 4, 16, TestKernels.pointers(x)));
    assertThat(TestKernels.ints(x, 4)).containsExactly(4, 3, 2, 1);
    int bytes = 48 * 1024 + 4;
    fails(
        TestKernels.launch(reverse, 1, 4, bytes, TestKernels.pointers(x)),
        CudaResult.INVALID_VALUE);
    ok(cuFuncSetAttribute(reverse, 8, bytes));
    ok(TestKernels.launch(reverse, 1, 4, bytes, TestKernels.pointers(x)));
    assertThat(TestKernels.ints(x, 4)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void launchesThatCudaRefusesAreRefused() {
    CUfunction increase = kernels.function("increase");
    int[][] refused = {{0, 1, 1, 1, 1, 1}, {1, 65536, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 65}};
    for (int[] shape : refused) {
      assertThat(
              cuLaunchKernel(
                  increase, shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], 0, null,
                  null, null))
          .as("%s", (Object) shape)
          .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    fails(TestKernels.launch(increase, 1, 1025, 0, null), CudaResult.INVALID_VALUE);
    CUdeviceptr x = TestKernels.floats(new float[4]);
    Pointer three =
        Pointer.to(Pointer.to(x), Pointer.to(x), Pointer.to(x), Pointer.to(new int[] {0}));
    assertThat(TestKernels.launch(kernels.function("tiled"), 1, 512, 0, three))
        .as("more than its launch bounds")
        .isEqualTo(CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
    assertThat(TestKernels.launch(kernels.function("add"), 1, 32, 0, null))
        .as("no parameters")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    ok(cuCtxSynchronize());
    assertThat(software.findings()).isEmpty();
  }

  @Test
  void cooperativeLaunchesRunTogetherOrAreTooLarge() {
    int blocks = 16;
    CUdeviceptr count = TestKernels.ints(0);
    CUdeviceptr seen = TestKernels.ints(new int[blocks]);
    CUfunction meet = kernels.function("meet");
    ok(
        cuLaunchCooperativeKernel(
            meet, blocks, 1, 1, 32, 1, 1, 0, new CUstream(), TestKernels.pointers(count, seen)));
    assertThat(TestKernels.ints(seen, blocks)).containsOnly(blocks);
    int[] perMultiprocessor = {0};
    ok(cuOccupancyMaxActiveBlocksPerMultiprocessor(perMultiprocessor, meet, 32, 0));
    int most = perMultiprocessor[0] * 8;
    fails(
        cuLaunchCooperativeKernel(
            meet, most + 1, 1, 1, 32, 1, 1, 0, new CUstream(), TestKernels.pointers(count, seen)),
        CudaResult.COOPERATIVE_LAUNCH_TOO_LARGE);
  }

  @Test
  void occupancyFollowsBlocksAndSharedMemory() {
    CUfunction reverse = kernels.function("reverse");
    int[] blocks = {0};
    ok(cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, reverse, 1024, 0));
    assertThat(blocks[0]).isEqualTo(2);
    ok(cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, reverse, 32, 0));
    assertThat(blocks[0]).isEqualTo(32);
    ok(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, reverse, 32, 40_960, 0));
    assertThat(blocks[0]).isEqualTo(5);
    long[] bytes = {0};
    ok(cuOccupancyAvailableDynamicSMemPerBlock(bytes, reverse, 2, 128));
    assertThat(bytes[0]).isEqualTo(114 * 1024 - 1024);
    int[] grid = {0};
    ok(cuOccupancyMaxPotentialBlockSize(grid, blocks, reverse, null, 0, 0));
    assertThat(blocks[0]).isEqualTo(1024);
    assertThat(grid[0]).isEqualTo(16);
    ok(
        cuOccupancyMaxPotentialBlockSizeWithFlags(
            grid, blocks, reverse, threads -> threads * 100L, 0, 512, 0));
    assertThat(grid[0]).isPositive();
    assertThat(blocks[0]).isBetween(32, 512);
  }

  private CUDA_KERNEL_NODE_PARAMS multiply(CUdeviceptr x, float factor) {
    Pointer values =
        Pointer.to(Pointer.to(x), Pointer.to(new float[] {factor}), Pointer.to(new int[] {2}));
    return node(kernels.function("multiply"), 1, values);
  }

  private static CUDA_KERNEL_NODE_PARAMS node(CUfunction kernel, int blocks, Pointer values) {
    CUDA_KERNEL_NODE_PARAMS made = new CUDA_KERNEL_NODE_PARAMS();
    made.func = kernel;
    made.gridDimX = blocks;
    made.gridDimY = 1;
    made.gridDimZ = 1;
    made.blockDimX = 32;
    made.blockDimY = 1;
    made.blockDimZ = 1;
    made.kernelParams = values;
    return made;
  }

  @Test
  void kernelsAreNodesOfGraphs() {
    CUdeviceptr x = TestKernels.floats(1, 2);
    CUgraph graph = new CUgraph();
    ok(cuGraphCreate(graph, 0));
    CUgraphNode node = new CUgraphNode();
    ok(cuGraphAddKernelNode(node, graph, new CUgraphNode[0], 0, multiply(x, 3)));
    CUgraphExec exec = new CUgraphExec();
    ok(cuGraphInstantiate(exec, graph, 0));
    CUstream stream = new CUstream();
    ok(cuStreamCreate(stream, 0));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.floats(x, 2)).containsExactly(3, 6);
    ok(cuGraphExecKernelNodeSetParams(exec, node, multiply(x, -1)));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.floats(x, 2)).containsExactly(-3, -6);
    ok(cuGraphKernelNodeSetParams(node, multiply(x, 10)));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.floats(x, 2)).containsExactly(3, 6);
    CUDA_KERNEL_NODE_PARAMS told = new CUDA_KERNEL_NODE_PARAMS();
    ok(cuGraphKernelNodeGetParams(node, told));
    assertThat(told.blockDimX).isEqualTo(32);
    assertThat(told.func).isEqualTo(kernels.function("multiply"));
  }

  @Test
  void capturedLaunchesKeepTheParametersOfTheirTime() {
    CUdeviceptr x = TestKernels.floats(1, 2);
    CUstream stream = new CUstream();
    ok(cuStreamCreate(stream, 1));
    ok(cuStreamBeginCapture(stream, 0));
    float[] factor = {4};
    Pointer parameters = Pointer.to(Pointer.to(x), Pointer.to(factor), Pointer.to(new int[] {2}));
    ok(
        cuLaunchKernel(
            kernels.function("multiply"), 1, 1, 1, 32, 1, 1, 0, stream, parameters, null));
    factor[0] = 100;
    CUgraph graph = new CUgraph();
    ok(cuStreamEndCapture(stream, graph));
    assertThat(TestKernels.floats(x, 2)).containsExactly(1, 2);
    CUgraphExec exec = new CUgraphExec();
    ok(cuGraphInstantiate(exec, graph, 0));
    ok(cuGraphLaunch(exec, stream));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.floats(x, 2)).containsExactly(16, 32);
  }

  /// The attribute is the node's, and no parameter says it again.
  @Test
  void aCapturedCooperativeLaunchStaysOne() {
    CUmodule module = new CUmodule();
    ok(cuModuleLoadData(module, TestKernels.text("/dev/hindsight/softgpu/good.ptx")));
    CUfunction kernel = new TestKernels(module).function("grid_sync");
    CUdeviceptr y = TestKernels.ints(new int[6]);
    Pointer values = TestKernels.pointers(TestKernels.ints(new int[6]), y);
    CUstream stream = new CUstream();
    ok(cuStreamCreate(stream, 1));
    ok(cuStreamBeginCapture(stream, 0));
    ok(cuLaunchCooperativeKernel(kernel, 3, 1, 1, 32, 1, 1, 0, stream, values));
    CUgraph graph = new CUgraph();
    ok(cuStreamEndCapture(stream, graph));
    CUgraphNode[] nodes = {new CUgraphNode()};
    ok(cuGraphGetNodes(graph, nodes, new long[] {1}));
    CUgraphExec exec = new CUgraphExec();
    ok(cuGraphInstantiate(exec, graph, 0));
    ok(cuGraphExecKernelNodeSetParams(exec, nodes[0], node(kernel, 4, values)));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.ints(y, 6)).containsExactly(10, 10, 10, 10, 0, 0);
    ok(cuGraphKernelNodeSetParams(nodes[0], node(kernel, 5, values)));
    ok(cuGraphInstantiate(exec, graph, 0));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.ints(y, 6)).containsExactly(15, 15, 15, 15, 15, 0);
    fails(
        cuGraphKernelNodeSetParams(nodes[0], node(kernel, 1 << 20, values)),
        CudaResult.COOPERATIVE_LAUNCH_TOO_LARGE);
  }
}
