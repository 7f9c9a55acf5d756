package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Options;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A program that is not Java's, with this driver inside it: one of nvcc that calls CUDA's runtime
/// library, or one of the driver API. Its first call starts Java in its own process. So does that
/// of any program which it starts.
public final class HostProgram {
  private static final long MOST_READ = 1L << 30;
  private static final String LIBRARY_PATH = "LD_LIBRARY_PATH";
  private static final String PRELOAD = "LD_PRELOAD";

  private HostProgram() {}

  /// Runs a program with its arguments to its end; its status, or 128 and the signal that ended it.
  /// Throws IllegalStateException where it cannot start, with one line that says what to do.
  ///
  /// @param settings of the driver, as `-Dhindsight.softgpu.check=all`
  public static int run(List<String> command, List<String> settings) throws InterruptedException {
    refuseOtherRuntimes(Path.of(command.getFirst()));
    Path library = ShimBuild.library();
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    Path nvrtc = ShimBuild.nvrtc();
    String path =
        Stream.of(
                library.getParent(),
                System.getenv(LIBRARY_PATH),
                nvrtc == null ? null : nvrtc.getParent())
            .filter(Objects::nonNull)
            .map(Object::toString)
            .collect(Collectors.joining(":"));
    builder.environment().put(LIBRARY_PATH, path);
    builder.environment().merge(PRELOAD, ShimBuild.PRELOAD, (before, ours) -> ours + ":" + before);
    builder
        .environment()
        .put("HINDSIGHT_SOFTGPU", String.join("\n", javaOptions(library, settings)));
    try {
      Process program = builder.start();
      Runtime.getRuntime().addShutdownHook(new Thread(program::destroy));
      return program.waitFor();
    } catch (IOException e) {
      throw new IllegalStateException("softgpu: " + e.getMessage(), e);
    }
  }

  /// The program's own loader finds what it lists; these it would not. What the program has in
  /// itself is up to the library that is loaded first.
  private static void refuseOtherRuntimes(Path program) {
    try {
      if (!Files.isRegularFile(program) || Files.size(program) > MOST_READ) {
        return; // starting it says why, or finds it on PATH
      }
      String text = Files.readString(program, StandardCharsets.ISO_8859_1);
      if (text.startsWith("\u007fELF")
          && text.contains("libcudart.so.")
          && ShimBuild.RUNTIMES.stream().noneMatch(text::contains)) {
        throw new IllegalStateException(
            "softgpu: wanted a program that loads one of %s, got one of an older CUDA; build it with CUDA 12 or 13"
                .formatted(String.join(", ", ShimBuild.RUNTIMES)));
      }
    } catch (IOException e) {
      throw new IllegalStateException("softgpu: cannot read " + program + ": " + e.getMessage(), e);
    }
  }

  /// The file of this JVM, and the options of the one in the program.
  private static List<String> javaOptions(Path library, List<String> settings) {
    List<String> options = new ArrayList<>();
    options.add(Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-X"))
        .forEach(options::add);
    options.addAll(settings);
    URI ours =
        URI.create(
            HostProgram.class.getProtectionDomain().getCodeSource().getLocation().toString());
    options.add("-Djava.class.path=" + Path.of(ours));
    options.add("-D" + ShimBuild.PREBUILT + "=" + library);
    options.add("--enable-native-access=ALL-UNNAMED");
    options.add("-Xrs"); // signals are the program's
    options.add("-XX:+UseG1GC");
    options.add("-XX:+DisplayVMOutputToStderr");
    return options;
  }

  /// What kernels print goes where the program prints.
  private static final class ProgramOutput extends OutputStream {
    @Override
    public void write(int one) {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment copy = arena.allocate(count);
        MemorySegment.copy(bytes, from, copy, ValueLayout.JAVA_BYTE, 0, count);
        Shim.write(copy.address(), count);
      }
    }
  }

  /// Called by `libcuda.so.1` in the program's process: installs the driver. 0 where it could not
  /// and has said why.
  @SuppressWarnings("UnusedMethod")
  private static int start() {
    try {
      InstalledDriver driver = InstalledDriver.inProgram(Options.ofProperties());
      Shim.atEnd(upcall(driver));
      System.setOut(new PrintStream(new ProgramOutput(), true, StandardCharsets.UTF_8));
      return 1;
    } catch (IllegalArgumentException | IllegalStateException e) {
      System.err.println(e.getMessage());
      return 0;
    }
  }

  @SuppressWarnings("restricted")
  private static long upcall(InstalledDriver driver) {
    try {
      var conclude =
          MethodHandles.lookup()
              .findVirtual(InstalledDriver.class, "conclude", MethodType.methodType(int.class))
              .bindTo(driver);
      return Linker.nativeLinker()
          .upcallStub(conclude, FunctionDescriptor.of(ValueLayout.JAVA_INT), Arena.global())
          .address();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
