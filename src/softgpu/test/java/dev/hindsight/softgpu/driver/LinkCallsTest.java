package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUjitInputType;
import jcuda.driver.CUlinkState;
import jcuda.driver.CUmodule;
import jcuda.driver.JITOptions;
import org.junit.jupiter.api.Test;

/// PTX that is linked as the program runs.
class LinkCallsTest extends DriverTest {
  private static final String HEAD = ".version 8.0\n.target sm_80\n.address_size 64\n";

  /// Calls what the other defines, and has a table of the same name.
  private static final String CALLER =
      HEAD
          + """
          .extern .func (.param .b32 r) twice(.param .b32 x);
          .extern .global .align 4 .u32 bias;
          .global .align 4 .u32 table = 5;
          .weak .func (.param .b32 r) one() {
            .reg .b32 %r<2>;
            mov.u32 %r1, 1;
            st.param.b32 [r], %r1;
            ret;
          }
          .visible .entry run(.param .u64 out) {
            .reg .b32 %r<8>;
            .reg .b64 %rd<3>;
            ld.param.u64 %rd1, [out];
            mov.u32 %r1, %tid.x;
            { .param .b32 p; .param .b32 q;
              st.param.b32 [p], %r1;
              call (q), twice, (p);
              ld.param.b32 %r2, [q]; }
            ld.global.u32 %r3, [bias];
            ld.global.u32 %r4, [table];
            add.u32 %r2, %r2, %r3;
            add.u32 %r2, %r2, %r4;
            mul.wide.u32 %rd2, %r1, 4;
            add.u64 %rd1, %rd1, %rd2;
            st.global.u32 [%rd1], %r2;
            ret;
          }
          """;

  private static final String CALLED =
      HEAD
          + """
          .visible .global .align 4 .u32 bias = 1000;
          .global .align 4 .u32 table = 70;
          .weak .func (.param .b32 r) one() {
            .reg .b32 %r<2>;
            mov.u32 %r1, 1;
            st.param.b32 [r], %r1;
            ret;
          }
          .visible .func (.param .b32 r) twice(.param .b32 x) {
            .reg .b32 %r<4>;
            ld.param.u32 %r1, [x];
            ld.global.u32 %r2, [table];
            mad.lo.u32 %r3, %r1, 2, %r2;
            st.param.b32 [r], %r3;
            ret;
          }
          """;

  private final CUlinkState link = new CUlinkState();

  private int add(int type, String text) {
    byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
    return cuLinkAddData(link, type, Pointer.to(bytes), bytes.length, "part", new JITOptions());
  }

  private int complete(CUmodule module) {
    Pointer image = new Pointer();
    long[] bytes = {0};
    int result = cuLinkComplete(link, image, bytes);
    if (result == 0) {
      assertThat(bytes[0]).isPositive();
      ok(cuModuleLoadDataEx(module, image, 0, new int[0], Pointer.to(new int[0])));
    }
    return result;
  }

  @Test
  void oneTextDefinesWhatTheOtherNames() {
    for (boolean callerFirst : new boolean[] {true, false}) {
      ok(cuLinkCreate(new JITOptions(), link));
      ok(add(CUjitInputType.CU_JIT_INPUT_PTX, callerFirst ? CALLER : CALLED));
      ok(add(CUjitInputType.CU_JIT_INPUT_PTX, callerFirst ? CALLED : CALLER));
      CUmodule module = new CUmodule();
      ok(complete(module));
      ok(cuLinkDestroy(link));
      CUfunction run = new TestKernels(module).function("run");
      CUdeviceptr out = TestKernels.ints(new int[5]);
      ok(TestKernels.launch(run, 1, 5, 0, TestKernels.pointers(out)));
      assertThat(TestKernels.ints(out, 5)).containsExactly(1075, 1077, 1079, 1081, 1083);
      ok(cuMemFree(out));
    }
    assertThat(software.findings()).isEmpty();
  }

  @Test
  void whatIsThereTwiceOrIsNoPtxIsRefused() {
    ok(cuLinkCreate(new JITOptions(), link));
    ok(add(CUjitInputType.CU_JIT_INPUT_PTX, CALLED));
    ok(add(CUjitInputType.CU_JIT_INPUT_PTX, CALLED));
    fails(complete(new CUmodule()), CudaResult.INVALID_PTX);
    fails(add(CUjitInputType.CU_JIT_INPUT_PTX, "nothing"), CudaResult.INVALID_PTX);
    fails(add(CUjitInputType.CU_JIT_INPUT_LIBRARY, "!<arch>"), CudaResult.NOT_SUPPORTED);
    ok(cuLinkDestroy(link));
    fails(cuLinkDestroy(link), CudaResult.INVALID_HANDLE);
  }
}
