package dev.hindsight.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private static final long MIB = 1L << 20;

  private static final class FakeMemory implements Memory {
    final List<Long> reserved = new ArrayList<>();
    final List<Long> released = new ArrayList<>();
    final List<Long> zeroed = new ArrayList<>();
    final Map<Long, Long> held = new HashMap<>(); // bytes by address
    long most;
    long next = 4096;

    @Override
    public long reserve(long bytes, String label) {
      long address = next;
      next += bytes + 4096;
      reserved.add(bytes);
      held.put(address, bytes);
      most = Math.max(most, held.values().stream().mapToLong(Long::longValue).sum());
      return address;
    }

    @Override
    public void release(long address) {
      assertThat(held.remove(address)).as("what is released").isNotNull();
      released.add(address);
    }

    @Override
    public void zero(long address, long bytes) {
      zeroed.add(bytes);
    }
  }

  private final FakeMemory memory = new FakeMemory();
  private final ScopePool pool = new ScopePool(memory);

  @Test
  void theNextScopeOfALabelGetsTheSameAddresses() {
    List<Long> first = new ArrayList<>();
    List<Long> second = new ArrayList<>();
    for (List<Long> addresses : List.of(first, second)) {
      try (Scope step = pool.open("step")) {
        addresses.add(step.floats(3, 5).address());
        addresses.add(step.zeros(1 << 20).address());
        addresses.add(step.floats(7).address());
      }
    }
    assertThat(second).isEqualTo(first);
    assertThat(first).doesNotHaveDuplicates();
    assertThat(memory.reserved).containsExactly(1L << 20, 4L << 20, 1L << 20);
    assertThat(pool.reservedBytes()).isEqualTo(6L << 20);
    assertThat(memory.zeroed).containsExactly(4L << 20, 4L << 20);
  }

  /// As where samplers of 1, 2, 3, … images are made on one backend.
  @Test
  void scopesThatGrowHoldWhatTheLargestNeeds() {
    for (int size = 1; size <= 50; size++) {
      useThree(size);
    }
    long alone = 3L * 50 * MIB;
    assertThat(pool.reservedBytes()).isEqualTo(alone);
    assertThat(sum(memory.reserved)).as("all that ever was").isEqualTo(3L * sumTo(50) * MIB);
    assertThat(memory.released).hasSize(3 * 49).doesNotHaveDuplicates();
    assertThat(memory.most).as("at any time").isLessThanOrEqualTo(alone);
    pool.close();
    assertThat(memory.held).isEmpty();
  }

  /// As where an epoch ends with a smaller batch: nothing is reserved or released after the first.
  @Test
  void smallerScopesBetweenLeaveTheChunksOfTheLargest() {
    List<Long> first = useThree(5);
    List<Long> small = useThree(2);
    for (int k = 0; k < 3; k++) {
      assertThat(useThree(5)).isEqualTo(first);
      assertThat(useThree(2)).isEqualTo(small);
    }
    assertThat(memory.reserved).hasSize(3);
    assertThat(memory.released).isEmpty();
  }

  /// A large tensor, then one that fits where another did not: this changes the chunks, but only
  /// until they fit both.
  @Test
  void anyMixOfSizesComesToRest() {
    for (int k = 0; k < 5; k++) {
      use(1, 10, 1, 10);
      use(1, 5, 1, 5);
    }
    int reserved = memory.reserved.size();
    int released = memory.released.size();
    List<Long> large = use(1, 10, 1, 10);
    List<Long> small = use(1, 5, 1, 5);
    assertThat(use(1, 10, 1, 10)).isEqualTo(large);
    assertThat(use(1, 5, 1, 5)).isEqualTo(small);
    assertThat(memory.reserved).hasSize(reserved);
    assertThat(memory.released).hasSize(released).isNotEmpty();
  }

  /// A recorded graph knows the addresses of all that it ever touched.
  @Test
  void aPoolThatKeepsAllReleasesNothingBeforeItCloses() {
    try (ScopePool keeping = ScopePool.keepingAll(memory)) {
      for (int size = 1; size <= 3; size++) {
        try (Scope scope = keeping.open("step")) {
          scope.floats(size << 18);
          scope.floats(size << 18);
        }
      }
      assertThat(memory.released).isEmpty();
      assertThat(keeping.reservedBytes()).isEqualTo(2L * sumTo(3) * MIB);
    }
    assertThat(memory.held).isEmpty();
  }

  private List<Long> useThree(int mebibytes) {
    return use(mebibytes, mebibytes, mebibytes);
  }

  /// Addresses of tensors of these sizes in a scope of their own.
  private List<Long> use(int... mebibytes) {
    try (Scope step = pool.open("step")) {
      return Arrays.stream(mebibytes).mapToObj(m -> step.floats(m << 18).address()).toList();
    }
  }

  private static long sumTo(long n) {
    return n * (n + 1) / 2;
  }

  private static long sum(List<Long> all) {
    return all.stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void scopesThatAreOpenAtOnceDoNotShare() {
    try (Scope a = pool.open("step");
        Scope b = pool.open("step")) {
      assertThat(a.floats(4).address()).isNotEqualTo(b.floats(4).address());
    }
  }

  @Test
  void useAfterCloseThrows() {
    Scope scope = pool.open("step");
    Tensor w = scope.floats(784, 512);
    scope.close();
    assertThatThrownBy(w::address).hasMessage("tensor (784, 512): scope 'step' is closed");
    assertThatThrownBy(() -> scope.floats(1)).hasMessageContaining("scope 'step' is closed");
    assertThatThrownBy(scope::close).hasMessage("scope 'step' is already closed");
  }

  @Test
  void closingThePoolReleasesAllAndReportsLeaks() {
    Scope scope = pool.open("model");
    scope.floats(1);
    assertThatThrownBy(pool::close).hasMessage("1 scope(s) were left open");
    scope.close();
    pool.close();
    assertThat(memory.released).hasSize(1);
  }

  @Test
  void aPartMustLieInside() {
    try (Scope scope = pool.open("model")) {
      Tensor flat = scope.floats(10);
      assertThat(flat.part(4, Shape.of(2, 3)).address()).isEqualTo(flat.address() + 16);
      assertThatThrownBy(() -> flat.part(5, Shape.of(2, 3)))
          .hasMessage("tensor: part (2, 3) at 5 does not fit in (10)");
    }
  }
}
