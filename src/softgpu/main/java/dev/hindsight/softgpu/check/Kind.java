package dev.hindsight.softgpu.check;

/// What a finding is about.
public enum Kind {
  OUT_OF_BOUNDS("is out of bounds"),
  MISALIGNED("is misaligned"),
  UNDER_ALIGNED("is aligned by its place alone"),
  UNINITIALISED("was never written"),
  SHARED_RACE("race in shared memory"),
  GLOBAL_RACE("race between blocks in global memory"),
  DIVERGENT_BARRIER("divergent barrier"),
  DEADLOCK("deadlock"),
  BAD_MASK("bad member mask"),
  INACTIVE_LANE("read of an inactive lane"),
  MISSING_ASYNC_WAIT("cp.async without a wait"),
  UNORDERED_PRODUCT("wgmma without a fence or a wait"),
  MISSING_PROXY_FENCE("async proxy without a fence"),
  DIVISION_BY_ZERO("integer division by zero"),
  ASSERTION("assertion failed"),
  TRAP("trap"),
  NEVER_ENDS("launch never ends"),
  BAD_MBARRIER("mbarrier error"),
  BAD_TENSOR_MAP("bad tensor map"),
  EXITED_BLOCK("is of a block that may have exited"),
  BAD_CALL("bad call"),
  INVALID_FREE("invalid free"),
  READ_ONLY("write to read-only memory");

  private final String words;

  Kind(String words) {
    this.words = words;
  }

  public String words() {
    return words;
  }
}
