package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.List;

/// Words for what is wrong with an access to shared memory.
final class SharedReports {
  private static final String SHARED = "__shared__";

  private final SharedMemory memory;

  SharedReports(SharedMemory memory) {
    this.memory = memory;
  }

  void outside(Warp w, Op op, int lane, int at, int width, String verb) {
    invalid(w, op, Kind.OUT_OF_BOUNDS, lane, at, width, verb);
  }

  void invalid(Warp w, Op op, Kind kind, int lane, int at, int width, String verb) {
    w.report(kind, lane, op, () -> Message.invalid(SHARED, verb, width, address(w, at, kind)));
  }

  void underAligned(Warp w, Op op, int lane, Program.SharedSlot slot, int width, String verb) {
    w.report(
        Kind.UNDER_ALIGNED,
        lane,
        op,
        () -> Message.underAligned(SHARED, verb, width, slot.name(), slot.align()));
  }

  void uninitialised(Warp w, Op op, int lane, int at, int width) {
    w.report(Kind.UNINITIALISED, lane, op, () -> unwritten(w, at, width));
  }

  Message unwritten(Warp w, int at, int width) {
    return Message.uninitialised(SHARED, width, address(w, at, Kind.UNINITIALISED));
  }

  private String address(Warp w, int at, Kind kind) {
    return String.format("Address 0x%x%s %s%s", at, whose(w), kind.words(), nearest(at));
  }

  /// An access to a block that has exited, or may have.
  void exited(Warp w, Op op, int lane, int at, boolean surely) {
    String block = "block " + memory.block.place();
    w.report(
        Kind.EXITED_BLOCK,
        lane,
        op,
        () ->
            new Message(
                "Access to __shared__ memory of a block that "
                    + (surely ? "has exited" : "may have exited"),
                String.format("Address 0x%x%s%s", at, whose(w), nearest(at)),
                surely
                    ? block + " has exited before"
                    : "nothing makes " + block + " wait for the access before it exits"));
  }

  void pending(Warp w, Op op, int lane, int at, int width, long writer, String verb) {
    w.report(
        Kind.MISSING_ASYNC_WAIT,
        lane,
        op,
        () ->
            new Message(
                String.format(
                    "Missing cp.async wait: %s of size %d bytes while a copy is under way",
                    verb, width),
                List.of(
                    String.format("Address 0x%x%s%s", at, whose(w), nearest(at)),
                    "the copy was started " + by(writer))));
  }

  void race(Warp w, Op op, int lane, int at, long stamp, String other, String verb) {
    // Barriers of CUDA itself, by which warps wait for each other.
    if (memory.slots.stream().anyMatch(s -> s.holds(at) && s.isReserved())) {
      return;
    }
    boolean warp = SharedCheck.warp(stamp) == w.number;
    w.report(
        Kind.SHARED_RACE,
        lane,
        op,
        () ->
            new Message(
                String.format(
                    "Race in __shared__ memory: %s after %s at 0x%x, nothing between orders them%s",
                    verb, other, at, warp ? " (warp level)" : ""),
                List.of(
                    String.format("Address 0x%x%s%s", at, whose(w), nearest(at)),
                    "the other " + other + " was " + by(stamp))));
  }

  /// What is there, and who wrote it.
  List<String> writer(Warp w, int at) {
    return List.of(
        String.format("Address 0x%x%s%s", at, whose(w), nearest(at)),
        "it was written " + by(memory.writer(at)));
  }

  private Op opOf(long stamp) {
    Op[] code = memory.launch.program.code();
    return code[Math.min((int) (stamp & 0xffff), code.length - 1)];
  }

  private String by(long stamp) {
    Launch launch = memory.launch;
    Cluster cluster = memory.block.cluster;
    int number = SharedCheck.warp(stamp);
    int warp = number % memory.block.warps.length;
    int lane = (int) (stamp >>> SharedMemory.LANE) & 31;
    Dim3 thread = launch.block.at(warp * 32L + lane);
    Op op = opOf(stamp);
    return "by thread %s%s, warp %d, lane %d at %s, PTX line %d"
        .formatted(
            thread,
            cluster.isShared() ? " in block " + cluster.blockOf(number).place() : "",
            warp,
            lane,
            launch.program.sites().apply(op.pc).where(),
            op.source.line());
  }

  /// Which block it is of, where that is not the accessing one.
  private String whose(Warp w) {
    return w.block == memory.block ? "" : " of block " + memory.block.place();
  }

  /// `; it is 4 bytes after the end of "tile", 4,096 bytes at 0x80`
  private String nearest(int at) {
    if (at > Cluster.OFFSET) {
      return "; it is of a block of the cluster, which .shared::cluster reaches";
    }
    Program.SharedSlot best = null;
    long bestAway = Long.MAX_VALUE;
    for (Program.SharedSlot slot : memory.slots) {
      long away = away(slot, at);
      if (Math.abs(away) < Math.abs(bestAway)) {
        best = slot;
        bestAway = away;
      }
    }
    if (best == null) {
      return "; the kernel has no shared memory";
    }
    String what =
        String.format("\"%s\", %,d bytes at 0x%x", best.name(), best.bytes(), best.offset());
    if (bestAway == 0) {
      return String.format("; it is inside, at +%,d, %s", at - best.offset(), what);
    }
    return bestAway < 0
        ? String.format("; it is %,d bytes before %s", -bestAway, what)
        : String.format("; it is %,d bytes after the end of %s", bestAway - 1, what);
  }

  private static long away(Program.SharedSlot slot, int at) {
    long end = (long) slot.offset() + slot.bytes();
    return at < slot.offset() ? (long) at - slot.offset() : Math.max(0, at - end + 1);
  }
}
