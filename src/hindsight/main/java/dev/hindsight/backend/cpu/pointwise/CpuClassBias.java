package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.ClassBias;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;

/// Row by row. Of the gradient, first each image's rows are added up, in pieces, then those sums
/// image by image: so its bits depend on the shape alone.
public final class CpuClassBias implements ClassBias {
  /// Numbers of a share.
  private static final int SHARE = 1 << 14;

  /// Columns of a share that adds up images.
  private static final int COLUMNS = 1 << 10;

  private static final int WRONG = -2;

  private final Engine engine;

  public CpuClassBias(Engine engine) {
    this.engine = engine;
  }

  /// A class, [#NO_CLASS] or [#WRONG].
  private static int label(long labels, long image, int classes) {
    float label = Native.get(labels, image);
    boolean known = label >= NO_CLASS && label < classes && label == (int) label;
    return known ? (int) label : WRONG;
  }

  @Override
  public void forward(Tensor x, Tensor table, Tensor labels, int places, Tensor y) {
    int width = x.channels();
    int images = Math.toIntExact(labels.size());
    int classes = table.dim(0);
    Stored stored = engine.stored(x);
    engine.scratch().reserve(stored.room(width));
    long from = x.address();
    long to = y.address();
    long biases = table.address();
    long of = labels.address();
    engine.runBlocks(
        x.rows(),
        Math.max(1, SHARE / width),
        (first, count, worker) -> {
          long room = engine.own(worker);
          for (int row = first; row < first + count; row++) {
            int label = label(of, row / places % images, classes);
            long at = (long) row * width;
            add(stored, stored.at(from, at), biases, label, stored.at(to, at), width, room);
          }
        });
  }

  private void add(Stored stored, long x, long table, int label, long y, int width, long room) {
    if (label == NO_CLASS) {
      if (x != y) {
        stored.copy(x, y, width);
      }
      return;
    }
    long sum = stored.floats(y, room);
    if (label == WRONG) {
      Loops.fill(Float.NaN, sum, width);
    } else {
      Loops.add(stored.fetch(x, room, width), Native.at(table, label, width, 0), sum, width);
    }
    stored.store(sum, y, width);
  }

  @Override
  public void backward(Tensor labels, int places, Tensor dy, Tensor dtable) {
    int images = Math.toIntExact(labels.size());
    int width = dy.channels();
    int each = dy.rows() / images; // rows of an image
    if (each == 1) {
      addImages(engine.stored(dy), dy.address(), 1, labels, dtable);
      return;
    }
    int perPiece = Math.max(1, SHARE / width);
    int pieces = Math.ceilDiv(each, perPiece);
    Stored stored = engine.stored(dy);
    engine.shared().reserve((long) images * pieces * width);
    long sums = engine.shared().of(0);
    long from = dy.address();
    engine.run(
        Math.multiplyExact(images, pieces),
        (share, worker) -> {
          int image = share / pieces;
          long sum = Native.at(sums, share, width, 0);
          Loops.fill(0, sum, width);
          int first = share % pieces * perPiece;
          for (int r = first; r < Math.min(each, first + perPiece); r++) {
            long row = ((long) r / places * images + image) * places + r % places;
            stored.addTo(sum, stored.at(from, row * width), width);
          }
        });
    addImages(engine.fp32(), sums, pieces, labels, dtable);
  }

  /// Adds so many rows of each image to that of its class.
  private void addImages(Stored stored, long from, int rows, Tensor labels, Tensor dtable) {
    int images = Math.toIntExact(labels.size());
    int classes = dtable.dim(0);
    int width = dtable.channels();
    long of = labels.address();
    long to = dtable.address();
    engine.run(
        Math.ceilDiv(width, COLUMNS),
        (share, worker) -> {
          int start = share * COLUMNS;
          int count = Math.min(COLUMNS, width - start);
          for (int image = 0; image < images; image++) {
            int label = label(of, image, classes);
            for (int r = 0; r < rows && label >= 0; r++) {
              long at = ((long) image * rows + r) * width + start;
              stored.addTo(Native.at(to, label, width, start), stored.at(from, at), count);
            }
          }
        });
  }
}
