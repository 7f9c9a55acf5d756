package dev.hindsight.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.hindsight.natives.Downcalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The library of NCCL's name that moves bytes over sockets, see `nccl_stub.c`.
public final class StubNccl {
  private static final String NAME = "libnccl.so.2";
  private static final Path SOURCE = Path.of("src/hindsight/testing/c/nccl_stub.c");

  private final MethodHandle fail;

  private StubNccl(MethodHandle fail) {
    this.fail = fail;
  }

  /// Builds it.
  ///
  /// @param flags of the compiler
  public static Path build(Path folder, String... flags) throws IOException, InterruptedException {
    Path library = folder.resolve(NAME);
    List<String> command = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-pthread"));
    command.addAll(List.of(flags));
    command.addAll(
        List.of("-Wl,-soname," + NAME, "-o", library.toString(), SOURCE.toString(), "-ldl"));
    Process cc = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(cc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (cc.waitFor() != 0) {
      throw new AssertionError("cc: " + said);
    }
    return library;
  }

  /// Loads it, so that it is what the system's loader finds by its name from now on.
  @SuppressWarnings("restricted")
  public static StubNccl load(Path library) {
    System.load(library.toString());
    SymbolLookup symbols = SymbolLookup.libraryLookup(NAME, Arena.global());
    return new StubNccl(
        Downcalls.handle(symbols, "hindsight_stub_fail", FunctionDescriptor.ofVoid(ADDRESS)));
  }

  /// Lets a function of it fail from now on.
  ///
  /// @param function by name; `messages` fails after they were queued; empty for none
  public void fail(String function) {
    try (Arena arena = Arena.ofConfined()) {
      fail.invokeExact(arena.allocateFrom(function));
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
