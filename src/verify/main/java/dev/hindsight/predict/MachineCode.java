package dev.hindsight.predict;

import dev.hindsight.error.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// What ptxas made of each kernel for one architecture: the table of `make -C cuda-build sass`.
public final class MachineCode {
  private static final String TABLE = "/dev/hindsight/ptx/sass.tsv";

  private final String architecture;
  private final Map<String, Kernel> kernels = new HashMap<>();

  /// Where an instruction is executed.
  public enum Pipe {
    FMA,
    TENSOR,
    SHARED,
    GLOBAL,
    MUFU,
    INTEGER,
    UNIFORM,
    CONTROL
  }

  /// One kernel. Instructions are a warp's, bytes a thread's unless said otherwise.
  ///
  /// @param blocks that a multiprocessor holds at once, without dynamic shared memory
  /// @param fetchBytes that a thread loads in one turn of the main loop
  /// @param stages turns that are on their way at once
  /// @param turnFfma multiply-adds of a turn
  /// @param turnMma products on tensor cores of a turn
  /// @param turn one turn of the main loop; nothing where there is no loop
  /// @param path a whole thread that takes each loop once
  public record Kernel(
      String name,
      int threads,
      int registers,
      int sharedBytes,
      int spills,
      int blocks,
      int fetchBytes,
      int stages,
      int turnFfma,
      int turnMma,
      Map<Pipe, Integer> turn,
      Map<Pipe, Integer> path) {

    int turn(Pipe pipe) {
      return turn.getOrDefault(pipe, 0);
    }

    /// Outside the main loop.
    int rest(Pipe pipe) {
      return Math.max(0, path.getOrDefault(pipe, 0) - turn(pipe));
    }
  }

  private static final Map<String, MachineCode> SHIPPED = new ConcurrentHashMap<>();

  /// Of the kernels that ship; read once.
  ///
  /// @param architecture `sm_90`
  public static MachineCode shipped(String architecture) {
    return SHIPPED.computeIfAbsent(architecture, name -> new MachineCode(name, table()));
  }

  MachineCode(String architecture, String table) {
    this.architecture = architecture;
    List<String> lines = table.lines().filter(line -> !line.startsWith("#")).toList();
    List<String> names = List.of(lines.getFirst().split("\t", -1));
    for (String line : lines.subList(1, lines.size())) {
      var row = new Row(names, line.split("\t", -1));
      if (row.text("arch").equals(architecture)) {
        kernels.put(row.text("kernel"), row.kernel());
      }
    }
  }

  private record Row(List<String> names, List<String> cells) {
    Row(List<String> names, String[] cells) {
      this(names, Arrays.asList(cells));
    }

    String text(String name) {
      return cells.get(names.indexOf(name));
    }

    int number(String name) {
      return Integer.parseInt(text(name));
    }

    Map<Pipe, Integer> pipes(String what) {
      Map<Pipe, Integer> counts = new EnumMap<>(Pipe.class);
      for (Pipe pipe : Pipe.values()) {
        counts.put(pipe, number(what + "_" + pipe.name().toLowerCase(Locale.ROOT)));
      }
      return counts;
    }

    Kernel kernel() {
      return new Kernel(
          text("kernel"),
          number("threads"),
          number("registers"),
          number("shared_bytes"),
          number("spills"),
          number("blocks"),
          number("fetch_bytes"),
          number("stages"),
          number("turn_ffma"),
          number("turn_mma"),
          pipes("turn"),
          pipes("path"));
    }
  }

  private static String table() {
    try (InputStream in = MachineCode.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException(TABLE + " is not on the class path; build again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + TABLE, e);
    }
  }

  /// A kernel by its name; nothing where the table does not have it yet.
  public Optional<Kernel> find(String kernel) {
    return Optional.ofNullable(kernels.get(kernel));
  }

  /// The same of a kernel that is needed.
  ///
  /// @throws UserException where the table does not have it
  Kernel of(String kernel) {
    return find(kernel)
        .orElseThrow(
            () ->
                new UserException(
                    "sass.tsv has no kernel %s for %s; run 'make -C cuda-build sass'"
                        .formatted(kernel, architecture)));
  }
}
