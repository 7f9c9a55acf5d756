package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.check.Finding.By;
import dev.hindsight.softgpu.check.Finding.Launched;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// The findings of one launch: the first of each kind at each instruction, and how many followed.
/// Of findings in several blocks the one of the lowest block is kept, so that blocks which run in
/// parallel give the same report.
public final class Findings {
  private static final int HOST_FRAMES = 8;

  /// Frames that say nothing about the program: the software GPU's and the JDK's call plumbing.
  private static final Pattern OWN_FRAMES =
      Pattern.compile("dev\\.hindsight\\.softgpu\\.([a-z]+\\.|Run$)|java\\.lang\\.invoke\\.");

  /// What a check says about a lane.
  public record Message(String headline, List<String> details) {
    public Message(String headline, String... details) {
      this(headline, List.of(details));
    }

    /// Of an access that may not be; `where` says of what address.
    public static Message invalid(String memory, String verb, int width, String where) {
      return new Message("Invalid %s %s of size %d bytes".formatted(memory, verb, width), where);
    }

    /// Of bytes that nobody wrote.
    public static Message uninitialised(String memory, int width, String where) {
      return new Message(
          "Uninitialized %s memory read of size %d bytes".formatted(memory, width), where);
    }

    /// Of an access that is wider than its variable is declared.
    public static Message underAligned(
        String memory, String verb, int width, String variable, int align) {
      return new Message(
          "Under-aligned %s %s of size %d bytes".formatted(memory, verb, width),
          "\"%s\" is declared with an alignment of %d bytes; only its place today makes it more"
              .formatted(variable, align),
          "declare it alignas(" + width + ")");
    }
  }

  /// Who met something: numbers of the block in the grid, x fastest, of the warp in the block and
  /// of the thread in the warp, and the op at fault.
  public record At(long block, int warp, int lane, int pc) {}

  private record Key(int pc, Kind kind) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byPc = Integer.compare(pc, other.pc);
      return byPc != 0 ? byPc : kind.compareTo(other.kind);
    }
  }

  /// @param arrival number of the report in the launch; within a block it tells what came first
  private record Entry(long block, long arrival, Finding finding) {}

  private final IntFunction<Site> sites;
  private final Launched launch;
  private final long mostRepeats;
  private final TreeMap<Key, Entry> first = new TreeMap<>();
  private final TreeMap<Key, Long> count = new TreeMap<>();
  private long total;
  private long arrivals;

  /// @param sites where each op of the kernel stands, by program counter
  /// @param mostRepeats findings after which a launch ends early
  public Findings(IntFunction<Site> sites, Launched launch, long mostRepeats) {
    this.sites = sites;
    this.launch = launch;
    this.mostRepeats = mostRepeats;
  }

  /// Takes the next number in the order of reports, for one that may come later.
  public synchronized long arrival() {
    return ++arrivals;
  }

  /// Notes a finding; throws [Abort] when there are too many to go on.
  public synchronized void add(Kind kind, At at, Supplier<Message> message) {
    add(kind, at, arrival(), message);
  }

  /// The same of something that was met earlier, when [#arrival] gave its number.
  public synchronized void add(Kind kind, At at, long arrival, Supplier<Message> message) {
    Key key = new Key(at.pc, kind);
    long seen = count.merge(key, 1L, Long::sum);
    total++;
    Entry before = first.get(key);
    if (seen == 1 || (before != null && at.block < before.block)) {
      first.put(key, new Entry(at.block, arrival, finding(kind, at, message.get())));
    }
    if (total > mostRepeats) {
      throw new Abort();
    }
  }

  private Finding finding(Kind kind, At at, Message message) {
    Dim3 thread = launch.shape().block().at(at.warp * 32L + at.lane);
    return new Finding(
        kind,
        message.headline,
        message.details,
        sites.apply(at.pc),
        new By(launch.shape().grid().at(at.block), thread, at.warp, at.lane),
        launch,
        List.of(),
        0);
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
