package dev.hindsight.softgpu.exec;

/// An op that lanes execute together: shuffle, vote, match, reduction, mma. Lanes may meet at
/// different instructions, if these agree in [#signature] and member mask.
public abstract class Collective extends Op {
  /// Operand code of the member mask, in the int file.
  public int members;

  /// Opcode with all qualifiers.
  public String signature = "";

  @Override
  public Flow flow() {
    return Flow.COLLECTIVE;
  }

  @Override
  public void exec(Warp w, int mask) {
    LaneValues x = w.laneValues();
    gather(w, mask, x);
    compute(w, mask, x);
    scatter(w, mask, x);
  }

  /// Puts what the lanes of the mask bring into the values.
  protected abstract void gather(Warp w, int mask, LaneValues x);

  /// Computes the results of all lanes of the mask.
  protected abstract void compute(Warp w, int mask, LaneValues x);

  /// Writes the results of the lanes of the mask.
  protected abstract void scatter(Warp w, int mask, LaneValues x);
}
