package dev.hindsight.model;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// MADE, a masked autoencoder (Germain, Gregor, Murray & Larochelle 2015, arXiv 1502.03509).
///
/// Pixel `i` has degree `i + 1`; a hidden unit of degree `d` sees pixels of degree `<= d`; output
/// `i` sees hidden units of degree `<= i`, so pixels before `i` only.
///
/// NOTE: hidden units are sorted by degree. That relabels them and changes no function, but makes
/// every mask a staircase, which backends use to skip half the work.
public final class Made implements AutoregressiveModel {
  private final Backend backend;
  private final MadeConfig config;
  private final Parameters parameters;
  private final List<MaskedLinear> layers = new ArrayList<>();

  Made(Backend backend, MadeConfig config, RandomKey key) {
    this.backend = backend;
    this.config = config;
    this.parameters = new Parameters(backend);
    int[] pixels = new int[PIXELS];
    Arrays.setAll(pixels, i -> i + 1);
    int[] in = pixels;
    for (int l = 0; l < config.layers(); l++) {
      int[] out = hiddenDegrees(RandomKey.of(config.degreeSeed()).fold(l), config.hidden(), in[0]);
      add(new Degrees(in, out, false), Activation.RELU, key);
      in = out;
    }
    add(new Degrees(in, pixels, true), Activation.IDENTITY, key);
    parameters.allocate();
  }

  /// Uniform over least .. 783: no unit below the least degree it could see, which would be dead.
  private static int[] hiddenDegrees(RandomKey key, int units, int least) {
    float[] u = Philox.uniforms(key, units);
    int[] degrees = new int[units];
    Arrays.setAll(degrees, k -> least + (int) (u[k] * (double) (PIXELS - least)));
    Arrays.sort(degrees);
    return degrees;
  }

  /// PyTorch's names for a Sequential with a ReLU between linear layers: net.0, net.2, …
  private void add(Degrees degrees, Activation f, RandomKey key) {
    layers.add(new MaskedLinear(parameters, "net." + 2 * layers.size(), degrees, f, key));
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    Tensor h = pixels; // (B,784)
    for (MaskedLinear layer : layers) {
      h = layer.forward(ops, h);
    }
    return h; // (B,784)
  }

  /// From the pixels to the logits.
  public List<MaskedLinear> layers() {
    return List.copyOf(layers);
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
  public long multiplyAdds() {
    return layers.stream().mapToLong(layer -> layer.degrees().count()).sum();
  }

  @Override
  public void startFromMeans(float[] pixelMeans) {
    float[] bias = new float[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
      double p = Math.clamp(pixelMeans[i], 1e-3, 1 - 1e-3);
      bias[i] = (float) Math.log(p / (1 - p));
    }
    backend.write(layers.getLast().bias().value(), bias);
  }
}
