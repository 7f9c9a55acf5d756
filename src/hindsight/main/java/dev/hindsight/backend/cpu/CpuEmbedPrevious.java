package dev.hindsight.backend.cpu;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Rows of two tables, image by image.
final class CpuEmbedPrevious implements EmbedPrevious {
  /// Floats of dposition in one share: what stays in the cache while the images go by.
  private static final int PIECE = 1 << 12;

  private static final int MOST_SHARES = 32;

  private final Engine engine;

  CpuEmbedPrevious(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    int length = pixels.channels();
    int channels = table.channels();
    Table of = Table.of(engine.stored(pixels), pixels, table);
    Stored stored = engine.stored(y);
    engine.scratch().reserve(stored.room(channels));
    long places = position.address();
    long out = y.address();
    engine
        .workers()
        .run(
            pixels.rows(),
            (image, worker) -> {
              for (int t = 0; t < length; t++) {
                long to = stored.at(out, ((long) image * length + t) * channels);
                long room = engine.scratch().of(worker);
                embed(stored, of, image, t, Raw.at(places, t, channels, 0), to, room);
              }
            });
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    int channels = table.channels();
    Table of = Table.of(engine.stored(pixels), pixels, table);
    Stored stored = engine.stored(y);
    engine.scratch().reserve(stored.room(channels));
    long room = engine.scratch().of(0);
    long place = Raw.at(position.address(), t, channels, 0);
    long out = y.address();
    for (int image = 0; image < pixels.rows(); image++) {
      embed(stored, of, image, t, place, stored.at(out, image, channels, 0), room);
    }
  }

  /// @param stored how pixels lie
  private record Table(
      Stored stored, long pixels, int length, long rows, int values, int channels) {
    static Table of(Stored stored, Tensor pixels, Tensor table) {
      return new Table(
          stored,
          pixels.address(),
          pixels.channels(),
          table.address(),
          table.dim(0),
          table.channels());
    }

    /// The row of the pixel before t, or 0 when it has none.
    long row(int image, int t) {
      float value = stored.get(stored.at(pixels, (long) image * length + t - 1));
      boolean known = value >= 0 && value < values && value == (int) value;
      return known ? Raw.at(rows, (int) value, channels, 0) : 0;
    }
  }

  private void embed(Stored stored, Table table, int image, int t, long place, long y, long room) {
    if (t == 0) {
      stored.round(place, y, table.channels);
      return;
    }
    long row = table.row(image, t);
    long sum = stored.floats(y, room);
    if (row == 0) {
      engine.loops().fill(Float.NaN, sum, table.channels);
    } else {
      engine.loops().add(row, place, sum, table.channels);
    }
    stored.store(sum, y, table.channels);
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

  private void addPositions(int images, Tensor dy, Tensor dposition) {
    Stored stored = engine.stored(dy);
    long from = dy.address();
    long to = dposition.address();
    long size = dposition.size();
    engine
        .workers()
        .run(
            Math.toIntExact((size + PIECE - 1) / PIECE),
            (share, worker) -> {
              long start = (long) share * PIECE;
              long out = Raw.at(to, start);
              long count = Math.min(PIECE, size - start);
              for (int image = 0; image < images; image++) {
                long at = stored.at(from, image * size + start);
                stored.addTo(out, at, count);
              }
            });
  }

  /// Each share sums its images into a table of its own; the tables are then added in order.
  private void addTable(Tensor pixels, Tensor dy, Tensor dtable) {
    int length = pixels.channels();
    int channels = dtable.channels();
    int images = pixels.rows();
    int size = Math.toIntExact(dtable.size());
    int perShare = Math.ceilDiv(images, MOST_SHARES);
    int shares = Math.ceilDiv(images, perShare);
    Stored stored = engine.stored(dy);
    Stored ofPixels = engine.stored(pixels);
    engine.shared().reserve((long) shares * size);
    long partial = engine.shared().of(0);
    engine.loops().fill(0, partial, (long) shares * size);
    long values = pixels.address();
    long from = dy.address();
    engine
        .workers()
        .run(
            shares,
            (share, worker) -> {
              Table sums =
                  new Table(
                      ofPixels,
                      values,
                      length,
                      Raw.at(partial, share, size, 0),
                      dtable.dim(0),
                      channels);
              for (int image = share * perShare;
                  image < Math.min(images, (share + 1) * perShare);
                  image++) {
                for (int t = 1; t < length; t++) {
                  long row = sums.row(image, t);
                  if (row != 0) {
                    long at = stored.at(from, ((long) image * length + t) * channels);
                    stored.addTo(row, at, channels);
                  }
                }
              }
            });
    long to = dtable.address();
    for (int share = 0; share < shares; share++) {
      engine.loops().add(to, Raw.at(partial, share, size, 0), to, size);
    }
  }
}
