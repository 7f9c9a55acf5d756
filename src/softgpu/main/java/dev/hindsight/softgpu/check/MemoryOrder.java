package dev.hindsight.softgpu.check;

/// What an access of global memory promises to other blocks: the `.sem` of PTX, where its scope
/// reaches them. An access whose scope is its own block is WEAK to the others.
public enum MemoryOrder {
  WEAK,
  RELAXED,
  ACQUIRE,
  RELEASE,
  ACQ_REL;

  boolean strong() {
    return this != WEAK;
  }

  /// Whether what the block did before comes before the access, for who acquires from it.
  boolean releases() {
    return this == RELEASE || this == ACQ_REL;
  }

  /// Whether what was released to the access comes before what the block does next.
  boolean acquires() {
    return this == ACQUIRE || this == ACQ_REL;
  }
}
