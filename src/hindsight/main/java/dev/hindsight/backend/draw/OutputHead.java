package dev.hindsight.backend.draw;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// How the values of a pixel of C channels are drawn from what the last layer of a [PixelLoop]
/// makes of it.
///
/// @param distribution of a value, or of all values of a pixel
/// @param components of a mixture, else 0
/// @param channels where each channel's outputs follow from the channels before it; else the last
///   layer's are the outputs
/// @param scale of a level v as layers read it, v·scale + shift
/// @param last (N,P), what the last layer makes of the pixel at hand; used up
public record OutputHead(
    Distribution distribution,
    int components,
    @Nullable Channels channels,
    float scale,
    float shift,
    Tensor last) {
  /// Whether its value follows from one logit.
  public boolean isLogit() {
    return last.channels() == 1;
  }

  /// Of a pixel.
  public int outputs() {
    return channels == null ? last.channels() : channels.bias().channels();
  }

  public enum Distribution {
    /// [dev.hindsight.backend.Bernoulli] for each value.
    BERNOULLI,
    /// [dev.hindsight.backend.Categorical] for each value.
    CATEGORICAL,
    /// [dev.hindsight.backend.LogisticMixture] for a pixel.
    LOGISTIC_MIXTURE
  }

  /// With features f of G hidden units for each channel, which are the last layer's outputs, those
  /// of channel c are `h[c] = ReLU(f[c] + lead[c] + Σ_{d<c} hidden[c,d]·x[d])` of the pixel's own
  /// values x, and its V outputs `bias[c] + Σ_{d<=c} weights[c,d]·h[d]`. Nothing else of the
  /// weights is read.
  ///
  /// @param hidden (C·G,C)
  /// @param lead (C·G)
  /// @param weights (C·V,C·G)
  /// @param bias (C·V)
  public record Channels(Tensor hidden, Tensor lead, Tensor weights, Tensor bias) {}
}
