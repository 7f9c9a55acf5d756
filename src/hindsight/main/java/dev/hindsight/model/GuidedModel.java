package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What classifier-free guidance draws from (Ho & Salimans 2022, arXiv 2207.12598): each value by
/// (1 + W) times the logits of the image's class less W times those without one. That is a
/// distribution of images like any other, so their likelihood under it is exact. Of a mixture the
/// logits are those of its levels, and what is drawn from is a softmax.
///
/// @param model of classes, which stays whoever's it was
/// @param guidance W; 0 = the model itself
public record GuidedModel(AutoregressiveModel model, float guidance) implements ModelView {
  /// Of a mixture that is guided.
  private record Softmax(ModelConfig mixture, float guidance) implements ModelConfig {
    @Override
    public String name() {
      return mixture.name();
    }

    @Override
    public ImageShape shape() {
      return mixture.shape();
    }

    @Override
    public Head head() {
      return new CategoricalHead();
    }

    @Override
    public int classes() {
      return mixture.classes();
    }

    @Override
    public int orders() {
      return mixture.orders();
    }

    @Override
    public AutoregressiveModel create(Backend backend, RandomKey key) {
      return new GuidedModel(mixture.create(backend, key), guidance);
    }
  }

  @Override
  public ModelConfig config() {
    ModelConfig config = model.config();
    return guidance == 0 || config.head().byChannel() ? config : new Softmax(config, guidance);
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    return logits(ops, pixels, null);
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    if (guidance == 0) {
      return model.logits(ops, pixels, labels);
    }
    Tensor of = byValue(ops, pixels, labels);
    if (labels == null) {
      return of;
    }
    Tensor without = byValue(ops, pixels, null);
    return ops.add(ops.rescale(of, 1 + guidance, 0), ops.rescale(without, -guidance, 0));
  }

  private Tensor byValue(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    ModelConfig config = model.config();
    Tensor outputs = model.logits(ops, pixels, labels);
    return config.head().byValue(ops, config.group(), outputs, pixels);
  }
}
