package dev.hindsight.backend.cuda.draw;

import dev.hindsight.backend.draw.MadeLoop;
import dev.hindsight.backend.draw.MadeLoop.Layer;
import java.util.List;

/// A [MadeLoop] as `made_sample.cu` has it in memory.
public final class MadePlan {
  private static final int HEADER = 2;
  private static final int PER_LAYER = 4;
  private static final int ALIGNMENT = 4; // floats, so that 16 bytes can be read at once

  private MadePlan() {}

  /// Pixels and hidden units of one image.
  public static int floatsPerImage(MadeLoop loop) {
    return loop.layers().stream().mapToInt(layer -> aligned(layer.degrees().inputs())).sum();
  }

  /// In the layout that the kernel describes.
  public static int[] words(MadeLoop loop) {
    List<Layer> layers = loop.layers();
    int pixels = layers.getFirst().degrees().inputs();
    int hidden = layers.size() - 1;
    int[] plan = new int[HEADER + PER_LAYER * layers.size() + hidden * (pixels + 1)];
    plan[0] = hidden;
    plan[1] = floatsPerImage(loop);
    int at = HEADER;
    int start = 0; // of what a layer leaves in an image's state
    for (Layer layer : layers) {
      start += aligned(layer.degrees().inputs());
      plan[at++] = layer.degrees().inputs();
      plan[at++] = layer.weight();
      plan[at++] = layer.bias();
      plan[at++] = start;
    }
    for (Layer layer : layers.subList(0, hidden)) {
      int known = 0;
      for (int p = 0; p <= pixels; p++) {
        while (known < layer.degrees().outputs() && layer.degrees().out(known) <= p) {
          known++;
        }
        plan[at++] = known;
      }
    }
    return plan;
  }

  private static int aligned(int floats) {
    return (floats + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
