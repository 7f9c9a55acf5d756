package dev.hindsight.backend;

import java.util.ArrayList;
import java.util.List;

/// What a kernel must know to draw whole images of a MADE: which units each pixel makes final, and
/// where the weights lie.
///
/// One object per model: backends keep what they upload for as long as they are open.
public final class MadeLoop implements DrawingLoop {
  private static final int HEADER = 2;
  private static final int PER_LAYER = 4;
  private static final int ALIGNMENT = 4; // floats, so that 16 bytes can be read at once

  private final int[] plan;
  private final int floatsPerImage;

  /// A layer; the last is the output, all others are ReLU.
  ///
  /// @param weight where its weight begins in the flat tensor of all parameters, in elements
  /// @param bias where its bias begins
  public record Layer(Degrees degrees, int weight, int bias) {}

  /// @param layers from the pixels, of degrees 1, 2, …, to the logits
  public MadeLoop(List<Layer> layers) {
    int pixels = layers.getFirst().degrees().inputs();
    int hidden = layers.size() - 1;
    var starts = new ArrayList<Integer>(); // of the state of each hidden layer
    int floats = aligned(pixels);
    for (Layer layer : layers.subList(0, hidden)) {
      starts.add(floats);
      floats += aligned(layer.degrees().outputs());
    }
    this.floatsPerImage = floats;
    this.plan = new int[HEADER + PER_LAYER * layers.size() + hidden * (pixels + 1)];
    plan[0] = hidden;
    plan[1] = floats;
    int at = HEADER;
    for (int l = 0; l <= hidden; l++) {
      Layer layer = layers.get(l);
      plan[at++] = layer.degrees().inputs();
      plan[at++] = layer.weight();
      plan[at++] = layer.bias();
      plan[at++] = l < hidden ? starts.get(l) : floats;
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
  }

  private static int aligned(int floats) {
    return (floats + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /// In the layout that `made_sample.cu` describes.
  public int[] plan() {
    return plan.clone();
  }

  /// Pixels and hidden units of one image.
  public int floatsPerImage() {
    return floatsPerImage;
  }
}
