package dev.hindsight.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.hindsight.testing.ChildJvm;
import dev.hindsight.testing.StubNccl;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// NCCL's library as it is found, and as its header describes it.
class NcclTest {
  @TempDir private Path folder;

  /// What a process says whose loader looks into our folder.
  private String report(Map<String, String> more) throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("LD_LIBRARY_PATH", folder.toString());
    ChildJvm child =
        ChildJvm.run(
            List.of("--enable-native-access=ALL-UNNAMED"),
            ChildJvm.classPath(_ -> true),
            NcclWorkers.Report.class,
            environment,
            List.of());
    assertThat(child.exit()).as("%s", child.err()).isZero();
    return String.join("\n", child.out());
  }

  @Test
  void isFoundWhereTheLoaderLooks() throws Exception {
    StubNccl.build(folder);
    assertThat(report(Map.of())).isEqualTo("NCCL 2.27.3");
  }

  @Test
  void oneThatIsMissingIsOneLine() throws Exception {
    String said = report(Map.of());
    assumeFalse(said.startsWith("NCCL "), "this machine has NCCL");
    assertThat(said)
        .isEqualTo(
            "no NCCL (wanted libnccl.so.2, got: cannot open shared object file: No such file or"
                + " directory; looked in LD_LIBRARY_PATH ("
                + folder
                + "), in the cache of ldconfig and in the system's folders; install NVIDIA's"
                + " package libnccl2, or let LD_LIBRARY_PATH name the folder that has it)");
  }

  @Test
  void aTextFileOfItsNameIsToldAsSuch() throws Exception {
    Files.writeString(folder.resolve(Nccl.LIBRARY), "no library, but text\n".repeat(20));
    assertThat(report(Map.of()))
        .startsWith("no NCCL (wanted libnccl.so.2, got: ")
        .contains("invalid ELF header");
  }

  @Test
  void oneThatIsTooOldIsTold() throws Exception {
    StubNccl.build(folder);
    assertThat(report(Map.of("HINDSIGHT_STUB_NCCL", "21003")))
        .startsWith("no NCCL (wanted NCCL 2.14.0 or later, got 2.10.3 (" + folder)
        .endsWith("install a newer libnccl2)");
    assertThat(Nccl.label(2708)).isEqualTo("2.7.8");
  }

  @Test
  void aFunctionThatIsMissingIsNamed() throws Exception {
    StubNccl.build(folder, "-DWITHOUT_RECEIVE");
    assertThat(report(Map.of()))
        .startsWith("no NCCL (wanted NCCL 2.14.0 or later, got a library without ncclRecv (");
  }

  @Test
  void twoOnOneGpuNeedAVersionThatCan() throws Exception {
    StubNccl.build(folder);
    var shared = new HashMap<>(Map.of("NCCL_MULTI_RANK_GPU_ENABLE", "1"));
    assertThat(report(shared)).isEqualTo("NCCL 2.27.3");
    shared.put("HINDSIGHT_STUB_NCCL", "23007");
    assertThat(report(shared)).isEqualTo("NCCL 2.30.7, which lets workers share a GPU");
  }

  /// `nccl.h`: the stub asserts the same of the structs as a C compiler lays them out.
  @Test
  void structsAreThoseOfTheHeader() {
    assertThat(Nccl.UNIQUE_ID.byteSize()).isEqualTo(128);
    assertThat(Nccl.CONFIG.byteSize()).isEqualTo(24);
    assertThat(
            List.of("size", "magic", "version", "blocking").stream()
                .map(name -> Nccl.CONFIG.byteOffset(PathElement.groupElement(name))))
        .containsExactly(0L, 8L, 12L, 16L);
  }

  @Test
  @SuppressWarnings("restricted") // libraries are what this class is for
  void functionsAreThoseOfTheHeader() throws Exception {
    Map<String, String> header =
        Map.ofEntries(
            Map.entry("ncclGetVersion", "i:p"),
            Map.entry("ncclGetErrorString", "p:i"),
            Map.entry("ncclGetLastError", "p:p"),
            Map.entry("ncclGetUniqueId", "i:p"),
            Map.entry("ncclCommInitRankConfig", "i:piSip"),
            Map.entry("ncclCommGetAsyncError", "i:pp"),
            Map.entry("ncclGroupStart", "i:"),
            Map.entry("ncclGroupEnd", "i:"),
            Map.entry("ncclSend", "i:pliipp"),
            Map.entry("ncclRecv", "i:pliipp"),
            Map.entry("ncclCommFinalize", "i:p"),
            Map.entry("ncclCommDestroy", "i:p"),
            Map.entry("ncclCommAbort", "i:p"));
    Map<String, String> ours = new HashMap<>();
    Nccl.FUNCTIONS.forEach((name, type) -> ours.put(name, letters(type)));
    assertThat(ours).isEqualTo(header);
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup stub = SymbolLookup.libraryLookup(StubNccl.build(folder), arena);
      assertThat(header.keySet()).allMatch(name -> stub.find(name).isPresent());
    }
  }

  private static String letters(FunctionDescriptor type) {
    StringBuilder text = new StringBuilder(letter(type.returnLayout().orElseThrow()) + ":");
    type.argumentLayouts().forEach(each -> text.append(letter(each)));
    return text.toString();
  }

  private static String letter(MemoryLayout layout) {
    return layout.equals(ValueLayout.ADDRESS)
        ? "p"
        : layout.equals(ValueLayout.JAVA_INT)
            ? "i"
            : layout.equals(ValueLayout.JAVA_LONG)
                ? "l"
                : layout.equals(Nccl.UNIQUE_ID) ? "S" : "?";
  }
}
