package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A kernel that holds many values at once still runs in large blocks: ptxas spills what does not
/// fit its launch bounds.
class RegisterLimitTest extends DriverTest {
  private static final int VALUES = 300;

  /// Loads many values, then adds them up, so that all of them are live at once.
  private static CUfunction kernel(String bounds) {
    StringBuilder ptx = new StringBuilder(".version 7.0\n.target sm_80\n.address_size 64\n");
    ptx.append(".visible .entry sum(.param .u64 x, .param .u64 y)\n").append(bounds);
    ptx.append("\n{\n.reg .b64 %q<3>;\n.reg .b32 %r<").append(VALUES + 2).append(">;\n");
    ptx.append("ld.param.u64 %q1, [x];\nld.param.u64 %q2, [y];\n");
    for (int i = 0; i < VALUES; i++) {
      ptx.append("ld.global.u32 %r").append(i).append(", [%q1+").append(4 * i).append("];\n");
    }
    ptx.append("mov.u32 %r").append(VALUES).append(", 0;\n");
    for (int i = 0; i < VALUES; i++) {
      ptx.append("mad.lo.u32 %r").append(VALUES).append(", %r").append(VALUES);
      ptx.append(", 3, %r").append(i).append(";\n");
    }
    ptx.append("red.global.add.u32 [%q2], %r").append(VALUES).append(";\nret;\n}\n");
    CUmodule module = new CUmodule();
    ok(cuModuleLoadData(module, ptx.toString()));
    return new TestKernels(module).function("sum");
  }

  private static int registers(CUfunction function) {
    int[] value = {-1};
    ok(cuFuncGetAttribute(value, CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS, function));
    return value[0];
  }

  @ParameterizedTest
  @CsvSource({
    "'', 255",
    ".maxntid 1024, 64",
    ".maxntid 1000, 64",
    "'.maxntid 32, 8, 1', 255",
    ".maxntid 257, 224",
    ".reqntid 512, 128",
    ".maxnreg 40, 40",
    ".maxntid 1024 .maxnreg 32, 32",
    ".minnctapersm 4 .maxntid 256, 64",
  })
  void launchBoundsCapTheEstimate(String bounds, int most) {
    assertThat(registers(kernel(bounds))).isEqualTo(most);
  }

  @ParameterizedTest
  @CsvSource({"'', 1024", ".maxntid 1024, 1024", ".maxntid 257, 257", ".maxntid 672, 672"})
  void anEstimateNeverRefusesALaunch(String bounds, int threads) {
    CUfunction sum = kernel(bounds);
    int[] values = new int[VALUES];
    int wanted = 0;
    for (int i = 0; i < VALUES; i++) {
      values[i] = i * i;
      wanted = wanted * 3 + i * i;
    }
    CUdeviceptr y = TestKernels.ints(0);
    ok(TestKernels.launch(sum, 1, threads, 0, TestKernels.pointers(TestKernels.ints(values), y)));
    assertThat(TestKernels.ints(y, 1)).containsExactly(wanted * threads);
    int[] blocks = {0};
    ok(cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, sum, threads, 0));
    assertThat(blocks[0]).as("blocks of one multiprocessor").isPositive();
  }

  @Test
  void launchBoundsStillBind() {
    CUfunction sum = kernel(".maxntid 64");
    CUdeviceptr x = TestKernels.ints(new int[VALUES]);
    fails(
        TestKernels.launch(sum, 1, 96, 0, TestKernels.pointers(x, x)),
        CudaResult.LAUNCH_OUT_OF_RESOURCES);
  }
}
