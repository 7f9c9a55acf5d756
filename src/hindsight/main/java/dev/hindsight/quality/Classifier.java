package dev.hindsight.quality;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Taps;
import dev.hindsight.data.Batch;
import dev.hindsight.image.ImageShape;
import dev.hindsight.nn.Linear;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.MaskedConv2d.Window;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Classification;
import java.util.Arrays;
import java.util.stream.IntStream;

/// A small convolutional network that tells the classes of images, whose last hidden layer is what
/// images are compared by. It sees values from 0 to 1, so it is for images of any levels.
///
/// An image is cut into squares, at most 8 x 8 of them, each a place whose channels are its values.
/// Two convolutions, 3 x 3, and two linear layers follow.
public final class Classifier implements AutoCloseable {
  /// Units of the last hidden layer.
  public static final int FEATURES = 64;

  private static final int MOST_PLACES = 8; // in a row or column
  private static final int CHANNELS = 32;
  private static final int MOST_CHANNELS = 1024;
  private static final Window WHOLE = Window.whole(new Taps(3, 0x1ff));

  /// What a classifier is for.
  ///
  /// @param shape of images, whose levels do not matter
  /// @param channels of the convolutions
  public record Config(ImageShape shape, int classes, int channels) {
    public Config {
      shape = shape.withLevels(ImageShape.MOST_LEVELS);
    }

    /// Of the usual channels.
    public Config(ImageShape shape, int classes) {
      this(shape, classes, CHANNELS);
    }

    /// With so many channels that it has as many parameters as another model, as near as they come.
    static Config ofSize(ImageShape shape, int classes, long parameters) {
      Config best = new Config(shape, classes, 1);
      for (int channels = 2; channels <= MOST_CHANNELS; channels++) {
        Config wider = new Config(shape, classes, channels);
        if (wider.parameters() - parameters >= parameters - best.parameters()) {
          break;
        }
        best = wider;
      }
      return best;
    }

    private long parameters() {
      long first = (9L * inputs() + 1) * channels;
      long second = (9L * channels + 1) * channels;
      return first
          + second
          + ((long) places() * channels + 1) * FEATURES
          + (FEATURES + 1L) * classes;
    }

    private int places() {
      return rows() * columns();
    }

    /// Of a square, in pixels.
    private int side() {
      return (Math.max(shape.height(), shape.width()) + MOST_PLACES - 1) / MOST_PLACES;
    }

    private int rows() {
      return (shape.height() + side() - 1) / side();
    }

    private int columns() {
      return (shape.width() + side() - 1) / side();
    }

    private int inputs() {
      return side() * side() * shape.channels();
    }
  }

  private final Backend backend;
  private final Config config;
  private final Parameters parameters;
  private final MaskedConv2d first;
  private final MaskedConv2d second;
  private final Linear hidden;
  private final Linear output;

  /// Begins untrained.
  Classifier(Backend backend, Config config, RandomKey key) {
    this.backend = backend;
    this.config = config;
    parameters = new Parameters(backend);
    first =
        new MaskedConv2d(parameters, "conv1", WHOLE, config.inputs(), config.channels(), true, key);
    int channels = config.channels();
    second = new MaskedConv2d(parameters, "conv2", WHOLE, channels, channels, true, key);
    hidden = new Linear(parameters, "hidden", config.places() * channels, FEATURES, key);
    output = new Linear(parameters, "output", FEATURES, config.classes(), key);
    parameters.allocate();
  }

  public Config config() {
    return config;
  }

  Parameters parameters() {
    return parameters;
  }

  public long size() {
    return parameters.count();
  }

  /// A batch of images as [#features(Ops, Tensor)] wants them, (B,rows,columns,values of a square),
  /// zeros beyond the edges.
  Tensor input(Scope scope, Batch batch, int levels) {
    ImageShape shape = config.shape();
    int side = config.side();
    float[] x = new float[batch.count() * config.rows() * config.columns() * config.inputs()];
    for (int image = 0; image < batch.count(); image++) {
      for (int pixel = 0; pixel < shape.pixels(); pixel++) {
        int row = shape.row(pixel);
        int column = shape.column(pixel);
        int place = (image * config.rows() + row / side) * config.columns() + column / side;
        int within = row % side * side + column % side;
        for (int channel = 0; channel < shape.channels(); channel++) {
          x[place * config.inputs() + within * shape.channels() + channel] =
              batch.pixels()[image * shape.values() + pixel * shape.channels() + channel]
                  / (levels - 1);
        }
      }
    }
    Tensor input = scope.floats(batch.count(), config.rows(), config.columns(), config.inputs());
    backend.write(input, x);
    return input;
  }

  /// The last hidden layer, (B,[#FEATURES]).
  Tensor features(Ops ops, Tensor input) {
    Tensor x = ops.activate(Activation.RELU, first.forward(ops, input));
    x = ops.activate(Activation.RELU, second.forward(ops, x));
    int batch = input.shape().dim(0);
    x = ops.reshape(x, batch, config.places() * config.channels());
    return ops.activate(Activation.RELU, hidden.forward(ops, x));
  }

  /// One for each class, (B,classes).
  Tensor logits(Ops ops, Tensor features) {
    return output.forward(ops, features);
  }

  /// What it makes of images.
  ///
  /// @param features (images,[#FEATURES]), each of length 1
  /// @param found the log-probabilities of classes
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Seen(float[][] features, Classification found) {}

  /// @param pass which binarization, where pixels are drawn
  Seen look(ImageSet images, int pass) {
    float[][] features = new float[images.count()][];
    double[][] scores = new double[images.count()][];
    int size = 100;
    for (Batch batch : images.batches(size).epoch(pass)) {
      try (Scope scope = backend.open("features")) {
        Ops ops = new Ops(backend, scope, null);
        Tensor hidden = features(ops, input(scope, batch, images.data().shape().levels()));
        float[] all = backend.readFloats(hidden);
        float[] logits = backend.readFloats(logits(ops, hidden));
        for (int k = 0; k < batch.count(); k++) {
          int image = batch.index() * size + k;
          features[image] = direction(all, k * FEATURES);
          scores[image] = logSoftmax(logits, k * config.classes(), config.classes());
        }
      }
    }
    return new Seen(features, new Classification(scores));
  }

  /// How long features are says how sure the classifier is. Images that it is unsure of would lie
  /// in the midst of all others, and so in every manifold; only the direction tells what they show.
  private static float[] direction(float[] of, int from) {
    float[] features = Arrays.copyOfRange(of, from, from + FEATURES);
    double squares = 0;
    for (float each : features) {
      squares += each * each;
    }
    double length = Math.max(Math.sqrt(squares), Float.MIN_NORMAL);
    for (int k = 0; k < features.length; k++) {
      features[k] = (float) (features[k] / length);
    }
    return features;
  }

  private static double[] logSoftmax(float[] of, int from, int count) {
    double[] logits = IntStream.range(from, from + count).mapToDouble(k -> of[k]).toArray();
    double top = Arrays.stream(logits).max().orElseThrow();
    double sum = Arrays.stream(logits).map(x -> Math.exp(x - top)).sum();
    return Arrays.stream(logits).map(x -> x - top - Math.log(sum)).toArray();
  }

  /// The share of labelled images whose class it finds.
  ///
  /// @param passes how often their pixels are drawn, see [Classification#mean]
  public double accuracy(ImageSet images, int passes) {
    return Classification.mean(
            IntStream.range(0, passes).mapToObj(pass -> look(images, pass).found()).toList())
        .accuracy(images.data());
  }

  @Override
  public void close() {
    parameters.close();
  }
}
