package dev.hindsight.backend.draw;

/// What a kernel must know to draw whole images in one launch, by the kind of kernel: see
/// [Sampling].
public sealed interface DrawingLoop permits MadeLoop, LstmLoop, PixelLoop {}
