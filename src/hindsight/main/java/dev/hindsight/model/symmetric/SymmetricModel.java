package dev.hindsight.model.symmetric;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A model of raster order that predicts in up to eight: those of an image that is flipped or
/// transposed (Jain, Abbeel & Pathak 2020, arXiv 2006.12486, section 4.3, has several orders for
/// another model). It is shown the image as it looks from a corner, and told from which as its
/// class. The mean likelihood of all orders is that of an ensemble, see
/// [dev.hindsight.train.Likelihood#overOrders]; and pixels at any side of an image can be given,
/// where some order has them first.
///
/// Where pixels stand and which order it is lie in tensors of their own, so a recorded step serves
/// all orders.
public final class SymmetricModel implements SampledModel {
  private final SymmetricConfig config;
  private final SampledModel model;
  private final Backend backend;
  private final Scope scope;
  private final Tensor pixels; // (D), what stands at each place
  private final Tensor places; // (D·P), where the outputs of each pixel stand
  private final Map<Integer, Tensor> labels = new HashMap<>(); // by how many images
  private PixelOrder order;

  SymmetricModel(Backend backend, SymmetricConfig config, RandomKey key) {
    if (!(config.model().create(backend, key) instanceof SampledModel own)) {
      throw new IllegalArgumentException(
          "symmetric: %s brings no sampler".formatted(config.name()));
    }
    this.backend = backend;
    this.config = config;
    this.model = own;
    this.scope = backend.open("symmetries");
    this.pixels = scope.ints(config.shape().values());
    this.places = scope.ints(config.outputs());
    this.order = order(0);
    write();
  }

  private void write() {
    int outputs = config.outputs() / config.shape().pixels();
    backend.write(pixels, order.pixels(config.shape().channels()));
    backend.write(places, order.places(outputs));
    labels.values().forEach(this::write);
  }

  private void write(Tensor ofImages) {
    backend.fill(ofImages, order.index());
  }

  /// The order of so many images as their class. A tensor that is there already has it.
  private Tensor labels(int images) {
    return labels.computeIfAbsent(
        images,
        count -> {
          Tensor all = scope.floats(count);
          write(all);
          return all;
        });
  }

  @Override
  public int orders() {
    return config.orders();
  }

  /// @param index see [PixelOrder#symmetry]
  @Override
  public PixelOrder order(int index) {
    return PixelOrder.symmetry(config.shape(), index);
  }

  @Override
  public PixelOrder order() {
    return order;
  }

  @Override
  public void turnTo(PixelOrder to) {
    if (to.index() >= orders() || !to.equals(order(to.index()))) {
      throw new IllegalArgumentException(
          "%s predicts in %d raster orders alone".formatted(config.name(), orders()));
    }
    if (!to.equals(order)) {
      order = to;
      write();
    }
  }

  private Tensor seen(Ops ops, Tensor images) {
    return ops.permute(images, pixels);
  }

  @Override
  public Tensor logits(Ops ops, Tensor images) {
    Tensor logits = model.logits(ops, seen(ops, images), labels(images.rows()));
    return ops.permute(logits, places);
  }

  /// The same number, without logits that go back to where pixels are.
  @Override
  public Tensor nll(Ops ops, Tensor images, @Nullable Tensor classes) {
    if (classes != null) {
      throw config.knowsNoClasses();
    }
    return model.nll(ops, seen(ops, images), labels(images.rows()));
  }

  @Override
  public Sampler sampler(
      Backend backend, Scope scope, Sampler.Request request, @Nullable Tensor none) {
    return model.sampler(backend, scope, request, labels(request.count()));
  }

  @Override
  public @Nullable ChannelHead channelHead() {
    return model.channelHead();
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return model.drawsAtOnce(backend, images);
  }

  @Override
  public void drawAtOnce(Backend backend, Scope scope, WholeImages images) {
    model.drawAtOnce(backend, scope, images.of(labels(images.count())));
  }

  /// Where each value has a bias, it has one place in each order, and starts from the mean of what
  /// stands there.
  @Override
  public void startFromMeans(double[] means) {
    model.startFromMeans(model.hasBiasOfEachValue() ? overOrders(means) : means);
  }

  private double[] overOrders(double[] ofValues) {
    List<int[]> all =
        IntStream.range(0, orders()).mapToObj(k -> order(k).pixels(channels())).toList();
    return IntStream.range(0, ofValues.length)
        .mapToDouble(
            place -> all.stream().mapToDouble(at -> ofValues[at[place]]).average().orElseThrow())
        .toArray();
  }

  private int channels() {
    return config.shape().channels();
  }

  @Override
  public void startFromLevels(double[][] levels) {
    if (!model.hasBiasOfEachValue()) {
      model.startFromLevels(levels);
      return;
    }
    double[][] mean = new double[levels.length][levels[0].length];
    for (int level = 0; level < levels[0].length; level++) {
      int at = level;
      double[] over =
          overOrders(IntStream.range(0, levels.length).mapToDouble(v -> levels[v][at]).toArray());
      for (int value = 0; value < levels.length; value++) {
        mean[value][level] = over[value];
      }
    }
    model.startFromLevels(mean);
  }

  /// That of raster order, of images of its own class.
  public AutoregressiveModel model() {
    return model;
  }

  @Override
  public SymmetricConfig config() {
    return config;
  }

  @Override
  public Parameters parameters() {
    return model.parameters();
  }

  @Override
  public Parameter outputBias() {
    return model.outputBias();
  }

  @Override
  public void close() {
    scope.close();
    model.close();
  }
}
