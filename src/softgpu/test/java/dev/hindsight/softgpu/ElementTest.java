package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import org.junit.jupiter.api.Test;

/// Elements of variables by their index, and the shared memory that CUDA keeps for itself.
class ElementTest {
  static final String PTX =
      """
      .version 7.6
      .target sm_80
      .address_size 64
      .global .align 4 .u32 table[8] = {1, 2, 3, 5, 8, 13, 21, 34};
      .visible .entry elements(.param .u64 p)
      {
        .reg.b64 %rd<6>; .reg.b32 %r<9>;
        .local .align 8 .b8 mine[16];
        ld.param.u64 %rd1, [p];
        mov.u64 %rd2, table[3];
        ld.global.u32 %r1, [%rd2];
        ld.global.u32 %r2, table[2];
        ld.global.u32 %r3, [table+20];
        mov.u64 %rd3, table[0];
        sub.u64 %rd4, %rd2, %rd3;
        cvt.u32.u64 %r4, %rd4;
        mov.u64 %rd5, mine[8];
        st.local.u32 [%rd5], 77;
        ld.local.u32 %r5, [mine+8];
        mov.u32 %r6, %reserved_smem_offset_1;
        st.shared.u32 [%r6], 99;
        ld.shared.u32 %r7, [%r6];
        mov.u32 %r8, %reserved_smem_offset_begin;
        st.global.v4.u32 [%rd1], {%r1, %r2, %r3, %r4};
        st.global.v2.u32 [%rd1+16], {%r5, %r7};
        mov.u32 %r1, %reserved_smem_offset_end;
        sub.u32 %r1, %r1, %r8;
        mov.u32 %r2, %reserved_smem_offset_cap;
        st.global.v2.u32 [%rd1+24], {%r1, %r2};
        ret;
      }
      """;

  @Test
  void anIndexCountsElements() {
    TestDevice device = new TestDevice(Options.standard(), PTX, "elements.ptx");
    long out = device.ints("out", new int[8]);
    device.launch("elements", new Dim3(1), new Dim3(1), out);
    assertThat(device.ints(out, 8)).containsExactly(5, 3, 13, 12, 77, 99, 1024, 1024);
  }
}
