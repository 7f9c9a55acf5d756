package outsider;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;

/// A model of a library's user: a perceptron over the last few pixels before each.
final class Neighbours implements AutoregressiveModel {
  private static final int INPUTS = 3; // value, row and column of the pixel before

  private final NeighboursConfig config;
  private final Parameters parameters;
  private final CausalConv1d hidden;
  private final CausalConv1d output;

  Neighbours(Backend backend, NeighboursConfig config, RandomKey key) {
    this.config = config;
    this.parameters = new Parameters(backend);
    int channels = config.channels();
    hidden = new CausalConv1d(parameters, "hidden", INPUTS, channels, config.reach(), 1, key);
    output = new CausalConv1d(parameters, "output", channels, 1, 1, 1, key);
    parameters.allocate();
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    Tensor before = ops.previousPixel(pixels, 1, shape().width()); // (B,D,3)
    Tensor h = ops.activate(Activation.RELU, hidden.forward(ops, before)); // (B,D,C)
    return ops.reshape(output.forward(ops, h), pixels.rows(), shape().pixels());
  }

  @Override
  public NeighboursConfig config() {
    return config;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public Parameter outputBias() {
    return output.bias();
  }
}
