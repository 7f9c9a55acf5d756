package dev.hindsight.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private static final class FakeMemory implements Memory {
    final List<Long> reserved = new ArrayList<>();
    final List<Long> released = new ArrayList<>();
    final List<Long> zeroed = new ArrayList<>();
    long next = 4096;

    @Override
    public long reserve(long bytes, String label) {
      long address = next;
      next += bytes + 4096;
      reserved.add(bytes);
      return address;
    }

    @Override
    public void release(long address) {
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
