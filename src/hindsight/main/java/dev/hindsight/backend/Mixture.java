package dev.hindsight.backend;

/// A mixture of discretised logistics over a pixel, as PixelCNN++ has it (Salimans et al. 2017,
/// arXiv 1701.05517, sections 2.1 and 2.2), and where its parameters lie among a pixel's outputs.
///
/// With K components and C channels these are, in order: K logits; K means for each channel; K log
/// scales for each channel; K coefficients for each pair of a channel c and one before it, c', in
/// the order (1,0), (2,0), (2,1), … Level v is the number x = 2v / (levels - 1) - 1.
///
/// @param components K
/// @param channels C, at most 4
/// @param levels of a value, from 2 to 256
public record Mixture(int components, int channels, int levels) {
  /// Log scales below this count as this, and have no gradient.
  public static final float LEAST_LOG_SCALE = -7;

  public static final int MOST_CHANNELS = 4;
  private static final int MOST_LEVELS = 256;

  /// @throws IllegalArgumentException when one of them is not within its bounds
  public Mixture {
    if (components < 1
        || channels < 1
        || channels > MOST_CHANNELS
        || levels < 2
        || levels > MOST_LEVELS) {
      throw new IllegalArgumentException(
          "a mixture has at least one component, 1 to %d channels and 2 to %d levels, but got %d, %d and %d"
              .formatted(MOST_CHANNELS, MOST_LEVELS, components, channels, levels));
    }
  }

  /// P = K·(1 + 2C + C(C-1)/2) for a pixel.
  public int outputs() {
    return components * (1 + 2 * channels + pairs());
  }

  /// Place of the first component's mean of a channel.
  public int mean(int channel) {
    return components * (1 + channel);
  }

  /// That of its log scale.
  public int logScale(int channel) {
    return components * (1 + channels + channel);
  }

  /// That of its coefficient of a channel before it.
  public int coefficient(int channel, int before) {
    return components * (1 + 2 * channels + channel * (channel - 1) / 2 + before);
  }

  /// h = 1 / (levels - 1): a level's bin reaches from x - h to x + h, those of the lowest and the
  /// highest level without end.
  public double halfBin() {
    return 1.0 / top();
  }

  /// x of a level.
  public double number(double level) {
    return (2 * level - top()) / top();
  }

  /// Whether a number is one.
  public boolean isLevel(float number) {
    return number >= 0 && number <= top() && number == (int) number;
  }

  /// The highest level.
  public int top() {
    return levels - 1;
  }

  /// Pairs of a channel and one before it.
  public int pairs() {
    return channels * (channels - 1) / 2;
  }
}
