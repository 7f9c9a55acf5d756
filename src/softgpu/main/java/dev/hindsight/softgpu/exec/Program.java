package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Site;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/// A kernel in the form that warps execute.
///
/// @param code ops in the order of the text, device functions inlined
/// @param intConstants immediates of the int file by register index, in each lane, which all warps
///   read and none writes; the same for the others
/// @param computedFloats float registers whose NaNs are made canonical when their bits are used
/// @param specials int register index of each special register that the code reads
/// @param sharedSlots static shared variables
/// @param dynamicSharedOffset where dynamic shared memory starts
/// @param dynamicSharedAlign the alignment that it is declared with
/// @param sharedGranule bytes of the narrowest shared access, for race stamps
/// @param hasAtomics whether blocks may work together by atomics in global memory
/// @param sites where each op stands, by program counter
// The array is read at every step of every warp; nobody compares programs.
@SuppressWarnings("ArrayRecordComponent")
public record Program(
    String name,
    Op[] code,
    int intCount,
    int floatCount,
    BitSet computedFloats,
    int longCount,
    int predCount,
    Map<Integer, int[]> intConstants,
    Map<Integer, float[]> floatConstants,
    Map<Integer, long[]> longConstants,
    Map<String, Integer> specials,
    List<SharedSlot> sharedSlots,
    int sharedBytes,
    int dynamicSharedOffset,
    int dynamicSharedAlign,
    int sharedGranule,
    boolean hasAsyncCopies,
    int localBytes,
    boolean hasAtomics,
    IntFunction<Site> sites) {

  /// A shared variable, its place, and the alignment that it is declared with.
  public record SharedSlot(String name, int offset, int bytes, int align) {
    boolean holds(int at) {
      return at >= offset && at - offset < bytes;
    }
  }

  /// Gives a new warp its register arrays; those of constants are the program's own.
  void fill(Warp w) {
    intConstants.forEach((index, lanes) -> w.ints[index] = lanes);
    floatConstants.forEach((index, lanes) -> w.floats[index] = lanes);
    longConstants.forEach((index, lanes) -> w.longs[index] = lanes);
    Arrays.setAll(w.ints, k -> w.ints[k] == null ? new int[Warp.LANES] : w.ints[k]);
    Arrays.setAll(w.floats, k -> w.floats[k] == null ? new float[Warp.LANES] : w.floats[k]);
    Arrays.setAll(w.longs, k -> w.longs[k] == null ? new long[Warp.LANES] : w.longs[k]);
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
