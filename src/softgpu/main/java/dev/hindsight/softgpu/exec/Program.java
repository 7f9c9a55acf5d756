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
/// @param intConstants immediates of the int file by register index; the same for the others
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
    Map<Integer, Integer> intConstants,
    Map<Integer, Float> floatConstants,
    Map<Integer, Long> longConstants,
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

  /// Gives a new warp its register arrays and its constants.
  void fill(Warp w) {
    for (int k = 0; k < intCount; k++) {
      w.ints[k] = new int[Warp.LANES];
    }
    for (int k = 0; k < floatCount; k++) {
      w.floats[k] = new float[Warp.LANES];
    }
    for (int k = 0; k < longCount; k++) {
      w.longs[k] = new long[Warp.LANES];
    }
    intConstants.forEach((index, value) -> Arrays.fill(w.ints[index], value));
    floatConstants.forEach((index, value) -> Arrays.fill(w.floats[index], value));
    longConstants.forEach((index, value) -> Arrays.fill(w.longs[index], value));
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
