package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.ptx.Function;
import dev.hindsight.softgpu.ptx.Parser;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What kernels that launch kernels call beside the launch: streams and events, which change
/// nothing, as launches are done in their order, and memory. It takes the place of what
/// `libcudadevrt` has under these names.
final class DeviceRuntime {
  private static final String PREFIX = "__cudaCDP2";

  /// Answers an error, 0, to so many parameters of these sizes.
  private static final String NOTHING =
      ".func (.param .b32 r) %s(%s) { st.param.b32 [r], 0; ret; }\n";

  /// Writes `%s` to where its first parameter points.
  private static final String WRITES =
      """
      .func (.param .b32 r) %s(.param .b64 p%s) {
        .reg .b64 %%a;
        ld.param.u64 %%a, [p];
        st.%s [%%a], %s;
        st.param.b32 [r], 0;
        ret;
      }
      """;

  /// Nothing fails here without a report, so the only text is `no error`.
  private static final String MEMORY =
      """
      .func (.param .b32 r) __cudaCDP2Malloc(.param .b64 p, .param .b64 bytes) {
        .reg .b64 %a<3>;
        .reg .b32 %e;
        .reg .pred %p;
        .param .b64 in;
        .param .b64 out;
        ld.param.u64 %a0, [p];
        ld.param.u64 %a1, [bytes];
        st.param.b64 [in], %a1;
        call.uni (out), malloc, (in);
        ld.param.b64 %a2, [out];
        st.u64 [%a0], %a2;
        setp.eq.u64 %p, %a2, 0;
        selp.b32 %e, 2, 0, %p;
        st.param.b32 [r], %e;
        ret;
      }
      .func (.param .b64 r) __cudaCDP2GetErrorString(.param .b32 e) {
        .local .align 8 .b8 text[16];
        .reg .b64 %a;
        mov.u64 %a, text;
        st.local.u64 [%a], 0x726f727265206f6e;
        st.local.u64 [%a+8], 0;
        cvta.local.u64 %a, %a;
        st.param.b64 [r], %a;
        ret;
      }
      .func (.param .b32 r) __cudaCDP2Free(.param .b64 p) {
        .reg .b64 %a;
        .param .b64 in;
        ld.param.u64 %a, [p];
        st.param.b64 [in], %a;
        call.uni free, (in);
        st.param.b32 [r], 0;
        ret;
      }
      """;

  private static final Map<String, Function> FUNCTIONS =
      Parser.parse(text(), "CUDA's device runtime").functions();

  private DeviceRuntime() {}

  private static String text() {
    String pointer = ".param .b64 a";
    String two = pointer + ", .param .b64 b";
    String flags = ", .param .b32 f";
    return ".version 7.0\n.target sm_70\n.address_size 64\n"
        + MEMORY
        + WRITES.formatted(PREFIX + "StreamCreateWithFlags", flags, "u64", "16")
        + WRITES.formatted(PREFIX + "EventCreateWithFlags", flags, "u64", "16")
        + WRITES.formatted(PREFIX + "GetDevice", "", "u32", "0")
        + WRITES.formatted(PREFIX + "GetDeviceCount", "", "u32", "1")
        + NOTHING.formatted(PREFIX + "StreamDestroy", pointer)
        + NOTHING.formatted(PREFIX + "EventDestroy", pointer)
        + NOTHING.formatted(PREFIX + "EventRecord", two)
        + NOTHING.formatted(PREFIX + "EventRecordWithFlags", two + flags)
        + NOTHING.formatted(PREFIX + "StreamWaitEvent", two + flags)
        + NOTHING.formatted(PREFIX + "GetLastError", "")
        + NOTHING.formatted(PREFIX + "PeekAtLastError", "");
  }

  /// Whether a function is one of CUDA's for kernels that launch kernels.
  static boolean has(String function) {
    return function.startsWith(PREFIX);
  }

  /// What it does, or null where the software GPU lacks it.
  static @Nullable Function function(String function) {
    return FUNCTIONS.get(function);
  }
}
