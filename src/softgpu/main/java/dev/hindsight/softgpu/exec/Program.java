package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Site;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// A kernel in the form that warps execute.
///
/// @param code ops in the order of the text, device functions inlined
/// @param hasAsyncReads whether `wgmma` or bulk copies read shared memory
/// @param sites where each op stands, by program counter
// The array is read at every step of every warp; nobody compares programs.
@SuppressWarnings("ArrayRecordComponent")
public record Program(
    String name,
    Op[] code,
    Registers registers,
    Shared shared,
    int localBytes,
    boolean hasAsyncCopies,
    boolean hasAsyncReads,
    IntFunction<Site> sites) {
  /// The register files, by index: the lanes of an immediate, which all warps read and none writes;
  /// null for a register, which each warp has for itself.
  ///
  /// @param computed float registers whose NaNs are made canonical when their bits are used
  /// @param specials int register index of each special register that the code reads
  @SuppressWarnings("ArrayRecordComponent")
  public record Registers(
      int[] @Nullable [] ints,
      float[] @Nullable [] floats,
      long[] @Nullable [] longs,
      int preds,
      BitSet computed,
      Map<String, Integer> specials) {}

  /// How shared memory is laid out.
  ///
  /// @param slots static variables
  /// @param bytes of these, as CUDA counts them
  /// @param dynamicOffset where dynamic shared memory starts
  /// @param dynamicAlign the alignment that it is declared with
  /// @param granule bytes of the narrowest access, for race stamps
  public record Shared(
      List<SharedSlot> slots, int bytes, int dynamicOffset, int dynamicAlign, int granule) {}

  /// A shared variable, its place, and the alignment that it is declared with.
  public record SharedSlot(String name, int offset, int bytes, int align) {
    /// What CUDA keeps for itself, in reports.
    public static final String RESERVED = "reserved by CUDA";

    boolean isReserved() {
      return name.equals(RESERVED);
    }

    boolean holds(int at) {
      return at >= offset && at - offset < bytes;
    }
  }

  /// Made where it is asked for: most launches load nothing unwritten.
  TaintPlan taintPlan() {
    return TaintPlans.of(this);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return name;
  }
}
