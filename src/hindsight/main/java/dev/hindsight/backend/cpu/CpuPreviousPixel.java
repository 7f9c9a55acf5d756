package dev.hindsight.backend.cpu;

import dev.hindsight.backend.PreviousPixel;
import dev.hindsight.tensor.Tensor;

/// Value, row and column of the pixel before, image by image.
final class CpuPreviousPixel implements PreviousPixel {
  private final Engine engine;

  CpuPreviousPixel(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(Tensor pixels, int side, Tensor y) {
    Stored stored = engine.stored(y);
    int length = pixels.channels();
    float bottom = Math.max(length / side - 1, 1);
    float right = Math.max(side - 1, 1);
    long from = pixels.address();
    long to = y.address();
    engine
        .workers()
        .run(
            pixels.rows(),
            (image, worker) -> {
              long in = stored.at(from, image, length, 0);
              long out = stored.at(to, image, 3 * length, 0);
              stored.zero(out, 3);
              for (int t = 1; t < length; t++) {
                int previous = t - 1;
                int row = previous / side;
                int column = previous % side;
                stored.copy(stored.at(in, previous), stored.at(out, 3L * t), 1);
                stored.put(stored.at(out, 3L * t + 1), row / bottom);
                stored.put(stored.at(out, 3L * t + 2), column / right);
              }
            });
  }
}
