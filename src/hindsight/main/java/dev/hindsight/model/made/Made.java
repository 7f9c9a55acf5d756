package dev.hindsight.model.made;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.draw.MadeLoop;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.model.PixelScale;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// MADE, a masked autoencoder (Germain, Gregor, Murray & Larochelle 2015, arXiv 1502.03509).
///
/// Value `i` has degree `i + 1`; a hidden unit of degree `d` sees values of degree `<= d`; the
/// outputs of value `i` see hidden units of degree `<= i`, so values before `i` only.
///
/// NOTE: hidden units are sorted by degree. That relabels them and changes no function, but makes
/// every mask a staircase, which backends use to skip half the work.
public final class Made implements SampledModel {
  private final MadeConfig config;
  private final Parameters parameters;
  private final List<MaskedLinear> layers = new ArrayList<>();
  private final List<ClassBias> classes = new ArrayList<>(); // of each layer
  private final MadeLoop loop;

  Made(Backend backend, MadeConfig config, RandomKey key) {
    this.config = config;
    this.parameters = new Parameters(backend);
    int[] in = IntStream.rangeClosed(1, config.shape().values()).toArray();
    int each = config.outputs() / in.length;
    int[] outputs = IntStream.range(0, config.outputs()).map(o -> 1 + o / each).toArray();
    for (List<Integer> layer : config.hiddenDegrees()) {
      int[] out = layer.stream().mapToInt(Integer::intValue).toArray();
      add(new Degrees(in, out, false), Activation.RELU, key);
      in = out;
    }
    add(new Degrees(in, outputs, true), Activation.IDENTITY, key);
    for (MaskedLinear layer : layers) {
      int units = layer.degrees().outputs();
      classes.add(new ClassBias(parameters, classes.size(), config.classes(), units));
    }
    parameters.allocate();
    loop =
        new MadeLoop(
            layers.stream()
                .map(
                    layer ->
                        new MadeLoop.Layer(
                            layer.degrees(),
                            parameters.offset(layer.weight()),
                            parameters.offset(layer.bias())))
                .toList());
  }

  /// PyTorch's names for a Sequential with a ReLU between linear layers: net.0, net.2, …
  private void add(Degrees degrees, Activation f, RandomKey key) {
    String name = "net." + 2 * layers.size();
    layers.add(new MaskedLinear(parameters, name, degrees, f, config.initialization(), key));
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    return logits(ops, pixels, null);
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    if (labels != null && config.classes() == 0) {
      throw config.knowsNoClasses();
    }
    Tensor h = PixelScale.of(ops, shape(), pixels); // (B,D)
    for (int l = 0; l < layers.size(); l++) {
      h = layers.get(l).forward(ops, h, classes.get(l).rows(labels));
    }
    return h; // (B,D·P)
  }

  /// From the pixels to the logits.
  public List<MaskedLinear> layers() {
    return List.copyOf(layers);
  }

  /// What classes add to the units of each layer before its activation: what a one-hot input of
  /// degree 0 would, which all of them see.
  public List<ClassBias> classes() {
    return List.copyOf(classes);
  }

  /// The same network as a kernel that draws whole images wants it.
  public MadeLoop loop() {
    return loop;
  }

  @Override
  public MadeConfig config() {
    return config;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public Parameter outputBias() {
    return layers.getLast().bias();
  }

  @Override
  public Sampler sampler(
      Backend backend, Scope scope, Sampler.Request request, @Nullable Tensor labels) {
    return new MadeSampler(backend, scope, this, request, labels);
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return config.hasLogits() && backend.sampling().drawsMade(loop, images);
  }

  @Override
  public void drawAtOnce(Backend backend, Scope scope, WholeImages images) {
    Tensor ofClasses = ClassBias.ofLayers(backend, scope, parameters, images.labels());
    backend.sampling().made(loop, parameters.flat().value(), ofClasses, images);
  }
}
