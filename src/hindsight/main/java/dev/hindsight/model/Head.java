package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;

/// What the outputs of a model mean: of which distribution each value is, and which numbers say so.
public sealed interface Head permits BernoulliHead, CategoricalHead, LogisticMixtureHead {
  /// The values that one set of outputs is for.
  ///
  /// @param levels that a value has
  /// @param channels of a pixel, or 1 where each channel has outputs of its own
  record Group(int levels, int channels) {}

  /// Where the outputs of a value lie among those of an image.
  record Range(int from, int count) {}

  /// As on the command line, without what it is made of.
  String name();

  /// As on the command line.
  default String describe() {
    return name();
  }

  /// How many outputs a group has.
  int outputs(Group group);

  /// Where those of a value are.
  default Range range(Group group, int value) {
    int each = outputs(group) / group.channels();
    return new Range(value * each, each);
  }

  /// Whether a channel has outputs of its own, which follow from the channels before it through the
  /// network. Otherwise all channels of a pixel have one set, and the distribution itself joins
  /// them.
  default boolean byChannel() {
    return true;
  }

  /// Negative log-likelihood of each image in nats.
  ///
  /// @param outputs of all groups, (B,…)
  /// @param pixels (B,D)
  /// @return (B)
  Tensor nll(Ops ops, Group group, Tensor outputs, Tensor pixels);

  /// Outputs of which each value has its own, so that they can be added (guidance does): these, but
  /// of a mixture a logit for each level, given the channels before it.
  ///
  /// @param outputs of some groups, (B,…)
  /// @param pixels the values of these groups, (B,…)
  default Tensor byValue(Ops ops, Group group, Tensor outputs, Tensor pixels) {
    return outputs;
  }

  /// Draws values `from .. to - 1` of each image, as [dev.hindsight.backend.Bernoulli] does.
  void draw(Backend backend, Group group, Drawing drawing, int from, int to);

  /// What is drawn.
  ///
  /// @param draw (6), [dev.hindsight.backend.Draw#words]
  /// @param outputs of all groups (N,…), of which those of these values count
  /// @param temperature 1 = as the model predicts; below, more certain
  /// @param pixels (N,D)
  record Drawing(Tensor draw, Tensor outputs, float temperature, Tensor pixels) {}

  /// Of which distribution a kernel draws.
  OutputHead.Distribution distribution();

  /// Of a mixture; else 0.
  default int components() {
    return 0;
  }

  /// How likely each level of a value is.
  ///
  /// @param outputs of the value, see [#range]
  /// @param before the levels of the channels before it in its group
  double[] probabilities(Group group, float[] outputs, int[] before);

  /// An output bias that makes a distribution like that of training images.
  ///
  /// @param levels how often each level occurs in each channel of each group, (…,V)
  float[] bias(Group group, double[][] levels);

  /// That of a shape when nobody has chosen one.
  static Head of(ImageShape shape) {
    if (shape.binary()) {
      return new BernoulliHead();
    }
    return shape.levels() <= CategoricalHead.USUAL
        ? new CategoricalHead()
        : new LogisticMixtureHead(LogisticMixtureHead.USUAL);
  }

  /// Fails where a shape has levels that it knows nothing of.
  default void requireFit(ImageShape shape) {}

  /// The words of `--head`: a name, and behind a colon the components of a mixture.
  static Head parse(String words) {
    int colon = words.indexOf(':');
    String name = colon < 0 ? words : words.substring(0, colon);
    String components = colon < 0 ? "" + LogisticMixtureHead.USUAL : words.substring(colon + 1);
    if (words.equals(BernoulliHead.NAME)) {
      return new BernoulliHead();
    }
    if (words.equals(CategoricalHead.NAME)) {
      return new CategoricalHead();
    }
    if (name.equals(LogisticMixtureHead.NAME) && components.matches("[0-9]{1,3}")) {
      return new LogisticMixtureHead(Integer.parseInt(components));
    }
    throw new UserException(
        "--head is '%s'; choose %s, %s, or %s[:K] with K components"
            .formatted(
                Printable.brief(words),
                BernoulliHead.NAME,
                CategoricalHead.NAME,
                LogisticMixtureHead.NAME));
  }
}
