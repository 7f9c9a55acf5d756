package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.PreviousPixel;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;

/// Value, row and column of the pixel before, image by image.
public final class CpuPreviousPixel implements PreviousPixel {
  private final Engine engine;

  public CpuPreviousPixel(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(Tensor pixels, int side, Tensor y) {
    Stored stored = engine.stored(y);
    int each = y.channels();
    int channels = each - 2;
    int length = pixels.channels() / channels;
    float bottom = Math.max(length / side - 1, 1);
    float right = Math.max(side - 1, 1);
    long from = pixels.address();
    long to = y.address();
    engine.run(
        pixels.rows(),
        (image, worker) -> {
          long in = stored.at(from, image, pixels.channels(), 0);
          long out = stored.at(to, image, length * each, 0);
          stored.zero(out, each);
          for (int previous = 0; previous < length - 1; previous++) {
            int row = previous / side;
            int column = previous % side;
            long at = stored.at(out, previous + 1, each, 0);
            stored.copy(stored.at(in, previous, channels, 0), at, channels);
            stored.put(stored.at(at, channels), row / bottom);
            stored.put(stored.at(at, channels + 1), column / right);
          }
        });
  }
}
