package dev.hindsight.data;

/// How a picture of other proportions is fitted to a shape.
public enum Fit {
  /// The shape is filled, and what lies outside of the picture's middle is lost.
  COVER,
  /// All of the picture is kept, in the middle, and the background fills the rest.
  CONTAIN
}
