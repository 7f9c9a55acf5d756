package dev.hindsight.data;

/// The two halves of a data set, by the first word of their file names.
public enum Split {
  TRAIN("train"),
  TEST("t10k");

  private final String prefix;

  Split(String prefix) {
    this.prefix = prefix;
  }

  /// `train-images-idx3-ubyte` or `t10k-images-idx3-ubyte`.
  public String imagesFile() {
    return prefix + "-images-idx3-ubyte";
  }

  /// `train-labels-idx1-ubyte` or `t10k-labels-idx1-ubyte`.
  public String labelsFile() {
    return prefix + "-labels-idx1-ubyte";
  }
}
