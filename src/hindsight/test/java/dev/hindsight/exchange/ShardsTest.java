package dev.hindsight.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.error.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardsTest {
  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 3, 6, 12, 2048})
  void areAPowerOfTwo(int count) {
    assertThatThrownBy(() -> new Shards(count))
        .isInstanceOf(UserException.class)
        .hasMessage("--shards must be a power of two from 1 to 1024 but is " + count);
  }

  @Test
  void cutABatchIntoEqualParts() {
    new Shards(8).requireBatch(64);
    assertThatThrownBy(() -> new Shards(8).requireBatch(60))
        .hasMessage(
            "a batch of 60 images cannot be cut into 8 equal shards; change --batch or --shards");
  }

  @Test
  void areSharedByWorkersThatDivideThem() {
    new Shards(8).requireWorkers(8);
    assertThatThrownBy(() -> new Shards(8).requireWorkers(3))
        .hasMessage("--workers must be a power of two but is 3; 2 would do");
    assertThatThrownBy(() -> new Shards(8).requireWorkers(0))
        .hasMessage("--workers must be a power of two but is 0; 1 would do");
    assertThatThrownBy(() -> new Shards(8).requireWorkers(16))
        .hasMessageStartingWith("--workers 16 is more than the 8 shards of a batch");
  }

  /// Left to right gives 0 here.
  @Test
  void areAddedInATree() {
    float big = 1 << 24; // to which 1 cannot be added
    float[][] parts = {{big}, {1}, {1}, {-big}};
    Shards.sum(parts);
    assertThat(parts[0][0]).isEqualTo(1);
  }
}
