package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.Dim3;
import dev.hindsight.softgpu.exec.Abort;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Program;
import dev.hindsight.softgpu.exec.Warp;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The findings of one launch: the first of each kind at each instruction, and how many followed.
/// Of findings in several blocks the one of the lowest block is kept, so that blocks which run in
/// parallel give the same report.
public final class Findings {
  private static final long MOST_REPEATS = 100_000;
  private static final int HOST_FRAMES = 8;

  /// Frames that say nothing about the program: the software GPU's and the JDK's call plumbing.
  private static final Pattern OWN_FRAMES =
      Pattern.compile(
          "dev\\.hindsight\\.softgpu\\.(SoftGpu|Launcher|check\\.|exec\\.|driver\\.)|java\\.lang\\.invoke\\.");

  /// What a check says about a lane.
  ///
  /// @param other the op on the other side of a race, or null
  public record Message(String headline, List<String> details, @Nullable Op other) {
    public Message(String headline, String... details) {
      this(headline, List.of(details), null);
    }
  }

  private record Key(int pc, Kind kind) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byPc = Integer.compare(pc, other.pc);
      return byPc != 0 ? byPc : kind.compareTo(other.kind);
    }
  }

  private record Entry(long order, Finding finding) {}

  private final Program program;
  private final Dim3 grid;
  private final Dim3 block;
  private final long seed;
  private final TreeMap<Key, Entry> first = new TreeMap<>();
  private final TreeMap<Key, Long> count = new TreeMap<>();
  private long total;

  public Findings(Program program, Dim3 grid, Dim3 block, long seed) {
    this.program = program;
    this.grid = grid;
    this.block = block;
    this.seed = seed;
  }

  /// Notes a finding; throws [Abort] when there are too many to go on.
  public synchronized void add(Kind kind, Warp warp, int lane, Op op, Supplier<Message> message) {
    Key key = new Key(op.pc, kind);
    long seen = count.merge(key, 1L, Long::sum);
    long order = warp.block.number() * 1_000_000 + first.size();
    Entry before = first.get(key);
    if (seen == 1 || (before != null && warp.block.number() < before.order / 1_000_000)) {
      first.put(key, new Entry(order, finding(kind, warp, lane, op, message.get())));
    }
    if (++total > MOST_REPEATS) {
      throw new Abort();
    }
  }

  private Finding finding(Kind kind, Warp warp, int lane, Op op, Message message) {
    Site other = message.other == null ? null : program.sites().apply(message.other);
    return new Finding(
        kind,
        message.headline,
        message.details,
        program.name(),
        program.sites().apply(op),
        other,
        grid.at(warp.block.number()),
        block.at(warp.index * 32L + lane),
        warp.index,
        lane,
        "grid " + grid + ", block " + block,
        List.of(),
        0,
        seed);
  }

  public synchronized boolean isEmpty() {
    return first.isEmpty();
  }

  /// All findings, those of low blocks and early ones first.
  public synchronized List<Finding> list(List<String> hostStack) {
    List<Key> keys = new ArrayList<>(first.keySet());
    keys.sort((a, b) -> Long.compare(order(a), order(b)));
    List<Finding> done = new ArrayList<>();
    for (Key key : keys) {
      Entry entry = first.get(key);
      Long repeats = count.get(key);
      if (entry != null && repeats != null) {
        done.add(entry.finding.with(hostStack, repeats - 1));
      }
    }
    return done;
  }

  private long order(Key key) {
    Entry entry = first.get(key);
    return entry == null ? 0 : entry.order;
  }

  /// The frames of the calling thread outside the software GPU.
  public static List<String> hostStack() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .filter(f -> !OWN_FRAMES.matcher(f.getClassName()).lookingAt())
                    .limit(HOST_FRAMES)
                    .map(StackWalker.StackFrame::toString)
                    .toList());
  }
}
