package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.Dim3;
import dev.hindsight.softgpu.exec.Abort;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Program;
import dev.hindsight.softgpu.exec.Warp;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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

  /// @param arrival number of the report in the launch; within a block it tells what came first
  private record Entry(long block, long arrival, Finding finding) {}

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
    total++;
    long number = warp.block.number();
    Entry before = first.get(key);
    if (seen == 1 || (before != null && number < before.block)) {
      first.put(key, new Entry(number, total, finding(kind, warp, lane, op, message.get())));
    }
    if (total > MOST_REPEATS) {
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
    List<Map.Entry<Key, Entry>> met = new ArrayList<>(first.entrySet());
    met.sort(
        Comparator.comparingLong((Map.Entry<Key, Entry> e) -> e.getValue().block)
            .thenComparingLong(e -> e.getValue().arrival));
    List<Finding> done = new ArrayList<>();
    for (Map.Entry<Key, Entry> one : met) {
      long seen = count.getOrDefault(one.getKey(), 1L);
      done.add(one.getValue().finding.with(hostStack, seen - 1));
    }
    return done;
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
