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

/// p(x) = Π_i p(x_i | x_0 … x_{i-1}) over the pixels of an image in raster order, or in another
/// [PixelOrder] where a model has several.
///
/// The law of every model: the logit of a pixel depends on pixels before it in this order alone,
/// whatever the others hold. [Causality] looks whether a model keeps it.
///
/// A model of one's own takes three things: a [ModelConfig] that creates it, [Parameters] on the
/// backend, and [#logits] out of ops or layers with their bias. `train.Trainer` trains it,
/// `train.Likelihood` evaluates it, `train.Models` keeps it in a file and `sample.Sampler` draws
/// from it, by a full forward pass a pixel unless the model is a `sample.SampledModel`.
public interface AutoregressiveModel extends AutoCloseable {
  /// All but the weights.
  ModelConfig config();

  /// Of the images that it is for, of D pixels each.
  default ImageShape shape() {
    return config().shape();
  }

  /// The weights, which belong to this model and close with it.
  Parameters parameters();

  /// Logits of each pixel being 1. A pass that trains and one that evaluates differ by the tape in
  /// `ops` alone.
  ///
  /// @param pixels (B,D) of 0 and 1
  /// @return (B,D)
  Tensor logits(Ops ops, Tensor pixels);

  /// Negative log-likelihood of each image in nats.
  ///
  /// @param pixels (B,D) of 0 and 1
  /// @return (B)
  default Tensor nll(Ops ops, Tensor pixels) {
    return ops.sigmoidCrossEntropy(logits(ops, pixels), pixels);
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
  /// @param order from [#order(int)], or [PixelOrder#first] of one
  default void turnTo(PixelOrder order) {
    if (order.index() != 0 || !order.isRaster()) {
      throw new IllegalArgumentException(
          "%s predicts in raster order alone".formatted(config().name()));
    }
  }

  /// What one forward pass of one image multiplies, and which pixels each logit follows from, as
  /// the ops of [#logits] say; found out from shapes alone.
  default Structure structure() {
    return structure(shape().pixels());
  }

  private Structure structure(int parts) {
    try (Backend meta = MetaBackend.beside(parameters().backend());
        Scope pass = meta.open("structure")) {
      Structure structure = new Structure();
      Tensor pixels = pass.floats(1, shape().pixels());
      structure.begin(pixels, parts);
      structure.end(logits(Ops.over(meta, pass, structure), pixels));
      return structure;
    }
  }

  /// Multiply-adds of one forward pass of one image, over the weights that exist.
  default long multiplyAdds() {
    return structure(1).multiplyAdds();
  }

  /// The bias of the logits: one number that all pixels share, or one for each of the D.
  Parameter outputBias();

  /// Sets the output bias to log-odds of pixels, so that training starts from the marginal
  /// distribution instead of from grey.
  ///
  /// @param pixelMeans how often each of the D pixels is 1 in the training images
  default void startFromMeans(double[] pixelMeans) {
    Parameter bias = outputBias();
    parameters().write(bias, LogOdds.ofMeans(pixelMeans, Math.toIntExact(bias.shape().size())));
  }

  @Override
  default void close() {
    parameters().close();
  }
}
