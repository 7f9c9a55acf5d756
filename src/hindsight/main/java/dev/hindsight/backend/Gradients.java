package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Where a layer's backward pass adds to; what is null is skipped.
///
/// @param dx gradient of the input
/// @param dw gradient of the weights, or of a norm's gain
/// @param db gradient of the bias
public record Gradients(@Nullable Gradient dx, @Nullable Tensor dw, @Nullable Tensor db) {}
