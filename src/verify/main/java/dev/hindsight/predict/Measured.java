package dev.hindsight.predict;

import dev.hindsight.error.UserException;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;

/// What `bench --constants` measured on a GPU, in place of what [GpuRates] takes from others.
///
/// @param gpu as its driver calls it
/// @param clock GHz while tensor cores multiply, or FP32 units where there are none
/// @param fp32 teraflops of multiply-adds
/// @param bf16 teraflops of `mma.sync`; 0 where the GPU has none
public record Measured(
    String gpu, double clock, double fp32, double bf16, Memory l2, Memory dram, Waits waits) {
  /// What a memory reaches.
  ///
  /// @param gigabytes that it moves in a second
  /// @param latency clocks until what it has arrives
  public record Memory(double gigabytes, double latency) {}

  /// Microseconds in which nothing is computed.
  ///
  /// @param node from the end of a node of a graph to the start of the next
  /// @param launch of a kernel from the host, behind another one
  /// @param gridBarrier over all multiprocessors
  public record Waits(double node, double launch, double gridBarrier) {}

  /// Reads the file that `bench --constants` wrote.
  ///
  /// @throws UserException when it holds something else
  public static Measured read(Path file) {
    try {
      String text = Json.read(file).toString();
      Measured all = Json.record(text, Measured.class);
      if (all.gpu != null
          && all.l2 != null
          && all.dram != null
          && all.waits != null
          && all.fits()) {
        return all;
      }
    } catch (JacksonException | FormatException _) {
      // told below
    }
    throw new UserException(
        "--constants: %s is not what 'hindsight bench --constants' writes; name that file"
            .formatted(file));
  }

  /// For people, and for a log.
  public Map<String, Object> row() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("gpu", gpu);
    row.put("clock_ghz", clock);
    row.put("fma_tflops", fp32);
    row.put("mma_bf16_tflops", bf16);
    row.put("l2_gb_per_s", l2.gigabytes);
    row.put("l2_clocks", l2.latency);
    row.put("copy_gb_per_s", dram.gigabytes);
    row.put("dram_clocks", dram.latency);
    row.put("node_us", waits.node);
    row.put("launch_us", waits.launch);
    row.put("grid_barrier_us", waits.gridBarrier);
    return row;
  }

  private boolean fits() {
    return clock > 0
        && fp32 > 0
        && bf16 >= 0
        && Math.min(l2.gigabytes, dram.gigabytes) > 0
        && Math.min(l2.latency, dram.latency) > 0
        && Math.min(waits.node, waits.gridBarrier) >= 0;
  }
}
