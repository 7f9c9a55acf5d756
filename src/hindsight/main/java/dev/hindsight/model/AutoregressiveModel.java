package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.MetaBackend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Structure;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// p(x) = Π_i p(x_i | x_0 … x_{i-1}) over the D values of an image: pixels in raster order, or in
/// another [PixelOrder] where a model has several, and of each pixel its channels.
///
/// The law of every model: the logits of a value depend on values before it in this order alone,
/// whatever the others hold. [Causality] looks whether a model keeps it.
///
/// A model of one's own takes three things: a [ModelConfig] that creates it, [Parameters] on the
/// backend, and [#logits] out of ops or layers with their bias. `train.Trainer` trains it,
/// `train.Likelihood` evaluates it, `train.Models` keeps it in a file and `sample.Sampler` draws
/// from it, by a full forward pass a pixel unless the model is a `sample.SampledModel`.
public interface AutoregressiveModel extends AutoCloseable {
  /// All but the weights.
  ModelConfig config();

  /// Of the images that it is for, of D values each.
  default ImageShape shape() {
    return config().shape();
  }

  /// The weights, which belong to this model and close with it.
  Parameters parameters();

  /// What it puts out for each value, and what its [Head] makes a distribution of: of binary images
  /// the logit of each value being 1. A pass that trains and one that evaluates differ by the tape
  /// in `ops` alone.
  ///
  /// @param pixels (B,D) of levels, whole numbers from 0
  /// @return (B,D), or of other heads (B,D·P) with P outputs a value, see [ModelConfig#outputs]
  Tensor logits(Ops ops, Tensor pixels);

  /// The same of images that have classes, p(x | class); without them that of a model which knows
  /// none.
  ///
  /// @param labels (B) in fp32, of each image its class from 0, or -1 where it has none; null where
  ///   no image has one
  default Tensor logits(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    if (labels != null) {
      throw config().knowsNoClasses();
    }
    return logits(ops, pixels);
  }

  /// Negative log-likelihood of each image in nats.
  ///
  /// @param pixels (B,D) of levels
  /// @return (B)
  default Tensor nll(Ops ops, Tensor pixels) {
    return nll(ops, pixels, null);
  }

  /// The same of images that have classes.
  ///
  /// @param labels as those of [#logits(Ops, Tensor, Tensor)]
  default Tensor nll(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    return config().head().nll(ops, config().group(), logits(ops, pixels, labels), pixels);
  }

  /// In how many orders it learns, one a step in turn; 1 = in raster order alone.
  default int orders() {
    return 1;
  }

  /// One of its orders.
  ///
  /// @param index from 0, which is raster order
  default PixelOrder order(int index) {
    if (index != 0) {
      throw new IllegalArgumentException(
          "%s predicts in raster order, 0, alone but was asked for order %d"
              .formatted(config().name(), index));
    }
    return PixelOrder.raster(shape());
  }

  /// That in which [#logits] predicts now, at first raster order.
  default PixelOrder order() {
    return PixelOrder.raster(shape());
  }

  /// Makes [#logits] predict in another order from now on. Pixels and logits stay where they are;
  /// what changes is which pixels a logit follows from. No part of what is recorded.
  ///
  /// @param order from [#order(int)]
  default void turnTo(PixelOrder order) {
    if (order.index() != 0 || !order.isRaster()) {
      throw new IllegalArgumentException(
          "%s predicts in raster order alone".formatted(config().name()));
    }
  }

  /// What one forward pass of one image multiplies, and which pixels each logit follows from, as
  /// the ops of [#logits] say; found out from shapes alone.
  default Structure structure() {
    return structure(shape().values());
  }

  private Structure structure(int parts) {
    try (Backend meta = MetaBackend.beside(parameters().backend());
        Scope pass = meta.open("structure")) {
      Structure structure = new Structure();
      Tensor pixels = pass.floats(1, shape().values());
      structure.begin(pixels, parts);
      Tensor logits = logits(Ops.over(meta, pass, structure), pixels);
      structure.end(logits, shape().values());
      return structure;
    }
  }

  /// Multiply-adds of one forward pass of one image, over the weights that exist.
  default long multiplyAdds() {
    return structure(1).multiplyAdds();
  }

  /// The bias of the logits: one for each output of a pixel, which all pixels share, or one for
  /// each of the image.
  Parameter outputBias();

  /// Sets the output bias to log-odds of pixels, so that training starts from the marginal
  /// distribution instead of from grey.
  ///
  /// @param means how often each of the D values is 1 in the training images, which are binary
  default void startFromMeans(double[] means) {
    Parameter bias = outputBias();
    parameters().write(bias, LogOdds.ofMeans(means, Math.toIntExact(bias.shape().size())));
  }

  /// The same of images of more levels.
  ///
  /// @param levels how often each level occurs in each channel, or in each value where
  ///   [#hasBiasOfEachValue]; each row adds up to 1
  default void startFromLevels(double[][] levels) {
    parameters().write(outputBias(), config().head().bias(config().group(), levels));
  }

  /// Whether the output bias has numbers for each value of the image, not for those of a pixel.
  default boolean hasBiasOfEachValue() {
    return outputBias().shape().size() == config().outputs();
  }

  @Override
  default void close() {
    parameters().close();
  }
}
