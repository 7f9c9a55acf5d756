package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Rows of two tables, image by image.
public final class CpuEmbedPrevious implements EmbedPrevious {
  /// Floats of a gradient in one share: what stays in the cache while the images go by, or the
  /// shares' own sums.
  private static final int PIECE = 1 << 12;

  private static final int MOST_SHARES = 32;

  private final Engine engine;

  public CpuEmbedPrevious(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    int length = position.dim(0);
    int width = table.channels();
    Table of = Table.of(engine.stored(pixels), pixels, length, table);
    Stored stored = engine.stored(y);
    engine.scratch().reserve(stored.room(width));
    long places = position.address();
    long out = y.address();
    engine.run(
        pixels.rows(),
        (image, worker) -> {
          for (int t = 0; t < length; t++) {
            long to = stored.at(out, ((long) image * length + t) * width);
            long room = engine.own(worker);
            embed(stored, of, image, t, Native.at(places, t, width, 0), to, room);
          }
        });
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    int width = table.channels();
    Table of = Table.of(engine.stored(pixels), pixels, position.dim(0), table);
    Stored stored = engine.stored(y);
    engine.scratch().reserve(stored.room(width));
    long room = engine.own(0);
    long place = Native.at(position.address(), t, width, 0);
    long out = y.address();
    for (int image = 0; image < pixels.rows(); image++) {
      embed(stored, of, image, t, place, stored.at(out, image, width, 0), room);
    }
  }

  /// A table, or sums for its rows, and the pixels that choose among them.
  ///
  /// @param stored how pixels lie
  /// @param length pixels of an image
  /// @param rows address of the first
  private record Table(
      Stored stored, long pixels, int length, int channels, long rows, int levels, int width) {
    static Table of(Stored stored, Tensor pixels, int length, Tensor table) {
      int channels = pixels.channels() / length;
      return new Table(
          stored,
          pixels.address(),
          length,
          channels,
          table.address(),
          table.dim(0) / channels,
          table.channels());
    }

    /// Sums for the same rows.
    Table at(long sums) {
      return new Table(stored, pixels, length, channels, sums, levels, width);
    }

    /// The row of a channel of the pixel before t, or 0 when it has none.
    long row(int image, int t, int channel) {
      long before = (long) image * length + t - 1;
      float value = stored.get(stored.at(pixels, before * channels + channel));
      boolean known = value >= 0 && value < levels && value == (int) value;
      return known ? Native.at(rows, channel * levels + (int) value, width, 0) : 0;
    }
  }

  private void embed(Stored stored, Table table, int image, int t, long place, long y, long room) {
    if (t == 0) {
      stored.round(place, y, table.width);
      return;
    }
    long sum = stored.floats(y, room);
    long before = place;
    for (int channel = 0; channel < table.channels; channel++) {
      long row = table.row(image, t, channel);
      if (row == 0) {
        Loops.fill(Float.NaN, sum, table.width);
        break;
      }
      Loops.add(row, before, sum, table.width);
      before = sum;
    }
    stored.store(sum, y, table.width);
  }

  @Override
  public void backward(
      Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition) {
    if (dposition != null) {
      addPositions(pixels.rows(), dy, dposition);
    }
    if (dtable != null) {
      addTable(pixels, dy, dtable);
    }
  }

  @FunctionalInterface
  private interface Piece {
    /// Adds to some floats of a gradient.
    void add(long start, long count);
  }

  private void overPieces(long size, Piece piece) {
    engine.run(
        Math.toIntExact((size + PIECE - 1) / PIECE),
        (share, worker) -> {
          long start = (long) share * PIECE;
          piece.add(start, Math.min(PIECE, size - start));
        });
  }

  private void addPositions(int images, Tensor dy, Tensor dposition) {
    Stored stored = engine.stored(dy);
    long from = dy.address();
    long to = dposition.address();
    long size = dposition.size();
    overPieces(
        size,
        (start, count) -> {
          for (int image = 0; image < images; image++) {
            stored.addTo(Native.at(to, start), stored.at(from, image * size + start), count);
          }
        });
  }

  /// Each share sums its images into a table of its own; the tables are then added in order. A
  /// share has so many images that its table is no longer than they are.
  private void addTable(Tensor pixels, Tensor dy, Tensor dtable) {
    int images = pixels.rows();
    int size = Math.toIntExact(dtable.size());
    Table table = Table.of(engine.stored(pixels), pixels, dy.dim(1), dtable);
    int perShare =
        Math.max(Math.ceilDiv(images, MOST_SHARES), Math.ceilDiv(dtable.dim(0), table.length));
    int shares = Math.ceilDiv(images, perShare);
    Stored stored = engine.stored(dy);
    engine.shared().reserve((long) shares * size);
    long partial = engine.shared().of(0);
    long from = dy.address();
    engine.run(
        shares,
        (share, worker) -> {
          Table sums = table.at(Native.at(partial, share, size, 0));
          Loops.fill(0, sums.rows, size);
          int end = Math.min(images, (share + 1) * perShare);
          for (int image = share * perShare; image < end; image++) {
            addImage(stored, from, sums, image);
          }
        });
    long to = dtable.address();
    overPieces(
        size,
        (start, count) -> {
          for (int share = 0; share < shares; share++) {
            long sum = Native.at(to, start);
            Loops.add(sum, Native.at(partial, share, size, start), sum, count);
          }
        });
  }

  private static void addImage(Stored stored, long dy, Table sums, int image) {
    for (int t = 1; t < sums.length; t++) {
      long at = stored.at(dy, ((long) image * sums.length + t) * sums.width);
      for (int channel = 0; channel < sums.channels; channel++) {
        long row = sums.row(image, t, channel);
        if (row != 0) {
          stored.addTo(row, at, sums.width);
        }
      }
    }
  }
}
