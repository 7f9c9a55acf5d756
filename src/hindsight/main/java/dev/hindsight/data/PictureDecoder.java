package dev.hindsight.data;

import dev.hindsight.data.PictureListing.Found;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Picture;
import dev.hindsight.format.PictureFile;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Decodes pictures into images of one shape, on all cores. Of several that cannot be read it
/// reports the first in their order, whichever core was faster.
final class PictureDecoder {
  private static final int MOST_THREADS = 16; // each holds a file

  private final List<Found> pictures;
  private final PictureOptions options;
  private final Opening opening;
  private final int height;
  private final int width;

  /// Takes images, from any thread, in any order.
  interface Sink {
    /// Keeps the bytes of an image, which change after that.
    void put(int picture, byte[] image) throws IOException;
  }

  private record Sides(int height, int width) {
    static Sides of(Picture picture) {
      return new Sides(picture.height(), picture.width());
    }
  }

  /// Looks at the first picture where nobody gave a size.
  PictureDecoder(List<Found> pictures, PictureOptions options, Opening opening) {
    this.pictures = pictures;
    this.options = options;
    this.opening = opening;
    if (options.fits()) {
      height = options.height();
      width = options.width();
    } else {
      Sides first = PictureFile.read(pictures.getFirst().file(), Sides::of);
      height = first.height;
      width = first.width;
      requirePossible();
    }
  }

  private void requirePossible() {
    if (!ImageShape.isPossible(height, width)) {
      throw new DataException(
          "%s: has %dx%d pixels, but an image may have 2 to %d and sides of at most %d; give --size N or HEIGHTxWIDTH"
              .formatted(
                  pictures.getFirst().file(),
                  height,
                  width,
                  ImageShape.MOST_PIXELS,
                  ImageShape.LONGEST_SIDE));
    }
  }

  /// Of the images that are given: with three channels until all pictures are known.
  ImageShape shape() {
    return Images.shape(height, width, options.channels() == 0 ? 3 : options.channels());
  }

  /// Whether images of three equal channels are to become grey.
  boolean turnsGrey(boolean coloured) {
    return options.channels() == 0 && !coloured;
  }

  /// What was found in all pictures.
  ///
  /// @param coloured whether any of them has colour
  /// @param blank how many are, see [Images]
  record Result(boolean coloured, int blank) {}

  /// Decodes all pictures.
  ///
  /// @throws IOException that `sink` threw
  /// @throws UserException for a picture that cannot be had
  Result run(Sink sink) throws IOException {
    var work = new Work(sink);
    int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        all.add(workers.submit(work::loop));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case Error error -> throw error;
        case RuntimeException runtime -> throw runtime;
        case null, default -> throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataException("reading pictures was interrupted; start again");
    }
    if (!work.refused.isEmpty()) {
      throw work.refused.firstEntry().getValue();
    }
    return new Result(work.coloured.get(), work.blank.get());
  }

  private final class Work {
    private final Sink sink;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicBoolean coloured = new AtomicBoolean();
    private final AtomicInteger blank = new AtomicInteger();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final ConcurrentSkipListMap<Integer, UserException> refused =
        new ConcurrentSkipListMap<>();
    private int done;

    Work(Sink sink) {
      this.sink = sink;
    }

    /// Returns nothing, and so may throw what it likes.
    Void loop() throws IOException {
      byte[] image = new byte[shape().values()];
      boolean whole = false;
      try {
        while (!stopped.get()) {
          int picture = next.getAndIncrement();
          if (picture >= pictures.size()) {
            break;
          }
          one(picture, image);
        }
        whole = true;
      } finally {
        if (!whole) {
          stopped.set(true);
        }
      }
      return null;
    }

    private void one(int number, byte[] image) throws IOException {
      try {
        PictureFit fit = PictureFile.read(pictures.get(number).file(), p -> fitted(number, p));
        if (fit.coloured()) {
          coloured.set(true);
        }
        if (fit.blank()) {
          blank.incrementAndGet();
        }
        fit.bytes(image);
      } catch (UserException e) {
        refused.put(number, e);
        stopped.set(true);
        return;
      }
      sink.put(number, image);
      synchronized (this) {
        opening.progress("reading pictures", "pictures", ++done, pictures.size());
      }
    }

    private PictureFit fitted(int number, Picture picture) {
      if (!options.fits() && (picture.height() != height || picture.width() != width)) {
        throw new DataException(
            "%s: has %dx%d pixels but %s has %dx%d; make all of one size, or fit them with --size N or HEIGHTxWIDTH"
                .formatted(
                    pictures.get(number).file(),
                    picture.height(),
                    picture.width(),
                    pictures.getFirst().name(),
                    height,
                    width));
      }
      return PictureFit.of(picture, shape(), options);
    }
  }
}
