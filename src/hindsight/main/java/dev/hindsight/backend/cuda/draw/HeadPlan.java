package dev.hindsight.backend.cuda.draw;

import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.OutputHead.Channels;
import dev.hindsight.image.ImageShape;
import org.jspecify.annotations.Nullable;

/// An [OutputHead] as `pixel_values.cuh` has it in memory.
final class HeadPlan {
  private HeadPlan() {}

  static PlanWords words(OutputHead of, ImageShape shape) {
    int channels = shape.channels();
    int features = of.last().channels();
    @Nullable Channels layers = of.channels();
    int units = layers == null ? 0 : features / channels;
    int each = layers == null ? features : of.outputs() / channels;
    int warps = PixelTiling.warpsFor(features);
    while (warps > 1 && PixelTiling.OUTPUTS / warps < each) {
      warps /= 2;
    }
    boolean wide =
        layers != null && PixelPlan.aligned(layers.weights()) && PixelPlan.aligned(of.last());
    PlanWords head = new PlanWords().put(of.last());
    head.put(layers == null ? null : layers.hidden()).put(layers == null ? null : layers.lead());
    head.put(layers == null ? null : layers.weights()).put(layers == null ? null : layers.bias());
    head.putInt(number(of.distribution())).putInt(channels);
    head.putInt(shape.levels()).putInt(of.components());
    head.putInt(features).putInt(units).putInt(each).putInt(of.outputs()).putInt(warps);
    head.putInt(wide ? 1 : 0);
    return head.putInt(Float.floatToIntBits(of.scale())).putInt(Float.floatToIntBits(of.shift()));
  }

  private static int number(OutputHead.Distribution distribution) {
    return switch (distribution) {
      case BERNOULLI -> 0;
      case CATEGORICAL -> 1;
      case LOGISTIC_MIXTURE -> 2;
    };
  }
}
