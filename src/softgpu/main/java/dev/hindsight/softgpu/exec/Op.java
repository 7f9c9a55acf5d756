package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.ptx.Instruction;
import java.util.List;

/// A decoded instruction that acts on 32 lanes at once. Lanes outside the mask keep their values.
public abstract class Op {
  /// How an instruction moves the program counter.
  public enum Flow {
    NEXT,
    BRANCH,
    JUMP,
    EXIT,
    COLLECTIVE,
    BARRIER
  }

  public int pc;

  /// Predicate register that guards it, or -1.
  public int guard = -1;

  public boolean guardNegated;

  /// Predicate register of a `selp`.
  public int selector;

  public boolean selectorNegated;

  /// What it is and where it stands. Set once by the decoder.
  public Instruction source = NONE;

  /// Floating-point operations of one lane.
  public int flops;

  private static final Instruction NONE = Instruction.plain("nop", null, List.of(), 0);

  public Flow flow() {
    return Flow.NEXT;
  }

  public abstract void exec(Warp w, int mask);

  /// What an op does in the lanes of a mask.
  public interface Body {
    void run(Warp w, int mask);
  }

  /// An op that is no more than this.
  public static Op of(Body body) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        body.run(w, mask);
      }
    };
  }
}
