package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmodule;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KernelsThatLaunchTest extends DriverTest {
  private TestKernels kernels = new TestKernels(new CUmodule());

  @BeforeEach
  void load() {
    CUmodule module = new CUmodule();
    ok(cuModuleLoadData(module, TestKernels.text("/dev/hindsight/softgpu/launching.ptx")));
    kernels = new TestKernels(module);
  }

  private int launch(String kernel, int blocks, int threads, NativePointerObject... parameters) {
    Pointer passed = Pointer.to(parameters);
    return TestKernels.launch(kernels.function(kernel), blocks, threads, 0, passed);
  }

  private static Pointer one(int value) {
    return Pointer.to(new int[] {value});
  }

  @Test
  void eachGetsItsParameters() {
    int depth = 6;
    int[] tree = new int[(2 << depth) - 1];
    Arrays.setAll(tree, i -> i % 3);
    CUdeviceptr on = TestKernels.ints(tree);
    Pointer levels = Pointer.to(new byte[] {(byte) depth});
    ok(launch("grow", 1, 1, Pointer.to(on), levels, Pointer.to(new double[] {1.5}), one(0)));
    for (int i = 0; i < tree.length; i++) {
      int level = 31 - Integer.numberOfLeadingZeros(i + 1);
      tree[i] += (int) ((1.5 + level) * i);
    }
    assertThat(TestKernels.ints(on, tree.length)).isEqualTo(tree);
  }

  @Test
  void theyComeInTheOrderOfTheThreads() {
    CUdeviceptr log = TestKernels.ints(new int[1 + 40 * 48]);
    ok(launch("many", 40, 48, Pointer.to(log)));
    int[] wanted = IntStream.range(-1, 40 * 48).toArray();
    wanted[0] = 40 * 48;
    assertThat(TestKernels.ints(log, wanted.length)).isEqualTo(wanted);
  }

  @Test
  void streamsEventsAndWhatFollowsKeepTheirOrder() {
    CUdeviceptr log = TestKernels.ints(new int[8]);
    ok(launch("order", 1, 1, Pointer.to(log)));
    assertThat(TestKernels.ints(log, 8)).containsExactly(5, 1, 2, 3, 3, 9, 0, 0);
  }

  @Test
  void memoryOfAKernelOutlivesIt() {
    int n = 50;
    CUdeviceptr held = TestKernels.ints(0, 0);
    CUdeviceptr out = new CUdeviceptr();
    ok(cuMemAlloc(out, 4L * n));
    ok(launch("allocate", 1, 1, Pointer.to(held), one(n)));
    ok(launch("give", 1, 1, Pointer.to(held), Pointer.to(out), one(n)));
    assertThat(TestKernels.ints(out, n)).isEqualTo(IntStream.rangeClosed(1, n).toArray());
    assertThat(software.findings()).isEmpty();
  }

  @Test
  void anEmptyGridIsReported() {
    CUdeviceptr x = TestKernels.ints(new int[8]);
    fails(launch("empty", 1, 2, Pointer.to(x), one(8)), CudaResult.LAUNCH_FAILED);
    found(
        "Bad launch by a kernel: 0 bytes of shared memory, grid (0,1,1), block (32,1,1)",
        "at empty in launching.cu:60",
        "and 1 more");
  }

  @Test
  void aFaultOfAChildIsToldAsItsOwn() {
    CUdeviceptr x = TestKernels.ints(new int[8]);
    fails(launch("beyond", 1, 1, Pointer.to(x), one(8)), CudaResult.ILLEGAL_ADDRESS);
    found(
        "Invalid __global__ write of size 4 bytes",
        "at fill in launching.cu:38",
        "by thread (8,0,0)",
        "launch grid (1,1,1), block (9,1,1)");
  }

  @Test
  void copiesAndMemsetsStandInLine() {
    CUdeviceptr x = TestKernels.ints(5, 6, 7);
    CUdeviceptr y = TestKernels.ints(new int[9]);
    ok(launch("copies", 1, 1, Pointer.to(x), Pointer.to(y), one(3)));
    int set = 0x03030303;
    assertThat(TestKernels.ints(y, 9)).containsExactly(5, 6, 7, 7, 6, 5, 77, 7, set);
  }

  @Test
  void whatIsMissingHasItsName() {
    CUdeviceptr x = TestKernels.ints(new int[8]);
    fails(launch("ask", 1, 1, Pointer.to(x)), CudaResult.NOT_SUPPORTED);
  }

  /// Far more launches than a stack has room for, one behind the other; but 24 within each other.
  @Test
  void theyMayGoOnButNotDeep() {
    CUdeviceptr x = TestKernels.ints(0);
    Pointer tail = Pointer.to(new byte[] {1});
    Pointer below = Pointer.to(new byte[] {0});
    ok(launch("chain", 1, 1, Pointer.to(x), one(20_000), tail));
    ok(launch("chain", 1, 1, Pointer.to(x), one(24), below));
    assertThat(TestKernels.ints(x, 1)).containsExactly(20_001 + 25);
    fails(launch("chain", 1, 1, Pointer.to(x), one(25), below), CudaResult.LAUNCH_FAILED);
  }
}
