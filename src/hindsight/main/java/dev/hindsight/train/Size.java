package dev.hindsight.train;

import dev.hindsight.nn.ImageLstm.Kind;
import java.util.Locale;

/// A size of a model, which an option of the command line sets.
public enum Size {
  HIDDEN("Units of a hidden layer"),
  LAYERS("Layers or blocks"),
  ORDERS(
      "Orders of the pixels, and masks of hidden units, that training goes through, one a step; 1 ="
          + " raster order. More than there are steps = a new one each step"),
  RESIDUAL_CHANNELS("Channels between the blocks"),
  BLOCKS("Residual blocks"),
  DILATION_CYCLE("Blocks until the dilation, which doubles, is 1 again"),
  FILTERS("Channels"),
  RESIDUAL_BLOCKS(
      "Residual blocks behind the layers, which work on half of the channels with a kernel of 3"),
  SKIP("A skip connection from each block to the output", Boolean.class),
  POSITIONS(
      "Embeddings of the position and of the pixel before it, added to the first convolution",
      Boolean.class),
  KERNEL("Height and width of a convolution: 3, 5, 7 or 9"),
  LSTM("What goes through an image: row (Row LSTMs) or diagonal (Diagonal BiLSTMs)", Kind.class),
  WIDTH("Channels"),
  HEADS("Attention heads"),
  DROPOUT(
      "Share of activations dropped in training, of the embedding and of both branches of a"
          + " block; attention drops none",
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

  /// What it is, for people.
  public String description() {
    return description;
  }

  /// Of its values: a whole number, a fraction, yes or no, or one of a few words.
  public Class<?> type() {
    return type;
  }
}
