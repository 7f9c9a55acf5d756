package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import dev.hindsight.train.Sizes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Sizes of a model in place of its preset's. picocli calls a method for each that was given, and
/// with null for the others.
final class SizeOptions {
  private final Map<String, Number> given = new LinkedHashMap<>();

  @Option(
      names = "--hidden",
      paramLabel = "N",
      description = "Units of a hidden layer (made, lstm). Default, as below: the preset's.")
  void hidden(@Nullable Integer n) {
    give("hidden", n);
  }

  @Option(names = "--layers", paramLabel = "N", description = "Layers or blocks (all but wavenet).")
  void layers(@Nullable Integer n) {
    give("layers", n);
  }

  @Option(
      names = "--residual-channels",
      paramLabel = "N",
      description = "Channels between the blocks (wavenet).")
  void residualChannels(@Nullable Integer n) {
    give("residual-channels", n);
  }

  @Option(names = "--blocks", paramLabel = "N", description = "Residual blocks (wavenet).")
  void blocks(@Nullable Integer n) {
    give("blocks", n);
  }

  @Option(
      names = "--dilation-cycle",
      paramLabel = "N",
      description = "Blocks until the dilation, which doubles, is 1 again (wavenet).")
  void dilationCycle(@Nullable Integer n) {
    give("dilation-cycle", n);
  }

  @Option(names = "--filters", paramLabel = "N", description = "Channels (the PixelCNNs).")
  void filters(@Nullable Integer n) {
    give("filters", n);
  }

  @Option(
      names = "--kernel",
      paramLabel = "N",
      description = "Height and width of a convolution: 3, 5 or 7 (the PixelCNNs).")
  void kernel(@Nullable Integer n) {
    give("kernel", n);
  }

  @Option(names = "--width", paramLabel = "N", description = "Channels (transformer).")
  void width(@Nullable Integer n) {
    give("width", n);
  }

  @Option(names = "--heads", paramLabel = "N", description = "Attention heads (transformer).")
  void heads(@Nullable Integer n) {
    give("heads", n);
  }

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description =
          "Share of activations dropped in training, of the embedding and of both branches of a"
              + " block; attention drops none (transformer).")
  void dropout(@Nullable Float p) {
    give("dropout", p);
  }

  private void give(String name, @Nullable Number value) {
    if (value != null) {
      given.put(name, value);
    }
  }

  Sizes sizes() {
    return new Sizes(given);
  }

  /// Fails where a size was given although `reason` fixes them all.
  void requireNone(String reason) {
    for (String name : given.keySet()) {
      throw new UserException("--%s cannot be changed: %s; leave it out".formatted(name, reason));
    }
  }
}
