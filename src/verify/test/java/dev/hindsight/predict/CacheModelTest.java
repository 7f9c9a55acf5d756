package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.predict.CacheModel.Touch;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheModelTest {
  private static final long MB = 1 << 20;

  private static Touch read(long address, long bytes) {
    return new Touch(address, bytes, true, false);
  }

  private static Touch write(long address, long bytes) {
    return new Touch(address, bytes, false, true);
  }

  @Test
  void whatFitsIsReadOnce() {
    var cache = new CacheModel(4 * MB);
    assertThat(cache.run(List.of(read(0, 3 * MB)))).isEqualTo(3 * MB);
    assertThat(cache.run(List.of(read(0, 3 * MB)))).isZero();
  }

  @Test
  void whatDoesNotFitIsReadAgain() {
    var cache = new CacheModel(4 * MB);
    cache.run(List.of(read(0, 8 * MB)));
    assertThat(cache.run(List.of(read(0, 8 * MB)))).isEqualTo(8 * MB);
    assertThat(cache.run(List.of(read(4 * MB, 4 * MB)))).isZero(); // the half that was read last
  }

  /// Two megabytes that were written have to leave when four others come; until then they cost
  /// nothing, and the next launch reads them from L2.
  @Test
  void whatWasWrittenCostsWhenItLeaves() {
    var cache = new CacheModel(4 * MB);
    assertThat(cache.run(List.of(write(0, 2 * MB)))).isZero();
    assertThat(cache.run(List.of(read(0, 2 * MB)))).isZero();
    assertThat(cache.run(List.of(read(16 * MB, 4 * MB)))).isEqualTo(6 * MB);
  }

  @Test
  void aSmallTensorCostsItsOwnBytes() {
    assertThat(new CacheModel(4 * MB).run(List.of(read(100, 12)))).isEqualTo(12);
  }

  /// The one operand is a quarter of the other; both are passed through once.
  @Test
  void operandsAdvanceTogether() {
    var cache = new CacheModel(4 * MB);
    assertThat(cache.run(List.of(read(0, 8 * MB), read(64 * MB, 2 * MB)))).isEqualTo(10 * MB);
    assertThat(cache.run(List.of(read(64 * MB + 3 * MB / 2, MB / 2)))).isZero();
  }
}
