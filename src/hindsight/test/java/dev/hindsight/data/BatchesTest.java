package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchesTest {
  private static final RandomKey KEY = RandomKey.of(7);

  /// Image i carries the bits of i in its first pixels, so that it can be recognised.
  private static Dataset numbered(int count) {
    byte[] grey = new byte[count * ImageShape.MNIST.pixels()];
    for (int image = 0; image < count; image++) {
      for (int bit = 0; bit < 16; bit++) {
        grey[image * ImageShape.MNIST.pixels() + bit] = (byte) ((image >> bit & 1) * 255);
      }
      Arrays.fill(
          grey,
          image * ImageShape.MNIST.pixels() + 16,
          (image + 1) * ImageShape.MNIST.pixels(),
          (byte) (image % 256));
    }
    return new Dataset("numbered", ImageShape.MNIST, grey, null);
  }

  private static List<Integer> numbers(Batch batch) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < batch.count(); i++) {
      int number = 0;
      for (int bit = 0; bit < 16; bit++) {
        number |= (int) batch.pixels()[i * ImageShape.MNIST.pixels() + bit] << bit;
      }
      numbers.add(number);
    }
    return numbers;
  }

  private static List<Integer> numbers(Iterable<Batch> epoch) {
    List<Integer> numbers = new ArrayList<>();
    epoch.forEach(batch -> numbers.addAll(numbers(batch)));
    return numbers;
  }

  @Test
  void trainingShufflesAndDropsTheIncompleteBatch() {
    Batches batches = Batches.training(numbered(103), 10, Binarize.THRESHOLD, KEY);

    List<Integer> first = numbers(batches.epoch(0));
    assertThat(batches.perEpoch()).isEqualTo(10);
    assertThat(first).hasSize(100).doesNotHaveDuplicates().allMatch(n -> n >= 0 && n < 103);
    assertThat(first).isNotEqualTo(first.stream().sorted().toList());
    assertThat(numbers(batches.epoch(1))).isNotEqualTo(first);
    assertThat(numbers(batches.epoch(0))).isEqualTo(first);
  }

  @Test
  void everyImageIsDroppedInSomeEpochOnly() {
    Batches batches = Batches.training(numbered(23), 10, Binarize.THRESHOLD, KEY);
    Set<Integer> seen = new HashSet<>();
    for (int epoch = 0; epoch < 20; epoch++) {
      seen.addAll(numbers(batches.epoch(epoch)));
    }
    assertThat(seen).hasSize(23);
  }

  @Test
  void evaluationKeepsOrderAndTheIncompleteBatch() {
    Batches batches = Batches.evaluation(numbered(23), 10, Binarize.THRESHOLD, KEY);
    List<Integer> counts = new ArrayList<>();
    List<Integer> indices = new ArrayList<>();
    List<Integer> all = new ArrayList<>();
    for (Batch batch : batches.epoch(0)) {
      counts.add(batch.count());
      indices.add(batch.index());
      all.addAll(numbers(batch));
    }
    assertThat(batches.perEpoch()).isEqualTo(3);
    assertThat(counts).containsExactly(10, 10, 3);
    assertThat(indices).containsExactly(0, 1, 2);
    for (int i = 0; i < 23; i++) {
      assertThat(all.get(i)).isEqualTo(i);
    }
  }

  @Test
  void aSmallTrainingSetMakesOneBatch() {
    Batches batches = Batches.training(numbered(3), 64, Binarize.THRESHOLD, KEY);
    assertThat(batches.perEpoch()).isEqualTo(1);
    assertThat(batches.size()).isEqualTo(3);
    assertThat(numbers(batches.epoch(0))).containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void startsAtAnyBatchWithTheSameBits() {
    Dataset data = numbered(200);
    List<float[]> whole = copies(data, 10, 3, 0);
    for (int first : new int[] {0, 1, 7, 19}) {
      List<float[]> rest = copies(data, 10, 3, first);
      assertThat(rest).hasSize(20 - first);
      for (int i = 0; i < rest.size(); i++) {
        assertThat(rest.get(i)).containsExactly(whole.get(first + i));
      }
    }
    assertThat(copies(data, 10, 3, 20)).isEmpty();
  }

  private static List<float[]> copies(Dataset data, int size, int epoch, int first) {
    List<float[]> copies = new ArrayList<>();
    Batches batches = Batches.training(data, size, Binarize.STOCHASTIC, KEY);
    batches.epoch(epoch, first).forEach(batch -> copies.add(batch.pixels().clone()));
    return copies;
  }

  @Test
  void stochasticBitsDoNotDependOnOrderOrBatchSize() {
    Dataset data = numbered(200);
    float[][] byTens = byNumber(Batches.training(data, 10, Binarize.STOCHASTIC, KEY), 4);
    float[][] bySevens = byNumber(Batches.evaluation(data, 7, Binarize.STOCHASTIC, KEY), 4);
    float[][] nextEpoch = byNumber(Batches.evaluation(data, 7, Binarize.STOCHASTIC, KEY), 5);
    int different = 0;
    for (int i = 0; i < 200; i++) {
      assertThat(bySevens[i]).as("image %d", i).containsExactly(byTens[i]);
      different += Arrays.equals(bySevens[i], nextEpoch[i]) ? 0 : 1;
    }
    assertThat(different).isGreaterThan(190);
  }

  /// Which images lose their class in an epoch is a matter of the key, the epoch and their numbers.
  @Test
  void classesAreHiddenWhateverTheOrder() {
    Dataset numbered = numbered(200);
    int[] tens = IntStream.range(0, 200).map(k -> k / 10).toArray();
    var data = new Dataset("tens", numbered.shape(), numbered.bytes(), Labels.numbered(tens));
    Map<Integer, Float> byTens = labels(data, 10, 0.3f, 4);
    assertThat(byTens).isEqualTo(labels(data, 8, 0.3f, 4)).hasSize(200);
    assertThat(byTens.values().stream().filter(label -> label < 0).count()).isBetween(40L, 80L);
    byTens.forEach((image, label) -> assertThat(label).isIn(-1f, (float) (image / 10)));
    assertThat(labels(data, 10, 0.3f, 5)).isNotEqualTo(byTens);
    assertThat(labels(data, 10, 0, 4).values()).doesNotContain(-1f).contains(0f, 19f);
    assertThat(Batches.training(numbered, 10, Binarize.THRESHOLD, KEY).epoch(0).iterator().next())
        .extracting(Batch::labels)
        .isNull();
  }

  /// Of all images of an epoch, by their numbers.
  private static Map<Integer, Float> labels(Dataset data, int size, float dropout, int epoch) {
    Map<Integer, Float> labels = new HashMap<>();
    Batches batches = Batches.training(data, size, Binarize.THRESHOLD, 0, dropout, KEY);
    for (Batch batch : batches.epoch(epoch)) {
      List<Integer> numbers = numbers(batch);
      for (int i = 0; i < batch.count(); i++) {
        labels.put(numbers.get(i), Objects.requireNonNull(batch.labels())[i]);
      }
    }
    return labels;
  }

  private static float[][] byNumber(Batches batches, int epoch) {
    float[][] images = new float[batches.data().count()][];
    for (Batch batch : batches.epoch(epoch)) {
      List<Integer> numbers = numbers(batch);
      for (int i = 0; i < batch.count(); i++) {
        images[numbers.get(i)] =
            Arrays.copyOfRange(
                batch.pixels(), i * ImageShape.MNIST.pixels(), (i + 1) * ImageShape.MNIST.pixels());
      }
    }
    return images;
  }

  @Test
  void pixelMeans() {
    byte[] grey = new byte[2 * ImageShape.MNIST.pixels()];
    grey[0] = (byte) 255;
    grey[1] = 51;
    grey[ImageShape.MNIST.pixels()] = (byte) 204;
    Dataset data = new Dataset("two", ImageShape.MNIST, grey, null);
    assertThat(Arrays.copyOf(data.pixelMeans(Binarize.THRESHOLD), 3)).containsExactly(1, 0, 0);
    assertThat(Arrays.copyOf(data.pixelMeans(Binarize.STOCHASTIC), 3))
        .containsExactly((1 + 0.8) / 2, 0.1, 0);
  }

  @Test
  void refusesAWrongSizeOrStart() {
    Dataset data = numbered(5);
    assertThatThrownBy(() -> Batches.training(data, 0, Binarize.THRESHOLD, KEY))
        .hasMessageContaining("at least 1");
    assertThatThrownBy(() -> Batches.training(data, 2, Binarize.THRESHOLD, KEY).epoch(0, 3))
        .hasMessage("batches: an epoch has 2 but it should start at 3");
  }

  @Test
  void oneBufferServesAllBatches() {
    Batches batches = Batches.training(numbered(40), 10, Binarize.THRESHOLD, KEY);
    Set<Integer> buffers = new HashSet<>();
    for (int epoch = 0; epoch < 2; epoch++) {
      batches.epoch(epoch).forEach(b -> buffers.add(System.identityHashCode(b.pixels())));
    }
    assertThat(buffers).hasSize(1);
  }
}
