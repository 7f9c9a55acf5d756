package dev.hindsight.softgpu.check;

/// What an access of global memory promises to other blocks: the `.sem` of PTX, where its scope
/// reaches them. An access whose scope is its own block is WEAK to the others.
public enum MemoryOrder {
  WEAK,
  RELAXED,
  ACQUIRE,
  RELEASE,
  ACQ_REL,
  RELAXED_IN_CLUSTER,
  ACQUIRE_IN_CLUSTER,
  RELEASE_IN_CLUSTER,
  ACQ_REL_IN_CLUSTER;

  /// The promise to blocks of the same cluster. A block that is a cluster alone promises nothing to
  /// others by it. Clusters are not told apart.
  public MemoryOrder among(boolean clusters) {
    return switch (this) {
      case RELAXED_IN_CLUSTER -> clusters ? RELAXED : WEAK;
      case ACQUIRE_IN_CLUSTER -> clusters ? ACQUIRE : WEAK;
      case RELEASE_IN_CLUSTER -> clusters ? RELEASE : WEAK;
      case ACQ_REL_IN_CLUSTER -> clusters ? ACQ_REL : WEAK;
      default -> this;
    };
  }

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
