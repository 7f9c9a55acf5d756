package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;

/// One logit, of the value being 1 and not 0.
public record BernoulliHead() implements Head {
  public static final String NAME = "bernoulli";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void requireFit(ImageShape shape) {
    if (!shape.binary()) {
      throw new UserException(
          "--head bernoulli is for 2 levels, but the images are of %d; choose %s or %s"
              .formatted(shape.levels(), CategoricalHead.NAME, LogisticMixtureHead.NAME));
    }
  }

  @Override
  public int outputs(Group group) {
    return group.channels();
  }

  @Override
  public Tensor nll(Ops ops, Group group, Tensor outputs, Tensor pixels) {
    return ops.sigmoidCrossEntropy(outputs, pixels);
  }

  @Override
  public void draw(Backend backend, Group group, Drawing d, int from, int to) {
    backend.bernoulli().draw(d.draw(), d.outputs(), d.temperature(), from, to, d.pixels());
  }

  @Override
  public OutputHead.Distribution distribution() {
    return OutputHead.Distribution.BERNOULLI;
  }

  @Override
  public double[] probabilities(Group group, float[] outputs, int[] before) {
    double one = 1 / (1 + Math.exp(-outputs[0]));
    return new double[] {1 - one, one};
  }

  @Override
  public float[] bias(Group group, double[][] levels) {
    float[] bias = new float[levels.length];
    for (int k = 0; k < bias.length; k++) {
      bias[k] = LogOdds.of(levels[k][1]);
    }
    return bias;
  }
}
