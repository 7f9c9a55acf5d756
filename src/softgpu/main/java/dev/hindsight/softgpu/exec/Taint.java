package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.check.Findings;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Which bytes of a warp's registers come from memory that nobody wrote. As in valgrind, to load
/// and to copy them is no finding: padding of a struct is copied, and values are read and dropped.
/// They are reported, at the load that they come from, where one decides a branch or whether an
/// instruction is executed, is an address, takes part in an atomic, or is stored where others see
/// it: after arithmetic, or in global memory where all of a word or more was unwritten. Another
/// copy leaves its target as unwritten as its source.
///
/// A warp has one from the first such load of a block on.
final class Taint {
  private static final int BYTES = 0xff;

  /// Arithmetic has been done with it.
  private static final int COMPUTED = 1 << 8;

  /// No byte of what was loaded was written, and that was no mere byte or two.
  private static final int WHOLE = 1 << 9;

  /// Where something is stored.
  enum Stored {
    LOCAL,
    SHARED,
    GLOBAL
  }

  /// Where a value was loaded from.
  private record Origin(int pc, int lane, long arrival, Supplier<Message> message) {}

  private final Warp w;
  private final TaintPlan plan;

  /// By register and lane: bytes and flags, and where they come from; null where nothing ever was.
  private final short[] @Nullable [] marks;

  private final @Nullable Origin[] @Nullable [] origins;

  /// By register: the lanes in which it has an origin. Most have none, and nothing is done for
  /// them.
  private final int[] lanes;

  Taint(Warp w) {
    this.w = w;
    plan = w.block.launch.program.taintPlan();
    marks = new short[plan.registers()][];
    origins = new Origin[plan.registers()][];
    lanes = new int[plan.registers()];
  }

  /// A load has met unwritten bytes, one bit each.
  void loaded(int pc, int lane, Data data, int unwritten, Supplier<Message> message) {
    long arrival = w.block.launch.findings.arrival();
    Origin origin = new Origin(pc, lane, arrival, message);
    int[] targets = plan.of(pc).writes();
    int ones = (1 << data.element()) - 1;
    boolean whole = data.width() >= 4 && unwritten == -1 >>> (32 - data.width());
    for (int v = 0; v < targets.length; v++) {
      int bytes = unwritten >>> (v * data.element()) & ones;
      if (bytes != 0 && targets[v] >= 0) {
        // A sign or zeros fill the rest of the register: a sign is as unknown as its byte.
        boolean sign = data.signed() && (bytes >>> (data.element() - 1) & 1) != 0;
        mark(
            targets[v],
            lane,
            (sign ? bytes | (BYTES & ~ones) : bytes) | (whole ? WHOLE : 0),
            origin);
      }
    }
  }

  private int bits(int register, int lane) {
    short[] row = register < 0 ? null : marks[register];
    return row == null ? 0 : row[lane];
  }

  private @Nullable Origin origin(int register, int lane) {
    @Nullable Origin[] row = register < 0 ? null : origins[register];
    return row == null ? null : row[lane];
  }

  private void mark(int register, int lane, int bits, @Nullable Origin origin) {
    short[] row = marks[register];
    @Nullable Origin[] from = origins[register];
    if (row == null || from == null) {
      if (bits == 0) {
        return;
      }
      row = new short[Warp.LANES];
      from = new Origin[Warp.LANES];
      marks[register] = row;
      origins[register] = from;
    }
    row[lane] = (short) bits;
    from[lane] = bits == 0 ? null : origin;
    lanes[register] = (lanes[register] & ~(1 << lane)) | (from[lane] == null ? 0 : 1 << lane);
  }

  /// Lanes in which one of the registers has an origin.
  private int marked(int[] registers) {
    int all = 0;
    for (int r : registers) {
      all |= r < 0 ? 0 : lanes[r];
    }
    return all;
  }

  private int marked(TaintPlan.Step step) {
    return marked(step.addresses()) | marked(step.reads()) | marked(step.writes());
  }

  /// The guard of an instruction is asked for these lanes.
  void guard(Op op, int mask) {
    int guard = plan.of(op.pc).guard();
    for (int rest = guard < 0 ? 0 : mask & lanes[guard]; rest != 0; rest &= rest - 1) {
      sink(guard, Integer.numberOfTrailingZeros(rest), op, "decides whether this is executed");
    }
  }

  /// What an instruction of these lanes that is about to be executed does to what its registers
  /// are.
  void step(Op op, int mask) {
    TaintPlan.Step step = plan.of(op.pc);
    for (int rest = mask & marked(step); rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      for (int r : step.addresses()) {
        sink(r, lane, op, "is an address");
      }
      switch (step.how()) {
        case LOAD -> clear(step.writes(), lane);
        case STORE -> {}
        case ATOMIC -> {
          for (int r : step.reads()) {
            sink(r, lane, op, "takes part in an atomic");
          }
          clear(step.writes(), lane);
        }
        case MOVE -> move(step, lane);
        case SELECT -> select(op, step, lane);
        case COMBINE -> combine(op, step, lane);
        default -> any(step, lane);
      }
    }
  }

  /// Nothing is known of the registers of a lane any more: it comes back from a function.
  void forget(int lane) {
    for (int r = 0; r < marks.length; r++) {
      mark(r, lane, 0, null);
    }
  }

  private void clear(int[] registers, int lane) {
    for (int r : registers) {
      if (r >= 0) {
        mark(r, lane, 0, null);
      }
    }
  }

  /// Bytes keep their places, one source behind the other.
  private void move(TaintPlan.Step step, int lane) {
    long bytes = 0;
    int flags = 0;
    Origin origin = null;
    int at = step.shift();
    for (int i = 0; i < step.reads().length; i++) {
      int r = step.reads()[i];
      int bits = bits(r, lane);
      long part = bits & BYTES & step.keep();
      bytes |= at < 0 ? part >>> -at : part << at;
      at += step.readBytes()[i];
      flags |= bits & ~BYTES;
      origin = bits == 0 ? origin : origin(r, lane);
    }
    for (int i = 0; i < step.writes().length; i++) {
      int width = step.writeBytes()[i];
      int own = (int) bytes & (1 << width) - 1;
      bytes >>>= width;
      if (step.writes()[i] >= 0) {
        mark(step.writes()[i], lane, own == 0 ? 0 : own | flags, origin);
      }
    }
  }

  /// Only what is chosen matters, and what chooses.
  private void select(Op op, TaintPlan.Step step, int lane) {
    boolean first = (w.preds[op.selector] >>> lane & 1) != 0 ^ op.selectorNegated;
    int chosen = step.reads()[first ? 0 : 1];
    int by = step.reads()[2];
    int d = step.writes()[0];
    if (bits(by, lane) != 0) {
      mark(d, lane, BYTES | COMPUTED, origin(by, lane));
    } else {
      mark(d, lane, bits(chosen, lane), origin(chosen, lane));
    }
  }

  /// Of two predicates one may decide alone: `and` is false where either is.
  private void combine(Op op, TaintPlan.Step step, int lane) {
    boolean first = bits(step.reads()[0], lane) == 0;
    boolean second = bits(step.reads()[1], lane) == 0;
    boolean known =
        first != second
            && op instanceof Predicates.Combined both
            && (both.decidedBy(first, w) >>> lane & 1) != 0;
    if (known) {
      clear(step.writes(), lane);
    } else {
      any(step, lane);
    }
  }

  private void any(TaintPlan.Step step, int lane) {
    Origin origin = null;
    for (int r : step.reads()) {
      origin = bits(r, lane) == 0 ? origin : origin(r, lane);
    }
    for (int r : step.writes()) {
      if (r >= 0) {
        mark(r, lane, origin == null ? 0 : BYTES | COMPUTED, origin);
      }
    }
  }

  /// Lanes exchange values.
  void exchange(Op op, int mask) {
    TaintPlan.Step step = plan.of(op.pc);
    if (marked(step) == 0) {
      return;
    }
    boolean stores = stores(op);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      for (int r : step.addresses()) {
        sink(r, lane, op, "is an address");
      }
      for (int i = 0; stores && i < step.reads().length; i++) {
        sink(step.reads()[i], lane, op, "is stored as a result");
      }
    }
    int[] bits = new int[Warp.LANES];
    @Nullable Origin[] from = new Origin[Warp.LANES];
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      for (int others = marked(step.reads()); others != 0; others &= others - 1) {
        int other = Integer.numberOfTrailingZeros(others);
        for (int i = 0; i < step.reads().length; i++) {
          int r = step.reads()[i];
          if (bits(r, other) != 0 && reaches(op, step, i, other, lane)) {
            bits[lane] = op instanceof Shuffle ? bits(r, other) : BYTES | COMPUTED;
            from[lane] = origin(r, other);
          }
        }
      }
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      for (int r : step.writes()) {
        if (r >= 0) {
          mark(r, lane, bits[lane], from[lane]);
        }
      }
    }
  }

  private static boolean stores(Op op) {
    return (op instanceof MatrixRows rows && rows.stores())
        || (op instanceof MoveMatrix move && move.stores());
  }

  /// Whether what a lane gets depends on the i-th source of another one.
  private boolean reaches(Op op, TaintPlan.Step step, int i, int other, int lane) {
    if (op instanceof Shuffle shuffle) {
      return i == 0 && shuffle.source(w, lane) == other;
    }
    if (!op.source.base().equals("mma")) {
      return true;
    }
    // Rows of A are those of D; a column of B lies in the lanes of one group of four.
    int group = other >> 2;
    return i < step.ofA()
        ? group == lane >> 2
        : i < step.ofA() + step.ofB() ? group >> 1 == (lane & 3) : other == lane;
  }

  /// The unwritten bytes of what a lane stores, one bit each. What comes from arithmetic is
  /// reported, unless the lane keeps it to itself, and in global memory copies of whole words, too.
  int stored(int pc, int lane, Data data, Stored kind) {
    int[] sources = plan.of(pc).reads();
    int bytes = 0;
    for (int v = 0; v < sources.length; v++) {
      int r = sources[v];
      int bits = bits(r, lane);
      int ones = (1 << data.element()) - 1;
      boolean whole = (bits & WHOLE) != 0 && (bits & ones) == ones;
      boolean computed = (bits & COMPUTED) != 0;
      if ((computed && kind != Stored.LOCAL) || (whole && kind == Stored.GLOBAL)) {
        sink(r, lane, w.block.launch.program.code()[pc], "is stored as a result");
      } else {
        bytes |= (bits & ones) << (v * data.element());
      }
    }
    return bytes;
  }

  /// Leaves what lanes have stored in global memory as unwritten as it was.
  void storedGlobal(int pc, int mask, long[] addresses, Data data) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int bytes = stored(pc, lane, data, Stored.GLOBAL);
      Allocation a = bytes == 0 ? null : w.block.launch.memory.find(addresses[lane], data.width());
      for (int i = 0; a != null && i < data.width(); i++) {
        if ((bytes >>> i & 1) != 0) {
          a.unwrite(addresses[lane] - a.base + i);
        }
      }
    }
  }

  private void sink(int register, int lane, Op op, String what) {
    Origin origin = origin(register, lane);
    if (origin == null) {
      return;
    }
    mark(register, lane, 0, null);
    Launch launch = w.block.launch;
    launch.findings.add(
        Kind.UNINITIALISED,
        new Findings.At(w.block.number(), w.index, origin.lane, origin.pc),
        origin.arrival,
        () -> {
          Message message = origin.message.get();
          List<String> details = new ArrayList<>(message.details());
          details.add(
              "what was read %s at %s, PTX line %d"
                  .formatted(what, launch.program.sites().apply(op.pc).where(), op.source.line()));
          return new Message(message.headline(), details);
        });
  }
}
