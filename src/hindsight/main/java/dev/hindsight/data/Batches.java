package dev.hindsight.data;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Cuts a data set into batches of levels: where there are two, pixels become binary, else their
/// bytes are quantised evenly ([Levels]).
///
/// What a batch holds is a function of (key, epoch, index), so a run that starts again at any batch
/// sees the same bits. One buffer serves all batches: use one epoch at a time, from one thread.
public final class Batches {
  private final Dataset data;
  private final Binarize binarize;
  private final Shear shear;
  private final float classDropout;
  private final RandomKey key;
  private final boolean training;
  private final int size;
  private final Batch batch;
  private final int[] block = new int[4];
  private final byte[] stored; // scratch, an image
  private final byte[] slanted; // the same

  private Batches(
      Dataset data,
      int size,
      Binarize binarize,
      Shear shear,
      float classDropout,
      RandomKey key,
      boolean training) {
    if (size < 1) {
      throw new IllegalArgumentException("batches: the size must be at least 1 but was " + size);
    }
    this.data = data;
    this.binarize = binarize;
    this.shear = shear;
    this.classDropout = classDropout;
    this.key = key;
    this.training = training;
    this.size = Math.min(size, data.count());
    this.stored = new byte[data.shape().values()];
    this.slanted = new byte[stored.length];
    this.batch = new Batch(this.size, stored.length, data.hasLabels());
  }

  /// Shuffled anew in each epoch. The incomplete batch at the end is dropped; a set smaller than
  /// `size` makes one batch.
  public static Batches training(Dataset data, int size, Binarize binarize, RandomKey key) {
    return training(data, size, binarize, 0, 0, key);
  }

  /// The same, of images that are slanted anew in each epoch, before their bytes become levels.
  ///
  /// @param shear the largest slant, in pixels to a row, 0 to 1; each image's is drawn evenly from
  ///   that to as much the other way
  /// @param classDropout how likely an image's class is hidden in an epoch, each for itself
  public static Batches training(
      Dataset data, int size, Binarize binarize, float shear, float classDropout, RandomKey key) {
    return new Batches(data, size, binarize, new Shear(shear), classDropout, key, true);
  }

  /// In the order of the data set, every image once, so the last batch may be smaller.
  public static Batches evaluation(Dataset data, int size, Binarize binarize, RandomKey key) {
    return new Batches(data, size, binarize, Shear.NONE, 0, key, false);
  }

  public Dataset data() {
    return data;
  }

  /// Images in a whole batch: as asked, or all when there are fewer.
  public int size() {
    return size;
  }

  public int perEpoch() {
    return training ? data.count() / size : (data.count() + size - 1) / size;
  }

  /// All batches of an epoch.
  public Iterable<Batch> epoch(int epoch) {
    return epoch(epoch, 0);
  }

  /// The batches of an epoch from index `first` on.
  public Iterable<Batch> epoch(int epoch, int first) {
    if (first < 0 || first > perEpoch()) {
      throw new IllegalArgumentException(
          "batches: an epoch has %d but it should start at %d".formatted(perEpoch(), first));
    }
    return () -> new Epoch(epoch, first);
  }

  private final class Epoch implements Iterator<Batch> {
    private final int @Nullable [] order; // null: as in the data set
    private final RandomKey bits;
    private final RandomKey slants;
    private final RandomKey hidden;
    private int next;

    Epoch(int epoch, int first) {
      order = training ? Philox.permutation(key.fold("shuffle").fold(epoch), data.count()) : null;
      bits = key.fold("binarize").fold(epoch);
      slants = key.fold("shear").fold(epoch);
      hidden = key.fold("class dropout").fold(epoch);
      next = first;
    }

    @Override
    public boolean hasNext() {
      return next < perEpoch();
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException("batches: the epoch has " + perEpoch());
      }
      int start = next * size;
      int count = Math.min(size, data.count() - start);
      for (int i = 0; i < count; i++) {
        int image = order == null ? start + i : order[start + i];
        write(image, i * stored.length);
        float[] labels = batch.labels();
        if (labels != null) {
          labels[i] = label(image);
        }
      }
      batch.set(next++, count);
      return batch;
    }

    private int label(int image) {
      return classDropout > 0 && Philox.uniform(hidden.fold(image), 0, block) < classDropout
          ? Labels.NONE
          : data.label(image);
    }

    private void write(int image, int offset) {
      data.image(image, stored);
      byte[] bytes = stored;
      if (shear.largest() > 0) {
        shear.image(data.shape(), stored, slants.fold(image), block, slanted);
        bytes = slanted;
      }
      float[] out = batch.pixels();
      if (data.shape().binary()) {
        binarize.image(bytes, bits.fold(image), block, out, offset);
      } else {
        Levels.write(bytes, data.shape().levels(), out, offset);
      }
    }
  }
}
