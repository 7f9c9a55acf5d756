package dev.hindsight.predict;

import dev.hindsight.error.UserException;
import dev.hindsight.predict.PtxTable.Row;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// What ptxas made of each kernel for one architecture: the table of `make -C cuda-build sass`.
public final class MachineCode {
  private final String architecture;
  private final Map<String, Kernel> kernels = new HashMap<>();

  /// Where an instruction is executed.
  public enum Pipe {
    FMA,
    TENSOR,
    SHARED,
    GLOBAL,
    /// Copies from global to shared memory that pass the registers.
    COPY,
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
  /// @param path a whole thread that takes each loop once, of a block that shares no sum
  /// @param again of that what lies in loops beside the main one
  /// @param split what comes on top each time that a block brings its part of a shared sum
  public record Kernel(
      int sharedBytes,
      int blocks,
      int fetchBytes,
      int stages,
      int turnFfma,
      int turnMma,
      Map<Pipe, Integer> turn,
      Map<Pipe, Integer> path,
      Map<Pipe, Integer> again,
      Map<Pipe, Integer> split) {

    int turn(Pipe pipe) {
      return turn.getOrDefault(pipe, 0);
    }

    int again(Pipe pipe) {
      return again.getOrDefault(pipe, 0);
    }

    int split(Pipe pipe) {
      return split.getOrDefault(pipe, 0);
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
    return SHIPPED.computeIfAbsent(architecture, MachineCode::new);
  }

  private MachineCode(String architecture) {
    this.architecture = architecture;
    for (Row row : PtxTable.rows("sass.tsv", architecture)) {
      kernels.put(
          row.text("kernel"),
          new Kernel(
              row.number("shared_bytes"),
              row.number("blocks"),
              row.number("fetch_bytes"),
              row.number("stages"),
              row.number("turn_ffma"),
              row.number("turn_mma"),
              pipes(row, "turn"),
              pipes(row, "path"),
              pipes(row, "again"),
              pipes(row, "split")));
    }
  }

  private static Map<Pipe, Integer> pipes(Row row, String what) {
    Map<Pipe, Integer> counts = new EnumMap<>(Pipe.class);
    for (Pipe pipe : Pipe.values()) {
      counts.put(pipe, row.number(what + "_" + pipe.name().toLowerCase(Locale.ROOT)));
    }
    return counts;
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
