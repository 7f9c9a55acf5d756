package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

/// A softmax over the levels: a logit each (PixelRNN, section 3.4).
public record CategoricalHead() implements Head {
  public static final String NAME = "categorical";

  /// At most so many levels have it when nobody chooses.
  static final int USUAL = 16;

  /// So rare is a level that never occurred.
  private static final double LEAST = 1e-4;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int outputs(Group group) {
    return group.channels() * group.levels();
  }

  @Override
  public Tensor nll(Ops ops, Group group, Tensor outputs, Tensor pixels) {
    Tensor byValue = ops.reshape(outputs, pixels.rows(), pixels.channels(), group.levels());
    return ops.softmaxCrossEntropy(byValue, pixels);
  }

  @Override
  public void draw(Backend backend, Group group, Drawing d, int from, int to) {
    backend.categorical().draw(d.draw(), d.outputs(), d.temperature(), from, to, d.pixels());
  }

  @Override
  public OutputHead.Distribution distribution() {
    return OutputHead.Distribution.CATEGORICAL;
  }

  @Override
  public double[] probabilities(Group group, float[] outputs, int[] before) {
    double top = Float.NEGATIVE_INFINITY;
    for (float logit : outputs) {
      top = Math.max(top, logit);
    }
    double[] p = new double[outputs.length];
    for (int v = 0; v < p.length; v++) {
      p[v] = Math.exp(outputs[v] - top);
    }
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / sum).toArray();
  }

  @Override
  public float[] bias(Group group, double[][] levels) {
    float[] bias = new float[levels.length * group.levels()];
    for (int k = 0; k < bias.length; k++) {
      bias[k] = (float) Math.log(levels[k / group.levels()][k % group.levels()] + LEAST);
    }
    return bias;
  }
}
