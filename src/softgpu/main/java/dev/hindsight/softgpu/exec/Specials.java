package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Dim3;
import java.util.Arrays;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/// Special registers whose values are fixed while a block runs.
public final class Specials {
  /// All that [#fill] and [#fillBlock] know.
  public static final Set<String> NAMES =
      Set.of(
          "%tid.x",
          "%tid.y",
          "%tid.z",
          "%ntid.x",
          "%ntid.y",
          "%ntid.z",
          "%ctaid.x",
          "%ctaid.y",
          "%ctaid.z",
          "%nctaid.x",
          "%nctaid.y",
          "%nctaid.z",
          "%laneid",
          "%warpid",
          "%nwarpid",
          "%smid",
          "%nsmid",
          "%lanemask_eq",
          "%lanemask_lt",
          "%lanemask_le",
          "%lanemask_gt",
          "%lanemask_ge",
          "%envreg1",
          "%envreg2",
          "%dynamic_smem_size",
          "%total_smem_size");

  private static final Set<String> OF_BLOCK = Set.of("%ctaid.x", "%ctaid.y", "%ctaid.z");

  private Specials() {}

  /// Sets those that are the same for all blocks.
  static void fill(Warp w, Launch launch) {
    launch
        .program
        .specials()
        .forEach((name, index) -> Arrays.setAll(w.ints[index], values(name, w, launch)));
  }

  static void fillBlock(Warp w, Launch launch, long number) {
    Dim3 place = launch.grid.at(number);
    launch
        .program
        .specials()
        .forEach(
            (name, index) -> {
              if (OF_BLOCK.contains(name)) {
                Arrays.fill(
                    w.ints[index],
                    switch (name) {
                      case "%ctaid.x" -> place.x();
                      case "%ctaid.y" -> place.y();
                      default -> place.z();
                    });
              }
            });
  }

  /// The value in each lane.
  private static IntUnaryOperator values(String name, Warp w, Launch launch) {
    Dim3 block = launch.block;
    long first = w.index * 32L;
    return switch (name) {
      case "%tid.x" -> lane -> block.at(first + lane).x();
      case "%tid.y" -> lane -> block.at(first + lane).y();
      case "%tid.z" -> lane -> block.at(first + lane).z();
      case "%laneid" -> lane -> lane;
      case "%lanemask_eq" -> lane -> 1 << lane;
      case "%lanemask_lt" -> lane -> (1 << lane) - 1;
      case "%lanemask_le" -> lane -> lane == 31 ? -1 : (1 << (lane + 1)) - 1;
      case "%lanemask_gt" -> lane -> lane == 31 ? 0 : -1 << (lane + 1);
      case "%lanemask_ge" -> lane -> -1 << lane;
      default -> {
        int same = inAllLanes(name, w, launch);
        yield _ -> same;
      }
    };
  }

  private static int inAllLanes(String name, Warp w, Launch launch) {
    return switch (name) {
      case "%ntid.x" -> launch.block.x();
      case "%ntid.y" -> launch.block.y();
      case "%ntid.z" -> launch.block.z();
      case "%nctaid.x" -> launch.grid.x();
      case "%nctaid.y" -> launch.grid.y();
      case "%nctaid.z" -> launch.grid.z();
      case "%warpid" -> w.index;
      case "%nwarpid" -> 64;
      case "%smid" -> 0;
      case "%nsmid" -> 1;
      case "%envreg1" -> (int) (launch.gridWorkspace >>> 32);
      case "%envreg2" -> (int) launch.gridWorkspace;
      case "%dynamic_smem_size" -> launch.dynamicSharedBytes;
      case "%total_smem_size" -> launch.program.sharedBytes() + launch.dynamicSharedBytes;
      default -> 0;
    };
  }
}
