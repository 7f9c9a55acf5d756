package dev.hindsight.softgpu.exec;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// A block of threads under execution. One object serves many blocks, one after another.
public final class Block {
  private static final int QUANTUM = 1 << 16;

  /// Of blocks that run in turns, where one may wait for another: it asks again and again, for
  /// nothing, until its turn ends.
  private static final int QUANTUM_TOGETHER = 1 << 8;

  /// Turns in which all warps ask mbarriers in vain, and nobody arrives.
  private static final int PATIENCE = 1 << 9;

  private static final int ASKS_WITHIN = 1 << 5;

  public final Launch launch;
  public final SharedMemory shared;
  public final Warp[] warps;
  public final Barriers barriers;
  final Mbarriers mbarriers = new Mbarriers(this);
  public final @Nullable Counters counters;
  private final WarpLoop loop;
  private final int[] state;
  private long number;
  private int quiet;
  private long turn;
  private @Nullable Turns turns;
  private long place;
  private SplittableRandom random = new SplittableRandom();

  public Block(Launch launch, @Nullable Counters counters) {
    this.launch = launch;
    this.counters = counters;
    this.shared = new SharedMemory(launch, this);
    this.warps = new Warp[Math.toIntExact((launch.block.count() + 31) / 32)];
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

  int existing(int warp) {
    long left = launch.block.count() - warp * 32L;
    return left >= 32 ? -1 : (1 << left) - 1;
  }

  /// Sets all up for another block, one of several that run at the same time.
  void start(long blockNumber, Turns turns, long place) {
    start(blockNumber);
    this.turns = turns;
    this.place = place;
  }

  /// Orders what the block has done before what it does next, for other blocks.
  public void fence() {
    if (launch.globalRaces != null) {
      launch.globalRaces.fence(number);
    }
  }

  /// Waits until an atomic may be done.
  void awaitTurn() {
    if (turns != null) {
      turns.await(place);
    }
  }

  /// Sets all up for another block.
  public void start(long blockNumber) {
    number = blockNumber;
    random = new SplittableRandom(launch.options.schedule().seed() * 31 + blockNumber);
    shared.reset();
    barriers.reset();
    mbarriers.reset();
    quiet = 0;
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

  /// Runs every warp as far as it goes or until its share is used up. True when all have ended.
  /// Throws `Abort` when the block cannot go on.
  public boolean advance() {
    boolean progress = false;
    boolean done = true;
    boolean waiting = true;
    boolean asks = false;
    long events = mbarriers.events();
    turn++;
    int first = launch.seeded ? random.nextInt(warps.length) : 0;
    int quantum = launch.gridWorkspace == 0 ? QUANTUM : QUANTUM_TOGETHER;
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
      boolean inVain = state[w] == WarpLoop.YIELD && waits(warps[w]);
      asks |= inVain;
      waiting &= state[w] != WarpLoop.YIELD || inVain;
    }
    quiet = waiting && asks && events == mbarriers.events() ? quiet + 1 : 0;
    if (!done && quiet > PATIENCE) {
      Deadlock.atMbarrier(this);
    }
    if (!launch.spend(loop.takeSteps())) {
      Deadlock.neverEnds(this);
    }
    if (!done && !progress) {
      Deadlock.report(this);
    }
    return done;
  }
}
