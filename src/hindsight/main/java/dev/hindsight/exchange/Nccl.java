package dev.hindsight.exchange;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.hindsight.natives.Downcalls;
import dev.hindsight.natives.SharedLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// NVIDIA's library that moves bytes between GPUs, by its C functions (`nccl.h`). It is loaded as
/// the driver is, by name from where the system's loader looks. Nothing in it that adds is called.
final class Nccl {
  static final String LIBRARY = "libnccl.so.2";

  /// The first with communicators that never block.
  static final int LEAST = 21400;

  /// `ncclResult_t`
  static final int SUCCESS = 0;

  static final int IN_PROGRESS = 7;

  private static final List<String> RESULTS =
      List.of(
          "ncclSuccess",
          "ncclUnhandledCudaError",
          "ncclSystemError",
          "ncclInternalError",
          "ncclInvalidArgument",
          "ncclInvalidUsage",
          "ncclRemoteError",
          "ncclInProgress",
          "ncclTimeout");

  /// `ncclUniqueId`, which C passes by value.
  static final StructLayout UNIQUE_ID =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(128, JAVA_BYTE).withName("internal"));

  /// `ncclConfig_t` as 2.14 had it. Later ones are longer; NCCL reads as much as `size` says and
  /// has its defaults for what came after `version`.
  static final StructLayout CONFIG =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("size"),
          JAVA_INT.withName("magic"),
          JAVA_INT.withName("version"),
          JAVA_INT.withName("blocking"),
          MemoryLayout.paddingLayout(4));

  private static final int CONFIG_MAGIC = 0xcafebeef;

  /// `ncclUint8`
  private static final int BYTES = 1;

  /// All that is called.
  static final Map<String, FunctionDescriptor> FUNCTIONS = functions();

  private static @Nullable Nccl loaded;

  private final Map<String, MethodHandle> handles;
  private final int version;

  /// @param library null where there is none that would do
  /// @param detail where it lies, or what was wanted, what was got and what to do
  record Attempt(@Nullable Nccl library, String detail) {}

  private Nccl(SymbolLookup symbols, int version) {
    this.version = version;
    this.handles =
        FUNCTIONS.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    each -> Downcalls.handle(symbols, each.getKey(), each.getValue())));
  }

  private static Map<String, FunctionDescriptor> functions() {
    Map<String, FunctionDescriptor> all = new LinkedHashMap<>();
    all.put("ncclGetVersion", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    all.put("ncclGetErrorString", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    all.put("ncclGetLastError", FunctionDescriptor.of(ADDRESS, ADDRESS));
    all.put("ncclGetUniqueId", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    all.put(
        "ncclCommInitRankConfig",
        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, UNIQUE_ID, JAVA_INT, ADDRESS));
    all.put("ncclCommGetAsyncError", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    all.put("ncclGroupStart", FunctionDescriptor.of(JAVA_INT));
    all.put("ncclGroupEnd", FunctionDescriptor.of(JAVA_INT));
    FunctionDescriptor move =
        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    all.put("ncclSend", move);
    all.put("ncclRecv", move);
    all.put("ncclCommFinalize", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    all.put("ncclCommDestroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    all.put("ncclCommAbort", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    return all;
  }

  /// The library of this process.
  ///
  /// @throws ExchangeException when there is none that would do, in one line
  static Nccl load() {
    Attempt attempt = tryLoad();
    if (attempt.library() == null) {
      throw new ExchangeException("NCCL: " + attempt.detail());
    }
    return attempt.library();
  }

  /// Looks for it. What loads stays loaded.
  @SuppressWarnings("restricted") // native code is what this class is for
  static synchronized Attempt tryLoad() {
    SharedLibrary found = SharedLibrary.tryLoad(LIBRARY);
    if (!found.found()) {
      return new Attempt(
          null,
          "wanted %s, got: %s; looked in LD_LIBRARY_PATH (%s), in the cache of ldconfig and in the system's folders; install NVIDIA's package libnccl2, or let LD_LIBRARY_PATH name the folder that has it"
              .formatted(
                  LIBRARY,
                  found.detail(),
                  Objects.requireNonNullElse(System.getenv("LD_LIBRARY_PATH"), "not set")));
    }
    if (loaded != null) {
      return new Attempt(loaded, found.detail());
    }
    SymbolLookup symbols = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
    for (String name : FUNCTIONS.keySet()) {
      if (symbols.find(name).isEmpty()) {
        return new Attempt(
            null,
            "wanted NCCL %s or later, got a library without %s (%s); install NVIDIA's package libnccl2"
                .formatted(label(LEAST), name, found.detail()));
      }
    }
    int version = version(symbols);
    if (version < LEAST) {
      return new Attempt(
          null,
          "wanted NCCL %s or later, got %s (%s); install a newer libnccl2"
              .formatted(label(LEAST), label(version), found.detail()));
    }
    loaded = new Nccl(symbols, version);
    return new Attempt(loaded, found.detail());
  }

  private static int version(SymbolLookup symbols) {
    String name = "ncclGetVersion";
    MethodHandle ask = Downcalls.handle(symbols, name, Objects.requireNonNull(FUNCTIONS.get(name)));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment version = arena.allocate(JAVA_INT);
      int result = call(() -> (int) ask.invokeExact(version));
      return result == SUCCESS ? version.get(JAVA_INT, 0) : 0;
    }
  }

  int version() {
    return version;
  }

  /// `2.27.3` of 22703, and of 2708 what it was before 2.9: `2.7.8`.
  static String label(int version) {
    int major = version < 10000 ? version / 1000 : version / 10000;
    int minor = version < 10000 ? version / 100 % 10 : version / 100 % 100;
    return "%d.%d.%d".formatted(major, minor, version % 100);
  }

  private interface Call {
    int run() throws Throwable;
  }

  private static int call(Call call) {
    try {
      return call.run();
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private MethodHandle handle(String name) {
    return Objects.requireNonNull(handles.get(name));
  }

  /// Fails where a result is neither a success nor the promise of one.
  void check(String name, int result) {
    if (result != SUCCESS && result != IN_PROGRESS) {
      throw new ExchangeException(
          "NCCL: wanted %s to succeed, got %s (%d): %s%s"
              .formatted(
                  name,
                  result > 0 && result < RESULTS.size() ? RESULTS.get(result) : "a result",
                  result,
                  words("ncclGetErrorString", result),
                  lastError()));
    }
  }

  private String lastError() {
    String last = words("ncclGetLastError", MemorySegment.NULL);
    return last.isEmpty() ? "" : "; " + last;
  }

  /// The string that a function returns, in one line.
  @SuppressWarnings("restricted") // a C string has no length
  private String words(String name, Object of) {
    try {
      MemorySegment text = (MemorySegment) handle(name).invoke(of);
      return text.address() == 0
          ? ""
          : text.reinterpret(Long.MAX_VALUE).getString(0).strip().replaceAll("\\s+", " ");
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /// The id of a new communicator; who has it can take part.
  byte[] uniqueId() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment id = arena.allocate(UNIQUE_ID);
      MethodHandle get = handle("ncclGetUniqueId");
      check("ncclGetUniqueId", call(() -> (int) get.invokeExact(id)));
      return id.toArray(JAVA_BYTE);
    }
  }

  /// Begins to make a communicator that never blocks.
  ///
  /// @param out where its handle goes; it must stay until the communicator is gone
  /// @return the result
  int initialize(MemorySegment out, byte[] uniqueId, int rank, int world) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment id = arena.allocate(UNIQUE_ID);
      MemorySegment.copy(uniqueId, 0, id, JAVA_BYTE, 0, uniqueId.length);
      MemorySegment config = arena.allocate(CONFIG);
      config.set(JAVA_LONG, 0, CONFIG.byteSize());
      config.set(JAVA_INT, 8, CONFIG_MAGIC);
      config.set(JAVA_INT, 12, LEAST);
      config.set(JAVA_INT, 16, 0); // blocking
      MethodHandle begin = handle("ncclCommInitRankConfig");
      return call(() -> (int) begin.invokeExact(out, world, id, rank, config));
    }
  }

  /// From now on until [#groupEnd] this thread's messages are one group.
  int groupStart() {
    MethodHandle start = handle("ncclGroupStart");
    return call(() -> (int) start.invokeExact());
  }

  /// Queues them.
  int groupEnd() {
    MethodHandle end = handle("ncclGroupEnd");
    return call(() -> (int) end.invokeExact());
  }

  /// Calls a function of a communicator alone.
  int of(String name, MemorySegment communicator) {
    MethodHandle function = handle(name);
    return call(() -> (int) function.invokeExact(communicator));
  }

  /// `ncclSend` or `ncclRecv`.
  ///
  /// @param address on the GPU
  int move(
      String name, long address, long bytes, int peer, MemorySegment communicator, long stream) {
    MethodHandle function = handle(name);
    MemorySegment memory = MemorySegment.ofAddress(address);
    MemorySegment queue = MemorySegment.ofAddress(stream);
    return call(() -> (int) function.invokeExact(memory, bytes, BYTES, peer, communicator, queue));
  }

  /// How a communicator is: well, busy, or what has happened to it.
  ///
  /// @param out room for an int
  int state(MemorySegment communicator, MemorySegment out) {
    MethodHandle ask = handle("ncclCommGetAsyncError");
    int result = call(() -> (int) ask.invokeExact(communicator, out));
    return result == SUCCESS ? out.get(JAVA_INT, 0) : result;
  }
}
