package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Blocks that run together and reach each other's shared memory. Where a launch names no clusters,
/// each block is one of its own. One object serves many clusters, one after another.
public final class Cluster {
  /// Turns in which all warps ask mbarriers in vain, and nobody arrives.
  private static final int PATIENCE = 1 << 9;

  /// Where the rank stands in an address of shared memory.
  private static final int RANK = 24;

  static final int OFFSET = (1 << RANK) - 1;

  public final Launch launch;

  /// By rank.
  public final Block[] blocks;

  final Order order;
  final ClusterBarrier barrier;
  private final Dim3 clusters;
  private Dim3 place = new Dim3(0, 0, 0);
  private int quiet;
  private SplittableRandom random = new SplittableRandom();

  public Cluster(Launch launch, @Nullable Counters counters) {
    this.launch = launch;
    this.clusters = launch.clusters;
    this.blocks = new Block[Math.toIntExact(launch.cluster.count())];
    this.order = new Order(this, blocks.length * launch.warpsOfBlock());
    this.barrier = new ClusterBarrier(this);
    for (int rank = 0; rank < blocks.length; rank++) {
      blocks[rank] = new Block(this, rank, counters);
    }
  }

  /// Whether there is another block to meet.
  boolean isShared() {
    return blocks.length > 1;
  }

  /// Its place among the clusters of the grid.
  Dim3 place() {
    return place;
  }

  /// The block that a warp with this number in the cluster is of.
  Block blockOf(int warp) {
    return blocks[warp / blocks[0].warps.length];
  }

  /// Sets all up for another cluster, one of several that run at the same time.
  void start(long number, Turns turns, long turn) {
    start(number);
    for (Block block : blocks) {
      block.takeTurns(turns, turn);
    }
  }

  /// Sets all up for another cluster; clusters are numbered in the grid, x fastest.
  public void start(long number) {
    place = clusters.at(number);
    quiet = 0;
    order.fullBarrier();
    barrier.reset();
    for (int rank = 0; rank < blocks.length; rank++) {
      blocks[rank].start(numberOf(rank));
    }
    random = new SplittableRandom(launch.options.schedule().seed() * 37 + number);
  }

  private long numberOf(int rank) {
    Dim3 within = launch.cluster.at(rank);
    long x = (long) place.x() * launch.cluster.x() + within.x();
    long y = (long) place.y() * launch.cluster.y() + within.y();
    long z = (long) place.z() * launch.cluster.z() + within.z();
    return x + launch.grid.x() * (y + launch.grid.y() * z);
  }

  /// Runs every warp as far as it goes or until its share is used up. True when all have ended.
  /// Throws `Abort` when the cluster cannot go on.
  public boolean advance() {
    boolean progress = false;
    boolean done = true;
    boolean waiting = true;
    boolean asks = false;
    long events = events();
    int first = isShared() && launch.seeded ? random.nextInt(blocks.length) : 0;
    for (int k = 0; k < blocks.length; k++) {
      Block block = blocks[(first + k) % blocks.length];
      if (block.hasEnded()) {
        continue;
      }
      Block.Turn turn = block.advance();
      progress |= turn.progress();
      waiting &= turn.waiting();
      asks |= turn.asks();
      done &= block.hasEnded();
    }
    quiet = waiting && asks && events == events() ? quiet + 1 : 0;
    if (!done && quiet > PATIENCE) {
      Deadlock.atMbarrier(this);
    }
    for (Block block : blocks) {
      if (!block.spend()) {
        Deadlock.neverEnds(block);
      }
    }
    if (!done && !progress) {
      Deadlock.report(this);
    }
    return done;
  }

  private long events() {
    long all = 0;
    for (Block block : blocks) {
      all += block.mbarriers.events();
    }
    return all;
  }

  /// The block whose shared memory a lane addresses, or null where there is none or it has exited,
  /// which is reported. An address is an offset there with the rank above it, one more than the
  /// rank; without that it is of the own block.
  @Nullable Block reach(Warp w, Op op, int lane, int address) {
    int rank = rank(w, address);
    if (rank < 0 || rank >= blocks.length) {
      w.report(
          Kind.OUT_OF_BOUNDS,
          lane,
          op,
          () ->
              new Message(
                  String.format("Invalid rank %d in a cluster of %d blocks", rank, blocks.length),
                  String.format("Address 0x%x is of no block of the cluster", address)));
      return null;
    }
    Block there = blocks[rank];
    return there == w.block || there.shared.visits.allow(w, op, lane, address & OFFSET)
        ? there
        : null;
  }

  /// The rank of the block that an address is of, be there one or not.
  public static int rank(Warp w, int address) {
    return address >>> RANK == 0 ? w.block.rank : (address >>> RANK) - 1;
  }

  /// Whether an address is of the block itself.
  public static boolean isOwn(Warp w, int address) {
    return rank(w, address) == w.block.rank;
  }

  /// The address of what lies at an offset in the block with this rank.
  public static int map(int address, int rank) {
    return ((rank + 1) << RANK) | (address & OFFSET);
  }

  /// Whether a lane of the mask addresses a block by its rank.
  static boolean leaves(int mask, int[] addresses) {
    int all = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      all |= addresses[Integer.numberOfTrailingZeros(rest)];
    }
    return all >>> RANK != 0;
  }

  /// What lanes do in the shared memory of one block.
  interface Visit {
    void at(SharedMemory memory, int lanes);
  }

  /// Visits the block of each lane, and makes offsets of the addresses. Returns the lanes whose
  /// block can be reached.
  int each(Warp w, Op op, int mask, int[] addresses, Visit visit) {
    int[] lanes = new int[blocks.length];
    int reached = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Block there = reach(w, op, lane, addresses[lane]);
      addresses[lane] &= OFFSET;
      if (there != null) {
        lanes[there.rank] |= 1 << lane;
        reached |= 1 << lane;
      }
    }
    for (int rank = 0; rank < lanes.length; rank++) {
      if (lanes[rank] != 0) {
        visit.at(blocks[rank].shared, lanes[rank]);
      }
    }
    return reached;
  }
}
