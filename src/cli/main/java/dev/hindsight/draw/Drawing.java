package dev.hindsight.draw;

/// A picture of a part of a model.
///
/// @param name of its file, without `.svg`
/// @param caption what it shows
/// @param svg a document
public record Drawing(String name, String title, String caption, String svg) {}
