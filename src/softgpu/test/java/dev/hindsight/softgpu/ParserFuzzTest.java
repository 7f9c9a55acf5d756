package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.OutOfDeviceMemory;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.device.PtxModule;
import dev.hindsight.softgpu.device.SimulatedDevice;
import dev.hindsight.softgpu.ptx.PtxException;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Broken PTX text is refused with a [PtxException] that names a line, and never hangs the loader.
@Tag("slow")
class ParserFuzzTest {
  private static final String HEAD = ".version 7.0\n.target sm_80\n.address_size 64\n";
  private static final int ROUNDS = 400;
  private static final String[] SNIPPETS = {
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "@",
    "!",
    "%r1",
    "%",
    "0x",
    "0f",
    "0fZZ",
    "-",
    "+",
    ".reg .b32 %x<999999999>;",
    ".shared .b8 big[99999999999];",
    "\"",
    "/*",
    "//",
    "<",
    ">",
    ":",
    "99999999999999999999",
    ".align 3",
    "bra $L__BB0_1;",
    "\u0000",
    "\u00e4",
    "ld.global.f32",
    "$"
  };

  @ParameterizedTest
  @Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // a loop
  @ValueSource(strings = {"good.ptx", "faulty_threads.ptx"})
  void brokenTextIsRefused(String resource) {
    String whole = TestDevice.text(resource);
    Random random = new Random(resource.hashCode());
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String broken = mutate(mutate(whole, random), random);
      refused += refuses(broken) ? 1 : 0;
    }
    assertThat(refused).as("mutations that are errors").isGreaterThan(ROUNDS / 4);
  }

  private static boolean refuses(String text) {
    try {
      new SimulatedDevice(Options.standard()).load(text, "fuzz");
      return false;
    } catch (PtxException | OutOfDeviceMemory refused) {
      assertThat(refused.getMessage()).isNotBlank();
      return true;
    }
  }

  private static String mutate(String text, Random random) {
    int at = random.nextInt(text.length());
    int length = random.nextInt(20);
    int end = Math.min(text.length(), at + length);
    return switch (random.nextInt(5)) {
      case 0 -> text.substring(0, at) + text.substring(end);
      case 1 ->
          text.substring(0, at) + SNIPPETS[random.nextInt(SNIPPETS.length)] + text.substring(at);
      case 2 ->
          text.substring(0, at)
              + (char) (32 + random.nextInt(95))
              + text.substring(Math.min(text.length(), at + 1));
      case 3 -> text.substring(0, at) + text.substring(at, end) + text.substring(at);
      default ->
          random.nextInt(8) == 0
              ? text.substring(0, at)
              : text.substring(0, at) + "." + text.substring(at);
    };
  }

  /// What the software GPU lacks, and mistakes that only show where an instruction is understood.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "add.f33 %r1, %r1, %r1; | wanted a type",
        "add.rq.f32 %f1, %f1, %f1; | modifier .rq is not supported",
        "tcgen05.wait::ld.sync.aligned; | opcode is not supported",
        "add.s32 %r1, %r1; | wanted 3 operands",
        "add.s32 %r1, %r1, %q9; | ",
        "ld.global.v4.f32 {%f1, %f1}, [%rd1]; | wanted 4 registers",
        "ld.global.f32 %f1, %rd1; | wanted an address in brackets",
        "bra NOWHERE; | no label NOWHERE",
        "mov.u32 %r1, %nosuch.x; | special register %nosuch.x is not supported",
        "call.uni (r), nowhere, (); | function nowhere is not in the module",
        "tex.2d.v2.f16x2.f32 {%r1, %r2}, [%rd1, {%f1, %f2}]; | tex.2d.v2.f16x2.f32: wanted .v4",
        "suld.b.1d.v2.b32.trap {%r1, %r2}, [surf, {%r3}]; | wanted a 64-bit operand",
        "cp.reduce [%rd1, {%r1}], [%rd2]; | cp.reduce: wanted .async",
        "bmsk.b32 %r1, %r1, %r1; | wanted .clamp or .wrap",
        "shfl.sync.side.b32 %r1, %r1, 1, 31, -1; | wanted .up, .down, .bfly or .idx",
        "wmma.load.a.sync.aligned.row.m16n16k16.global.f16 {%r1}, [%rd1]; | wanted 8 registers, got 1",
        "cp.async.bulk.tensor.2d.shared::cluster.global [%r1], [%rd1, {%r2, %r3}], [%r1]; | line 6",
        "mbarrier.init.shared.b64 [%r1]; | wanted operand 2, got 1",
        "call (), 5, (); | wanted a function",
        "mov.u64 %rd1, outside; | external variable outside is not supported",
        "mov.u64 %rd1, table; | initialiser of table names k",
        "mov.u32 %r1, %reserved_smem_offset_9; | special register %reserved_smem_offset_9 is not",
        "vadd4.u32.u32.u32 %r1.b0, %r1, %r1, %r1; | parts that are selected",
        "add.cc.f32 %f1, %f1, %f1; | wanted 32 or 64 bits",
      })
  void aKernelIsRefusedWhenItIsLaunched(String instruction, String reason) {
    SimulatedDevice device = new SimulatedDevice(Options.standard());
    PtxModule module = device.load(HEAD + GLOBALS + kernel(instruction) + GOOD, "bad.ptx");
    launch(device, module, "good");
    boolean ofVariable = reason != null && reason.contains("able");
    assertThatThrownBy(() -> launch(device, module, "k"))
        .isInstanceOf(PtxException.class)
        .hasMessageContaining(ofVariable ? "bad.ptx: " : "bad.ptx line 6")
        .hasMessageContaining(reason == null ? "" : reason);
  }

  private static final String GLOBALS =
      ".extern .global .b32 outside; .global .texref image; .global .b64 table[2] = {k, generic(k)};";

  private static final String GOOD = ".visible .entry good() { ret; }\n";

  private static String kernel(String instruction) {
    return ".visible .entry k() {\n.reg .b32 %r<4>; .reg .f32 %f<4>; .reg .b64 %rd<4>;\n"
        + instruction
        + "\nret;\n}\n";
  }

  private static void launch(SimulatedDevice device, PtxModule module, String name) {
    Kernel kernel = Objects.requireNonNull(module.kernel(name));
    device.launch(kernel, new Dim3(1), new Dim3(1), 0, new byte[0], false);
  }

  /// What is no PTX is refused with its module.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frobnicate.s32 %r1; | wanted an opcode, got 'frobnicate.s32'",
        "add.s32 %r1 %r2, %r3; | wanted ','",
        "cp.async [%r1, {%r2}]} | wanted ','",
        "@%r1 bra NOWHERE; | wanted a predicate",
      })
  void aTextThatIsNoPtxIsRefusedWhole(String instruction, String reason) {
    refused(HEAD + "\n" + kernel(instruction))
        .hasMessageContaining("bad.ptx line")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {".blocksareclusters", ".abi_preserve 8"})
  void attributesThatChangeALaunchAreRefusedWithIt(String attribute) {
    SimulatedDevice device = new SimulatedDevice(Options.standard());
    String text = HEAD + ".visible .entry k() " + attribute + " { ret; }\n" + GOOD;
    PtxModule module = device.load(text, "bad.ptx");
    launch(device, module, "good");
    assertThatThrownBy(() -> launch(device, module, "k"))
        .hasMessageContaining("bad.ptx line 4: function attribute '" + attribute.split(" ", -1)[0])
        .hasMessageContaining("is not supported");
  }

  @Test
  void endlessRecursionIsFound() {
    SimulatedDevice device = new SimulatedDevice(Options.standard());
    PtxModule module =
        device.load(
            HEAD + ".func f() { call.uni f, (); ret; }\n.visible .entry k() { call f, (); ret; }\n",
            "bad.ptx");
    assertThatThrownBy(() -> launch(device, module, "k"))
        .isInstanceOf(DeviceFault.class)
        .hasMessageContaining("Stack overflow: f is called at depth");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(String text) {
    return assertThatThrownBy(() -> new SimulatedDevice(Options.standard()).load(text, "bad.ptx"))
        .isInstanceOf(PtxException.class);
  }
}
