package dev.hindsight.model.pixelrnn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.model.LayeredModel;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Conv1x1;
import dev.hindsight.nn.DiagonalBiLstm;
import dev.hindsight.nn.ImageLstm;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.MaskedConv2d.Window;
import dev.hindsight.nn.Parameters;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.nn.RowLstm;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.PixelLoopModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// PixelRNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759, sections 3.1 to 3.3):
/// a masked convolution that does not see its own pixel, then recurrences over the image, each onto
/// what came in.
///
/// With Row LSTMs a pixel sees the triangle above it, which a row widens by one column to the
/// right, as PixelCNN does, but all the way up and in a single layer. With Diagonal BiLSTMs it sees
/// all that lies above, but for the last pixel of the row above, which the first convolution hides.
/// More than two levels are embedded beside it.
///
/// Behind that convolution rows lie in front of the batch, so that a row of all images is one piece
/// of memory, and a diagonal a strided view.
public final class PixelRnn extends LayeredModel<PixelRnnConfig> implements PixelLoopModel {
  /// Height and width of the first convolution.
  static final int FIRST = 7;

  /// Columns that those of a Row LSTM reach over.
  static final int KERNEL = 3;

  /// A residual block (figure 5 of the paper): to half of the channels, and back onto what came in.
  public record Block(ImageLstm lstm, Conv1x1 up) {
    private static Block create(PixelRnn model, String name, RandomKey key) {
      Parameters parameters = model.parameters;
      int hidden = model.config.hidden();
      ClassBias classes = model.classBias(4 * hidden);
      return new Block(
          switch (model.config.lstm()) {
            case ROW -> new RowLstm(parameters, name, KERNEL, 2 * hidden, hidden, classes, key);
            case DIAGONAL ->
                new DiagonalBiLstm(
                    parameters,
                    name,
                    2 * hidden,
                    hidden,
                    List.of(classes, model.classBias(4 * hidden)),
                    key);
          },
          new Conv1x1(
              parameters, name + ".up", hidden, 2 * hidden, true, Activation.IDENTITY, key));
    }

    private Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
      return ops.add(x, up.forward(ops, lstm.forward(ops, x, labels)));
    }
  }

  private final MaskedConv2d first;
  private final @Nullable PixelEmbedding embedding;
  private final List<Block> blocks = new ArrayList<>();
  private final Conv1x1 hidden;
  private final Conv1x1 output;

  PixelRnn(Backend backend, PixelRnnConfig config, RandomKey key) {
    super(backend, config);
    int c = 2 * config.hidden();
    Window window = Window.whole(Taps.before(FIRST));
    int channels = config.shape().channels();
    first = new MaskedConv2d(parameters, "first", window, channels, c, true, key);
    embedding = PixelEmbedding.ofManyLevels(parameters, shape(), c, key);
    for (int n = 0; n < config.layers(); n++) {
      blocks.add(Block.create(this, "blocks." + n, key));
    }
    hidden = new Conv1x1(parameters, "hidden", c, c, true, Activation.RELU, key);
    output = new Conv1x1(parameters, "out", c, features(c), true, Activation.IDENTITY, key);
    allocate(c, output.bias(), key);
  }

  @Override
  protected Tensor last(Ops ops, Tensor pixels, Tensor scaled, @Nullable Tensor labels) {
    int batch = pixels.rows();
    int height = shape().height();
    int width = shape().width();
    int c = 2 * config.hidden();
    Tensor seen = first.forward(ops, ops.reshape(scaled, batch, height, width, shape().channels()));
    if (embedding != null) {
      Tensor e = embedding.forward(ops, pixels);
      seen = ops.add(seen, ops.reshape(e, seen.shape().dims()));
    }
    Tensor rows = ops.timeMajor(ops.reshape(seen, batch, height, width * c));
    Tensor h = ops.reshape(rows, height, batch, width, c);
    for (Block block : blocks) {
      h = block.forward(ops, h, labels);
    }
    h = hidden.forward(ops, ops.activate(Activation.RELU, h)); // (H,B,W,C)
    Tensor out = output.forward(ops, h); // (H,B,W,P)
    return ops.batchMajor(ops.reshape(out, height, batch, width * out.channels()));
  }

  /// The convolution over the pixels.
  public MaskedConv2d first() {
    return first;
  }

  /// What is added to it; null for images of two levels.
  @Nullable PixelEmbedding embedding() {
    return embedding;
  }

  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  /// The first of the two 1 x 1 convolutions at the end, with its ReLU.
  public Conv1x1 hidden() {
    return hidden;
  }

  public Conv1x1 output() {
    return output;
  }

  @Override
  public PixelLoop loop(
      Backend backend, Sampling sampling, Scope scope, int images, @Nullable Tensor labels) {
    return PixelRnnLoop.of(backend, scope, this, images, labels);
  }
}
