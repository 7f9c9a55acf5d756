package dev.hindsight.softgpu.exec;

import static java.util.Map.entry;

import dev.hindsight.softgpu.base.Dim3;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/// Special registers whose values are fixed while a block runs.
public final class Specials {
  /// The value in a lane of a warp, whose block has this place in the grid.
  private interface Value {
    int of(Warp w, Dim3 block, int lane);
  }

  private static final Map<String, Value> ALL =
      Map.ofEntries(
          entry("%tid.x", (w, _, lane) -> thread(w, lane).x()),
          entry("%tid.y", (w, _, lane) -> thread(w, lane).y()),
          entry("%tid.z", (w, _, lane) -> thread(w, lane).z()),
          entry("%ntid.x", (w, _, _) -> w.block.launch.block.x()),
          entry("%ntid.y", (w, _, _) -> w.block.launch.block.y()),
          entry("%ntid.z", (w, _, _) -> w.block.launch.block.z()),
          entry("%ctaid.x", (_, block, _) -> block.x()),
          entry("%ctaid.y", (_, block, _) -> block.y()),
          entry("%ctaid.z", (_, block, _) -> block.z()),
          entry("%nctaid.x", (w, _, _) -> w.block.launch.grid.x()),
          entry("%nctaid.y", (w, _, _) -> w.block.launch.grid.y()),
          entry("%nctaid.z", (w, _, _) -> w.block.launch.grid.z()),
          entry("%clusterid.x", (w, _, _) -> w.block.cluster.place().x()),
          entry("%clusterid.y", (w, _, _) -> w.block.cluster.place().y()),
          entry("%clusterid.z", (w, _, _) -> w.block.cluster.place().z()),
          entry("%nclusterid.x", (w, _, _) -> w.block.launch.clusters.x()),
          entry("%nclusterid.y", (w, _, _) -> w.block.launch.clusters.y()),
          entry("%nclusterid.z", (w, _, _) -> w.block.launch.clusters.z()),
          entry("%cluster_ctaid.x", (w, _, _) -> withinCluster(w).x()),
          entry("%cluster_ctaid.y", (w, _, _) -> withinCluster(w).y()),
          entry("%cluster_ctaid.z", (w, _, _) -> withinCluster(w).z()),
          entry("%cluster_nctaid.x", (w, _, _) -> w.block.launch.cluster.x()),
          entry("%cluster_nctaid.y", (w, _, _) -> w.block.launch.cluster.y()),
          entry("%cluster_nctaid.z", (w, _, _) -> w.block.launch.cluster.z()),
          entry("%cluster_ctarank", (w, _, _) -> w.block.rank),
          entry("%cluster_nctarank", (w, _, _) -> w.block.cluster.blocks.length),
          entry("%is_explicit_cluster", (w, _, _) -> w.block.launch.explicitCluster ? -1 : 0),
          entry("%laneid", (_, _, lane) -> lane),
          entry("%warpid", (w, _, _) -> w.index),
          entry("%nwarpid", (_, _, _) -> 64),
          entry("%smid", (_, _, _) -> 0),
          entry("%nsmid", (_, _, _) -> 1),
          entry("%lanemask_eq", (_, _, lane) -> 1 << lane),
          entry("%lanemask_lt", (_, _, lane) -> (1 << lane) - 1),
          entry("%lanemask_le", (_, _, lane) -> -1 >>> (31 - lane)),
          entry("%lanemask_gt", (_, _, lane) -> -2 << lane),
          entry("%lanemask_ge", (_, _, lane) -> -1 << lane),
          entry("%envreg1", (w, _, _) -> (int) (w.block.launch.gridWorkspace >>> 32)),
          entry("%envreg2", (w, _, _) -> (int) w.block.launch.gridWorkspace),
          entry("%dynamic_smem_size", (w, _, _) -> w.block.launch.dynamicSharedBytes),
          entry("%total_smem_size", (w, _, _) -> sharedBytes(w.block.launch)));

  private static final Set<String> OF_BLOCK =
      Set.of("%ctaid.x", "%ctaid.y", "%ctaid.z", "%clusterid.x", "%clusterid.y", "%clusterid.z");

  private Specials() {}

  private static Dim3 thread(Warp w, int lane) {
    return w.block.launch.block.at(w.index * 32L + lane);
  }

  private static Dim3 withinCluster(Warp w) {
    return w.block.launch.cluster.at(w.block.rank);
  }

  private static int sharedBytes(Launch launch) {
    return launch.program.shared().bytes() + launch.dynamicSharedBytes;
  }

  public static boolean has(String name) {
    return ALL.containsKey(name);
  }

  /// Sets all, or only those that differ between blocks.
  static void fill(Warp w, long blockNumber, boolean onlyOfBlock) {
    Launch launch = w.block.launch;
    Dim3 place = launch.grid.at(blockNumber);
    launch
        .program
        .registers()
        .specials()
        .forEach(
            (name, index) -> {
              Value value = ALL.get(name);
              if (value != null && (!onlyOfBlock || OF_BLOCK.contains(name))) {
                Arrays.setAll(w.ints[index], lane -> value.of(w, place, lane));
              }
            });
  }
}
