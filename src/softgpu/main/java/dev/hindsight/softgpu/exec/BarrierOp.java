package dev.hindsight.softgpu.exec;

/// `bar.sync`, `bar.arrive`, `bar.red` and their `barrier` forms.
public final class BarrierOp extends Meeting {
  /// What the threads of the barrier learn.
  public enum Reduce {
    NONE,
    POPC,
    AND,
    OR
  }

  /// Operand codes in the int file: barrier number, and thread count or [#ALL].
  public int id;

  public int threads = ALL;
  public boolean waits = true;

  /// Whether all threads must be at this very instruction.
  public boolean aligned = true;

  public Reduce reduce = Reduce.NONE;
  public int predicate;
  public boolean predicateNegated;

  /// Predicate index, or operand code in the int file for POPC.
  public int result;

  /// No thread count is given: all threads of the block.
  public static final int ALL = Integer.MAX_VALUE;

  @Override
  void arrive(Warp w, int group) {
    w.block.barriers.arrive(w, group, this);
  }
}
