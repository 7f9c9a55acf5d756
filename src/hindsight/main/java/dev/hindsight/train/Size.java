package dev.hindsight.train;

import dev.hindsight.nn.ImageLstm.Kind;
import java.util.Locale;

/// A size of a model, which an option of the command line sets.
public enum Size {
  HIDDEN("Units per hidden layer"),
  LAYERS("Layers or blocks"),
  RESIDUAL_CHANNELS("Channels of the residual connections"),
  BLOCKS("Residual blocks, or blocks of these and an attention"),
  DILATION_CYCLE("Blocks after which the dilation, which doubles, restarts at 1"),
  FILTERS("Channels"),
  RESIDUAL_BLOCKS(
      "Residual blocks after the layers, with half of the channels and a kernel of 3; or before each"
          + " attention"),
  SKIP("Skip connections from each block to the output", Boolean.class),
  POSITIONS(
      "Add embeddings of the position and of the previous pixel to the first convolution",
      Boolean.class),
  KERNEL("Height and width of a convolution: 3, 5, 7 or 9"),
  LSTM("Kind of LSTM: row (Row LSTM) or diagonal (Diagonal BiLSTM)", Kind.class),
  WIDTH("Channels"),
  HEADS("Attention heads"),
  DROPOUT(
      "Dropout rate of the embedding and of both branches of a block; attention has no dropout",
      Float.class);

  private final String description;
  private final Class<?> type;

  Size(String description) {
    this(description, Integer.class);
  }

  Size(String description, Class<?> type) {
    this.description = description;
    this.type = type;
  }

  /// As on the command line: `--residual-channels`.
  public String option() {
    return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// That of a config's component: `residualChannels`.
  static Size of(String component) {
    return valueOf(component.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT));
  }

  /// What it is, for people.
  public String description() {
    return description;
  }

  /// Of its values: a whole number, a fraction, yes or no, or one of a few words.
  public Class<?> type() {
    return type;
  }
}
