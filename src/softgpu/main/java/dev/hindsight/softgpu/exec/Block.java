package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Dim3;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// A block of threads under execution. One object serves many blocks, one after another.
public final class Block {
  private static final int QUANTUM = 1 << 16;

  /// Of blocks that run in turns, where one may wait for another: it asks again and again, for
  /// nothing, until its turn ends.
  private static final int QUANTUM_TOGETHER = 1 << 8;

  private static final int ASKS_WITHIN = 1 << 5;

  public final Launch launch;
  final Cluster cluster;

  /// Its number in the cluster, x fastest.
  final int rank;

  public final SharedMemory shared;
  public final Warp[] warps;
  public final Barriers barriers;
  final Mbarriers mbarriers = new Mbarriers(this);
  public final @Nullable Counters counters;
  private final WarpLoop loop;
  private final int[] state;
  private long number;
  private boolean ended;
  private long turn;
  private @Nullable Turns turns;
  private long place;
  private SplittableRandom random = new SplittableRandom();

  Block(Cluster cluster, int rank, @Nullable Counters counters) {
    this.cluster = cluster;
    this.rank = rank;
    this.launch = cluster.launch;
    this.counters = counters;
    this.warps = new Warp[launch.warpsOfBlock()];
    this.shared = new SharedMemory(this);
    for (int w = 0; w < warps.length; w++) {
      warps[w] = new Warp(this, w, launch.program);
      Specials.fill(warps[w], 0, false);
    }
    this.state = new int[warps.length];
    this.barriers = new Barriers(this);
    this.loop = new WarpLoop(this);
  }

  /// Number of the block in the grid, x fastest.
  public long number() {
    return number;
  }

  /// Its place in the grid.
  Dim3 place() {
    return launch.grid.at(number);
  }

  /// Whether all its threads have exited.
  boolean hasEnded() {
    return ended;
  }

  int existing(int warp) {
    long left = launch.block.count() - warp * 32L;
    return left >= 32 ? -1 : (1 << left) - 1;
  }

  /// It is one of several that run at the same time.
  void takeTurns(Turns among, long at) {
    turns = among;
    place = at;
  }

  /// Orders what the block has done before what it does next, for other blocks.
  public void fence() {
    if (launch.globalRaces != null) {
      launch.globalRaces.fence(number);
    }
  }

  /// The same for blocks of its cluster.
  public void fenceInCluster() {
    if (cluster.isShared()) {
      fence();
    }
  }

  /// What a warp has stored in shared memory of the cluster is there for the async proxy.
  public void fenceProxy(Warp w) {
    for (Block block : cluster.blocks) {
      block.shared.proxy.fence(w);
    }
  }

  /// Waits until an atomic may be done.
  void awaitTurn() {
    if (turns != null) {
      turns.await(place);
    }
  }

  /// Sets all up for another block.
  void start(long blockNumber) {
    number = blockNumber;
    random = new SplittableRandom(launch.options.schedule().seed() * 31 + blockNumber);
    shared.reset();
    barriers.reset();
    mbarriers.reset();
    ended = false;
    for (int w = 0; w < warps.length; w++) {
      Warp warp = warps[w];
      warp.start(existing(w));
      Specials.fill(warp, blockNumber, true);
      state[w] = WarpLoop.YIELD;
    }
  }

  long turn() {
    return turn;
  }

  /// Whether a warp asks an mbarrier in vain, again and again.
  private boolean waits(Warp w) {
    return w.waits != null && turn - w.waitedAt < ASKS_WITHIN;
  }

  /// What has become of a turn.
  ///
  /// @param progress whether anybody went on
  /// @param waiting whether all wait, or ask mbarriers in vain
  /// @param asks whether anybody asks in vain
  record Turn(boolean progress, boolean waiting, boolean asks) {}

  /// Runs every warp as far as it goes or until its share is used up.
  Turn advance() {
    boolean progress = false;
    boolean done = true;
    boolean waiting = true;
    boolean asks = false;
    turn++;
    int first = launch.seeded ? random.nextInt(warps.length) : 0;
    boolean alone = launch.gridWorkspace == 0 && !cluster.isShared();
    int quantum = alone ? QUANTUM : QUANTUM_TOGETHER;
    int stride = launch.seeded && random.nextBoolean() ? warps.length - 1 : 1;
    for (int k = 0; k < warps.length; k++) {
      int w = (int) ((first + (long) k * stride) % warps.length);
      if (state[w] == WarpLoop.DONE) {
        continue;
      }
      int share = launch.seeded ? 1 + random.nextInt(200) : quantum;
      int before = loop.steps();
      state[w] = loop.run(warps[w], share, random);
      progress |= loop.steps() != before || state[w] == WarpLoop.DONE;
      done &= state[w] == WarpLoop.DONE;
      progress |= barriers.release();
      progress |= cluster.barrier.release();
      boolean inVain = state[w] == WarpLoop.YIELD && waits(warps[w]);
      asks |= inVain;
      waiting &= state[w] != WarpLoop.YIELD || inVain;
    }
    if (done) {
      ended = true;
      shared.visits.end();
    }
    return new Turn(progress, waiting, asks);
  }

  /// Takes what was executed off the budget of the launch; false when it is used up.
  boolean spend() {
    return launch.spend(loop.takeSteps());
  }
}
