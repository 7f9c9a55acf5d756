/// What every op computes with, how flat tensors are cut into shares, and sums over images in one
/// order.
@NullMarked
package dev.hindsight.backend.cpu.core;

import org.jspecify.annotations.NullMarked;
